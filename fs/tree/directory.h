/*
 * A directory's entries in the order of their numbers, which is the order in which
 * they were added. With the tree's lock held.
 */
#ifndef DMSFS_FS_TREE_DIRECTORY_H
#define DMSFS_FS_TREE_DIRECTORY_H

#include "fs/tree/node_store.h"

/* All zero when it is empty. */
struct directory {
	uint32_t *ids; /* owned (array.h); the entries are those from @first on */
	size_t first;
	size_t count;
	size_t subdirectories; /* those that are visible */
};

void directory_free(struct directory *directory); /* takes NULL */

/* Appends @node, whose number is greater than all before. 0 or -ENOMEM. */
int directory_append(struct directory *directory, const struct node *node);

void directory_remove(struct directory *directory, const struct node_store *store,
		      const struct node *node);

/* The first visible entry with a number above @cookie, or NULL. */
struct node *directory_next(const struct directory *directory,
			    const struct node_store *store, uint64_t cookie);

#endif
