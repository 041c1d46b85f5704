/*
 * The links in by-status that a publication adds, moves and removes. A link whose name
 * another connection still holds waits until all else is done.
 */
#ifndef DMSFS_FS_PUBLISH_PUBLISH_LINKS_H
#define DMSFS_FS_PUBLISH_PUBLISH_LINKS_H

#include <stddef.h>

#include "fs/publish/change.h"
#include "src/snapshot/snapshot.h"

struct publish_links {
	struct change *change;	/* borrowed, as the next two */
	struct node *by_status; /* of one source, or of the sum of several: */
	const char *source;	/* then the directory of the one that publishes */
	struct snapshot_entry *waiting;
	size_t waiting_count;
};

void publish_links_init(struct publish_links *links, struct change *change,
			struct node *by_status, const char *source);
void publish_links_fini(struct publish_links *links);

/* All below: 0, or a negative errno as of change.h. */

/* Adds the directory for the status of @entry, unless it is there. */
int publish_links_add_directory(struct publish_links *links,
				const struct snapshot_entry *entry);

/* Removes the link of @before and adds that of @after; an entry that has no status or
 * no connection has none. */
int publish_links_move(struct publish_links *links, const struct snapshot_entry *before,
		       const struct snapshot_entry *after);

/* The links that had to wait; and then the directories that have none any more, but
 * for those of the known statuses. */
int publish_links_finish(struct publish_links *links);

#endif
