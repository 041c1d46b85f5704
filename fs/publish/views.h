/*
 * The views for machines of one source, .dmsfs/connections.json and
 * .dmsfs/metrics.prom. The publisher tells what is so; the text is made of that by the
 * thread of whoever asks, and costs nothing while nobody does.
 */
#ifndef DMSFS_FS_PUBLISH_VIEWS_H
#define DMSFS_FS_PUBLISH_VIEWS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/content/status.h"
#include "fs/publish/change.h"
#include "fs/publish/populate.h"
#include "src/base/tally.h"
#include "src/snapshot/diff.h"

struct views {
	struct tree *tree; /* borrowed; set once, as all down to the lock */
	struct subtree subtree;
	const struct fetcher *fetcher; /* borrowed */
	const char *source;	       /* borrowed: as the mount's device shows it */
	struct tally changes;	       /* the lines of changes, by old and new status */
	bool is_event_due;	       /* of connections.json; the publisher sets it */
	pthread_mutex_t lock;	       /* guards: all below; held for copies alone */
	struct snapshot *snapshot;     /* a reference: what the tree shows */
	char *mount;		       /* owned */
	bool is_fresh;
	int64_t refreshed_at_ns;
	int64_t duration_ns;
	int64_t overdue_at_ns; /* since boot; 0: it is not fresh, or does not age */
};

void views_init(struct views *views);
void views_fini(struct views *views);

/* Lines of changes tell what differed: counts them. For the publisher, as all up to
 * views_publish(). */
void views_count_changes(struct views *views, const struct diff *diff);

/* From now on the views are of @snapshot, which the tree shows; and of @status, of the
 * mount at @mount. */
void views_set_snapshot(struct views *views, struct snapshot *snapshot);
void views_set_status(struct views *views, const struct status *status,
		      const char *mount);

/*
 * Raises the event of connections.json, if one is due, and has the kernel let go of
 * texts that are not read any more. No piece of work may be under way. 0 or a negative
 * errno, as change_end(), and what is due is due as before.
 */
int views_publish(struct views *views, struct change *change);

/* Makes the text of @view. For the FUSE thread. Without memory there is none. */
void views_make(struct views *views, struct node *view);

#endif
