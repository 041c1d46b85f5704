/*
 * The publisher brings snapshots into the tree.
 */
#ifndef DMSFS_FS_PUBLISHER_H
#define DMSFS_FS_PUBLISHER_H

#include <stdint.h>

#include "src/snapshot.h"
#include "tree.h"

/*
 * Fills an empty tree with the connections of @snapshot, before the mount: no
 * event is due. The tree borrows the records: the snapshot must stay. 0 or
 * -ENOMEM.
 */
int publisher_fill(struct tree *tree, const struct snapshot *snapshot,
		   int64_t mtime_ns);

#endif
