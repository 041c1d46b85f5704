/*
 * Before dmsfs says that it is ready, the editor has the kernel read the tree, so that
 * the first `grep -r` of people is as fast as the second.
 */
#ifndef DMSFS_FS_PUBLISH_CACHE_WARMER_H
#define DMSFS_FS_PUBLISH_CACHE_WARMER_H

#include <stddef.h>

#include "fs/editor/orders.h"
#include "fs/publish/control.h"
#include "fs/tree/tree.h"
#include "src/snapshot/snapshot.h"

/*
 * Reads the directories of instances, and then those of .dmsfs, as long as all the
 * files come to @max_files at most. What fails is left cold. Returns when the mount
 * answers, also with 0 for @max_files.
 */
void warmup_run(const struct orders *orders, struct tree *tree,
		const struct control *control, const struct snapshot *snapshot,
		size_t max_files);

#endif
