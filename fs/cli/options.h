/*
 * The settings of a run, as the command line gives them.
 */
#ifndef DMSFS_FS_CLI_OPTIONS_H
#define DMSFS_FS_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "src/fetcher/fetcher.h"

/* The exit status after a wrong command line. */
#define OPTIONS_EXIT_USAGE 2

/* Values of an option that may be repeated, in their order; owned. */
struct option_values {
	char **values; /* owned; array.h */
	size_t count;
};

/* One of several sources. */
struct source_option {
	char *name;	 /* owned: as given; without control characters */
	char *directory; /* owned: its name in the tree, see name_escape() */
	char *profile;	 /* owned, or NULL */
	char *region;	 /* owned */
};

struct options {
	char *mountpoint; /* owned; as given, not resolved; NULL with help, version */
	char *source; /* owned: SOURCE as given, of several all with commas; or NULL */

	struct source_option *sources; /* owned: of several */
	size_t source_count; /* two at least; 0: one, by profile and region below */

	char *region;	    /* owned, or NULL: --region or SOURCE's */
	char *profile;	    /* owned, or NULL: --profile or SOURCE's */
	char *endpoint_url; /* owned, or NULL */
	bool is_http_allowed;

	struct option_values endpoint_arns;
	struct option_values replication_instance_arns;
	unsigned max_records; /* 20 to 100 */

	unsigned refresh_s;
	unsigned refresh_active_s;
	unsigned max_warm_files; /* read by the kernel before the mount is ready */
	unsigned connect_timeout_s;
	unsigned read_timeout_s;

	/* What may be commanded through the mount; neither with -o ro. */
	bool is_test_allowed;
	bool is_deletion_allowed;
	unsigned test_interval_s;
	bool is_read_only; /* the last of -o ro and rw */

	char *state_directory; /* owned, or NULL */
	bool is_stale_start;   /* where the first listing fails, show that state */
	bool is_partial;       /* mount those of several sources that can be listed */
	unsigned wait_s;       /* retry a first listing that fails for so long */
	char *log_file;	       /* owned, or NULL */
	bool is_stale_cleared; /* --clean-stale */
	bool is_check;	       /* list and print; mountpoint may be NULL */
	bool is_foreground;    /* -d too */
	bool is_debug;
	bool is_quiet;
	bool is_help;	 /* print the help and exit */
	bool is_version; /* print the version and exit */
	bool is_fake;	 /* mount(8)'s -f: the command line is fine, so exit */
	bool is_sloppy;	 /* mount(8)'s -s: ignore unknown -o options */

	char *mount_namespace; /* owned: mount(8)'s -N, for mount_helper_enter(); or
				  NULL */

	unsigned umask; /* 0 to 0777 */
	unsigned uid;	/* of all files; the process's own by default */
	unsigned gid;
	bool is_allow_other;
	bool is_allow_root;

	/* Owned: the -o options for libfuse, as the value of one more -o
	 * ("allow_other,noatime", escaped by libfuse's rules), or NULL. Never ro,
	 * fsname, subtype, nor those that are always on. */
	char *mount_options;
};

/* The documented defaults; owns nothing yet. */
void options_init(struct options *options);
void options_fini(struct options *options);

/* Whether a mount takes any command. */
bool options_allow_commands(const struct options *options);

/* Appends a copy of the first @len bytes of @value. 0 or -ENOMEM. */
int option_values_add(struct option_values *list, const char *value, size_t len);
void option_values_fini(struct option_values *list);

/* The options of the fetcher, without its callbacks: of @source, or NULL for the only
 * one. They borrow texts of both. */
struct fetcher_options options_for_fetcher(const struct options *options,
					   const struct source_option *source);

#endif
