/*
 * The connections of the first listing, put into a tree that is not mounted yet.
 */
#ifndef DMSFS_FS_PUBLISH_POPULATE_H
#define DMSFS_FS_PUBLISH_POPULATE_H

#include <stdint.h>

#include "fs/tree/tree.h"
#include "src/snapshot/snapshot.h"

/* The tree borrows the records: the snapshot must stay. 0 or a negative errno. */
int plant_connections(struct tree *tree, const struct snapshot *snapshot,
		      int64_t mtime_ns);

#endif
