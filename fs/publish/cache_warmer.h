/*
 * Before dmsfs says that it is ready, the kernel reads the tree, so that the first
 * `grep -r` is as fast as the second.
 */
#ifndef DMSFS_FS_PUBLISH_CACHE_WARMER_H
#define DMSFS_FS_PUBLISH_CACHE_WARMER_H

#include <stddef.h>

#include "fs/publish/change.h"
#include "fs/publish/populate.h"
#include "src/snapshot/snapshot.h"

/*
 * Has the directories of @subtree, which shows @snapshot, read as long as all their
 * files come to @max_files at most. What fails is left cold. Returns when the mount
 * answers, even with 0 for @max_files.
 */
void cache_warmer_run(struct change *change, const struct subtree *subtree,
		      const struct snapshot *snapshot, size_t max_files);

#endif
