/*
 * What a tree shows from the start: the connections of the first listing, and .dmsfs,
 * the mount's own files.
 */
#ifndef DMSFS_FS_PUBLISH_POPULATE_H
#define DMSFS_FS_PUBLISH_POPULATE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/publish/change.h"
#include "fs/state/record.h"
#include "fs/tree/tree.h"
#include "src/snapshot/snapshot.h"

/* The part of the tree that shows one source, or the sum of several; all nodes are
 * borrowed. */
struct subtree {
	struct node *root; /* has a directory for each instance, and .dmsfs */
	struct node *own;  /* .dmsfs, and below it: */
	struct node *status;
	struct node *by_status; /* NULL before populate_rest() */
	/* Of one of several sources: its directory's name, and that of the sum, which
	 * has links to its connections as well. Borrowed, or NULL. */
	const char *source;
	const struct subtree *sum;
};

/* Whether @node is .dmsfs/refresh. For the FUSE thread. */
bool subtree_is_refresh(const struct subtree *subtree, struct tree *tree,
			const struct node *node);

/*
 * Adds .dmsfs below @subtree->root, which is set, in a tree that is not mounted yet,
 * and sets the other nodes; status and changes are empty. The second adds the status
 * alone. 0 or a negative errno.
 */
int populate_own_files(struct tree *tree, int64_t mtime_ns, struct subtree *subtree);
int populate_status(struct tree *tree, int64_t mtime_ns, struct subtree *subtree);

/* Adds what populate_status() left out, on the mount. As change.h says. */
int populate_rest(struct change *change, struct subtree *subtree);

/*
 * Adds all that @snapshot shows, as old as @ages (NULL: since @mtime_ns), and the links
 * to it. The tree borrows the records: the snapshot must stay. 0 or a negative errno.
 */
int populate(struct tree *tree, const struct snapshot *snapshot, const struct age *ages,
	     int64_t mtime_ns, const struct subtree *subtree);

#endif
