/*
 * A directory's entries, in the order of their numbers, which is the order in
 * which they were added; with the tree's lock held.
 *
 * They lie in blocks of some hundred, each a sorted array of ids, and each known by
 * the number that it begins with. So an entry is found by its number in two searches,
 * one that comes or goes moves no more than its block, and nothing is copied when a
 * directory grows to a million.
 */
#ifndef DMSFS_FS_TREE_DIRECTORY_H
#define DMSFS_FS_TREE_DIRECTORY_H

#include "fs/tree/node_store.h"

struct directory_block {
	uint64_t first; /* no number in it is below, none in the blocks before above */
	uint32_t *ids;	/* owned */
	uint32_t count; /* never 0 */
	uint32_t capacity;
};

struct directory {
	struct directory_block *blocks;
	size_t block_count;
	size_t block_capacity;
	size_t count;
	size_t subdirectories; /* that can be seen */
};

void directory_free(struct directory *directory); /* takes NULL */

/* Appends @node, whose number is greater than all before. 0 or -ENOMEM. */
int directory_append(struct directory *directory, const struct node *node);

void directory_remove(struct directory *directory, const struct node_store *store,
		      const struct node *node);

/* The first entry with a number above @cookie that can be seen, or NULL. */
struct node *directory_next(const struct directory *directory,
			    const struct node_store *store, uint64_t cookie);

#endif
