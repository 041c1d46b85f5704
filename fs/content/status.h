/*
 * .dmsfs/status: the state of the mount itself, in the form of a connection's file.
 */
#ifndef DMSFS_FS_CONTENT_STATUS_H
#define DMSFS_FS_CONTENT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/fetcher/fetcher.h"
#include "src/snapshot/snapshot.h"

/* Of a listing, or of several. */
struct status_counts {
	size_t instances;
	size_t connections;
	size_t skipped;
	size_t successful;
	size_t testing;
	size_t failed;
	size_t deleting;
	size_t other; /* another status, or none */
};

/* Why the files are stale; of several, the first of these counts. */
enum status_cause_kind {
	STATUS_CAUSE_NONE,
	STATUS_CAUSE_MOUNT,   /* it is covered, or cannot be found */
	STATUS_CAUSE_EDITOR,  /* its process does not work */
	STATUS_CAUSE_EDIT,    /* a change of the mount failed */
	STATUS_CAUSE_LISTING, /* the last one failed */
	STATUS_CAUSE_OVERDUE, /* the next one should have ended by now */
	STATUS_CAUSE_MEMORY,  /* the state cannot be kept; the files are right */
};

struct status_cause {
	enum status_cause_kind kind;
	int r;		    /* the negative errno of an edit, or 0 */
	struct error error; /* the text, and what the service said */
	int64_t at_ns;	    /* since 1970 */
	const char *source; /* borrowed: whose it is, of several; or NULL */
};

/* Whether both are the same: texts, times and request ids do not count. */
bool status_cause_equal(const struct status_cause *a, const struct status_cause *b);

struct status {
	bool is_unlisted;	   /* there is nothing to show yet */
	const char *stale;	   /* of several sources, the stale ones; or NULL */
	const char *region;	   /* borrowed, as all here */
	const char *region_source; /* NULL: a setting, as ever */
	const char *endpoint;
	const char *credentials;
	const char *account; /* NULL or empty: not known */
	struct status_counts counts;
	const struct fetcher_state *fetcher; /* its snapshot does not count */
	const struct status_cause *cause;
	/* The cause from an instant on (CLOCK_BOOTTIME; 0: never), unless there is one
	 * now. */
	const struct status_cause *overdue;
	const char *overdue_source; /* of several: whose listing that is; or NULL */
	int64_t overdue_at_ns;
	int64_t changed_at_ns; /* since 1970; 0: nothing has changed yet */
};

/* Adds the counts of @snapshot to @counts. */
void status_count(const struct snapshot *snapshot, struct status_counts *counts);

/* Writes at most @size bytes and returns the whole length. */
size_t status_render(const struct status *status, char *out, size_t size);

/* The same once it is overdue; of no length if that changes nothing. */
size_t status_render_overdue(const struct status *status, char *out, size_t size);

/* The cause when no listing has ended since @refreshed_at_ns, told at @at_ns. */
void status_set_overdue(int64_t refreshed_at_ns, int64_t at_ns,
			struct status_cause *cause);

/* The text of LastError: the error without its request id, after the source; empty when
 * fresh. Returns @out. */
#define STATUS_ERROR_SIZE 1280
const char *status_error(const struct status_cause *cause, char out[STATUS_ERROR_SIZE]);

#endif
