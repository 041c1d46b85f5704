/*
 * What a node of the tree is made of; for tree.c and its helpers alone.
 */
#ifndef DMSFS_FS_NODE_H
#define DMSFS_FS_NODE_H

#include "tree.h"

/* The bytes of a text file or a link. */
struct text {
	size_t len;
	char bytes[];
};

/*
 * A directory's entries, in the order of their numbers, which is the order in
 * which they were added. A slot is a node's address or, where a node was
 * removed, a gap: its number, shifted by one bit, with the lowest bit set. So
 * the slots can be searched by number whatever was removed. The array closes up
 * when most of it is gaps; adding and removing stay cheap in a directory of a
 * million.
 */
struct directory {
	uintptr_t *slots;
	size_t used;
	size_t capacity;
	size_t live;
	size_t subdirectories;
};

/* All fields are guarded by the tree's lock, but for those set once. */
struct node {
	union {
		struct node *parent;   /* NULL for the root */
		struct node *previous; /* once removed: among the orphans */
	};
	struct node *next; /* in its bucket of the index, or among the orphans */
	uint64_t number;   /* set once: the inode number, and the cookie */
	uint64_t lookups;  /* atomic: counted up under the shared lock */
	int64_t mtime_ns;
	uint64_t size;
	union {
		const struct connection *connection; /* borrowed */
		struct text *text;		     /* owned; may be NULL, for empty */
		struct directory *directory;	     /* owned */
	};
	uint32_t hash; /* set once */
	uint8_t kind;  /* set once: enum node_kind */
	/* Out of the tree. A connection's content has become a text then, since
	 * what it was borrowed from may go. */
	bool is_removed;
	char name[]; /* set once */
};

/* --- directory.c --- */

/* Makes room for one more; 0 or -ENOMEM. */
int directory_reserve(struct directory *directory);

/* Appends @node, whose number is greater than all before; after a reserve. */
void directory_append(struct directory *directory, struct node *node);

void directory_remove(struct directory *directory, const struct node *node);

/* The first entry with a number above @cookie, or NULL. */
struct node *directory_next(const struct directory *directory, uint64_t cookie);

#endif
