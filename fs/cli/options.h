/*
 * The command line: dmsfs [OPTION]... [SOURCE] MOUNTPOINT.
 *
 * Every long option is a -o option too, with '_' for '-'. mount(8) calls
 * `dmsfs SOURCE MOUNTPOINT -o OPTIONS`, so options may stand anywhere. Under the name
 * mount.dmsfs the command line is mount(8)'s own, see mount_helper.h.
 */
#ifndef DMSFS_FS_CLI_OPTIONS_H
#define DMSFS_FS_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OPTIONS_EXIT_USAGE 2

/* Values of an option that may be repeated, in their order; owned. */
struct option_values {
	char **values;
	size_t count;
};

struct options {
	char *mountpoint; /* owned; as given, not resolved; NULL with help, version */
	char *source;	  /* owned: SOURCE as given, or NULL */

	char *region;	    /* owned, or NULL: --region or SOURCE's */
	char *profile;	    /* owned, or NULL: --profile or SOURCE's */
	char *endpoint_url; /* owned, or NULL */
	bool is_http_allowed;

	struct option_values endpoint_arns;
	struct option_values replication_instance_arns;
	unsigned max_records; /* 20 to 100 */

	unsigned refresh_s;
	unsigned refresh_active_s;
	unsigned max_warm_files; /* that the kernel reads before we are ready */
	unsigned connect_timeout_s;
	unsigned read_timeout_s;

	unsigned wait_s;       /* how long a first listing that fails is tried again */
	char *log_file;	       /* owned, or NULL */
	bool is_stale_cleared; /* --clean-stale */
	bool is_check;	       /* nothing is mounted; mountpoint may be NULL */
	bool is_foreground;    /* -d too */
	bool is_debug;
	bool is_quiet;
	bool is_help;	 /* nothing but options_print_help() is asked for */
	bool is_version; /* nothing but options_print_version() is asked for */
	bool is_fake;	 /* mount(8)'s -f: nothing is to be done any more */
	bool is_sloppy;	 /* mount(8)'s -s: -o options that are not known are ignored */

	char *mount_namespace; /* owned: mount(8)'s -N, for mount_helper_enter(); or
				  NULL */

	unsigned umask; /* 0 to 0777 */
	unsigned uid;	/* of all files; the process's own by default */
	unsigned gid;
	bool is_allow_other;
	bool is_allow_root;

	/* Owned: what else -o said that libfuse is to be told, as the value of one
	 * more -o ("allow_other,noatime", escaped by libfuse's rules), or NULL.
	 * Never ro, fsname, subtype, nor what is always on. */
	char *mount_options;
};

/*
 * Reads the command line into @options, which need not be initialised; argv is
 * put in another order. 0; OPTIONS_EXIT_USAGE with a message on @err; or 1 with
 * a message if there is no memory. Ends at the first -h or -V, as what follows
 * does not matter then. options_fini() is for every result. Not for two threads
 * at once, since getopt_long(3) is not.
 */
int options_parse(int argc, char **argv, struct options *options, FILE *err);
void options_fini(struct options *options);

void options_print_help(FILE *out);
void options_print_version(FILE *out);

#endif
