/*
 * The views for machines, .dmsfs/connections.json and .dmsfs/metrics.prom. The
 * publisher of each source sets what is so; the text is made of that by the thread of
 * whoever asks, and costs nothing while nobody does.
 */
#ifndef DMSFS_FS_PUBLISH_VIEWS_H
#define DMSFS_FS_PUBLISH_VIEWS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/content/status.h"
#include "fs/publish/change.h"
#include "src/base/tally.h"
#include "src/snapshot/diff.h"

/* What is shown of one source. */
struct view_source {
	const char *name;	       /* borrowed; the label, set once, as the next */
	const struct fetcher *fetcher; /* borrowed */
	const struct node *by_status;  /* before there is a snapshot */
	struct tally changes;	       /* the lines of changes, by old and new status */
	pthread_mutex_t lock;	       /* guards: all below; held for copies alone */
	struct snapshot *snapshot;     /* a reference; NULL: it was never listed */
	char *mount;		       /* owned */
	bool is_fresh;
	int64_t refreshed_at_ns;
	int64_t duration_ns;
	int64_t overdue_at_ns; /* since boot; 0: it is not fresh, or does not age */
};

/* The two files, of one source or of several. They are found by their names each time,
 * since those of a source that is listed late come later than its views. */
#define VIEWS_JSON_NAME "connections.json"
#define VIEWS_METRICS_NAME "metrics.prom"

struct views {
	struct tree *tree;	      /* borrowed, as all here */
	const struct node *directory; /* .dmsfs */
	struct view_source *const *sources;
	size_t source_count;
	bool is_event_due; /* of connections.json; the publisher sets it */
};

void view_source_init(struct view_source *source);
void view_source_fini(struct view_source *source);

/* Lines of changes tell what differed: counts them. For the publisher, as the next. */
void view_source_count_changes(struct view_source *source, const struct diff *diff);

/* From now on it shows @snapshot, as the tree does; and @status, of the mount at
 * @mount. Views of it are to be expired. */
void view_source_set_snapshot(struct view_source *source, struct snapshot *snapshot);
void view_source_set_status(struct view_source *source, const struct status *status,
			    const char *mount);

/* The texts are to be made anew. Any thread; nothing happens before the files are
 * there. */
void views_expire(struct views *views);

/*
 * Raises the event of connections.json, if one is due, at @mtime_ns, and has the kernel
 * let go of texts that are not read any more. No piece of work may be under way. 0 or a
 * negative errno, as change_end(), and what is due is due as before.
 */
int views_publish(struct views *views, struct change *change, int64_t mtime_ns);

/* Makes the text of @view, if that is one of the two: true. For the FUSE thread.
 * Without memory there is none. */
bool views_make(struct views *views, struct node *view);

#endif
