/*
 * Before dmsfs says that it is ready, the editor has the kernel read the tree, so that
 * the first `grep -r` of people is as fast as the second.
 */
#ifndef DMSFS_FS_WARMUP_H
#define DMSFS_FS_WARMUP_H

#include <stddef.h>

#include "control.h"
#include "orders.h"
#include "src/snapshot/snapshot.h"
#include "tree.h"

/*
 * Reads the directories of instances, and then those of .dmsfs, as long as all the
 * files come to @max_files at most. What fails is left cold. Returns when the mount
 * answers, also with 0 for @max_files.
 */
void warmup_run(const struct orders *orders, struct tree *tree,
		const struct control *control, const struct snapshot *snapshot,
		size_t max_files);

#endif
