/*
 * One publication: the difference between two snapshots, as changes of the mounted
 * tree, in the order in which watchers are to learn of them.
 */
#ifndef DMSFS_FS_PUBLISH_PUBLISH_DIFF_H
#define DMSFS_FS_PUBLISH_PUBLISH_DIFF_H

#include "fs/content/journal.h"
#include "fs/publish/change.h"
#include "fs/publish/populate.h"
#include "src/snapshot/diff.h"

/*
 * Publishes @diff, whose older snapshot is shown in @subtree, as part of @change, which
 * has begun. 0 when all is done: the tree then shows records of the newer one alone,
 * and @lines has a line for each change. Else a negative errno, and the tree may show
 * records of both: the same call is to be tried again, and repeats nothing that is
 * done. @ages: those of the newer snapshot, where the older one is empty; NULL: all
 * that differs is as old as @change says.
 */
int publish_diff(struct change *change, const struct subtree *subtree,
		 const struct diff *diff, const struct age *ages,
		 struct journal *lines);

/* Lets the files below @root that show records of the older snapshot show the equal
 * ones of the newer. */
void publish_diff_repoint(struct tree *tree, struct node *root,
			  const struct diff *diff);

#endif
