/*
 * .dmsfs/metrics.prom: the listings and how they were got, in the text format of
 * Prometheus, 0.0.4, for the textfile collector of node_exporter.
 */
#ifndef DMSFS_FS_CONTENT_METRICS_H
#define DMSFS_FS_CONTENT_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/base/buffer.h"
#include "src/base/tally.h"
#include "src/snapshot/snapshot.h"

/* What is told of one source; all is borrowed. */
struct metrics_source {
	const char *name; /* label "source" */
	const char *region;
	const struct snapshot *snapshot; /* NULL: it was never listed */
	bool is_fresh;
	int64_t refreshed_at_ns;	    /* since 1970 */
	int64_t duration_ns;		    /* of the last full listing */
	const struct tally_entry *requests; /* by operation and code */
	size_t request_count;
	uint64_t throttled;
	const struct tally_entry *changes; /* by old and new status */
	size_t change_count;
	/* When a connection that has a status was first seen in it, in nanoseconds
	 * since 1970; 0: not known. */
	int64_t (*since_ns)(void *data, const struct snapshot_entry *entry);
	void *data;
};

/*
 * Appends the metrics of all sources of the mount at @mount. Label values are in the
 * internal form of text.h and follow the text rule; no failure text is among them. All
 * lines of one metric stand together, as the format wants. False as buffer_append() is.
 */
bool metrics_render(const struct metrics_source *sources, size_t count,
		    const char *mount, struct buffer *text);

#endif
