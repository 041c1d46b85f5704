/*
 * .dmsfs: the directory in which the mount speaks of itself.
 */
#ifndef DMSFS_FS_PUBLISH_CONTROL_H
#define DMSFS_FS_PUBLISH_CONTROL_H

#include <stdint.h>

#include "fs/tree/tree.h"
#include "src/snapshot/snapshot.h"

#define CONTROL_DIRECTORY ".dmsfs"
#define CONTROL_STATUS ".dmsfs/status"
#define CONTROL_CHANGES ".dmsfs/changes"
#define CONTROL_BY_STATUS ".dmsfs/by-status"

struct control {
	struct node *directory;
	struct node *status;
	struct node *changes;
	struct node *refresh;
	struct node *by_status;
};

/*
 * Adds the directory and all in it to a tree that is not mounted yet, with a link
 * for each connection of @snapshot; status and changes are empty. 0 or a negative
 * errno.
 */
int control_plant(struct tree *tree, const struct snapshot *snapshot, int64_t mtime_ns,
		  struct control *control);

#endif
