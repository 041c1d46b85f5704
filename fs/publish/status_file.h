/*
 * The mount's state, as .dmsfs/status, the log and the service manager show it.
 */
#ifndef DMSFS_FS_PUBLISH_STATUS_FILE_H
#define DMSFS_FS_PUBLISH_STATUS_FILE_H

#include "fs/content/status.h"
#include "fs/process/log.h"
#include "fs/process/notify.h"
#include "fs/publish/change.h"

struct status_file {
	struct node *node;	     /* borrowed, as all here */
	struct change *change;	     /* no piece of work may be under way */
	struct log *log;	     /* gets a line for each change of state; or NULL */
	const char *source;	     /* of several: stands in front of it; or NULL */
	const struct notify *notify; /* the service manager; or NULL */
	/* Why the files were stale, as the log has it, and as the last event told. */
	struct status_cause logged;
	struct status_cause published;
	char *published_stale; /* owned: the stale sources, then; NULL: none */
};

void status_file_fini(struct status_file *file);

/* Gives the file new content without an event: times move silently. Informs the log,
 * once for each cause, and the service manager. 0 or -ENOMEM. */
int status_file_update(struct status_file *file, const struct status *status);

/* The same, but with an event when the cause, or which sources are stale, has changed
 * since the last one; a stale state is shown at once, before the event. 0 or a negative
 * errno. */
int status_file_publish(struct status_file *file, const struct status *status);

/* Both, one after the other, of a text that others may set meanwhile: so the event is
 * raised on what is shown by then. */
int status_file_set(const struct status_file *file, const struct status *status);
int status_file_announce(struct status_file *file, const struct status *status);

#endif
