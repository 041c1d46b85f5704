/*
 * A directory's entries, in the order of their numbers, which is the order in
 * which they were added; with the tree's lock held.
 *
 * A slot is a node's address or, where a node was removed, a gap: its number, shifted
 * by one bit, with the lowest bit set. So the slots can be searched by number whatever
 * was removed. The array closes up when most of it is gaps; adding and removing stay
 * cheap in a directory of a million.
 */
#ifndef DMSFS_FS_DIRECTORY_H
#define DMSFS_FS_DIRECTORY_H

#include "node.h"

struct directory {
	uintptr_t *slots;
	size_t used;
	size_t capacity;
	size_t live;
	size_t subdirectories; /* that can be seen */
};

void directory_free(struct directory *directory); /* takes NULL */

/* Makes room for one more; 0 or -ENOMEM. */
int directory_reserve(struct directory *directory);

/* Appends @node, whose number is greater than all before; after a reserve. */
void directory_append(struct directory *directory, struct node *node);

void directory_remove(struct directory *directory, const struct node *node);

/* The first entry with a number above @cookie that can be seen, or NULL. */
struct node *directory_next(const struct directory *directory, uint64_t cookie);

#endif
