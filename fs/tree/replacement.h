/*
 * New content of files, staged, in the order in which it was staged, which is nearly
 * always the order in which it is carried out. With the tree's lock held.
 */
#ifndef DMSFS_FS_TREE_REPLACEMENT_H
#define DMSFS_FS_TREE_REPLACEMENT_H

#include "fs/tree/node.h"

struct replacement {
	struct node *node; /* NULL once it was carried out or dropped */
	const struct connection *connection;
	struct text *text;	  /* owned */
	struct named_body *named; /* owned; for a name that the record does not give */
	int64_t mtime_ns;
};

void replacement_fini(struct replacement *replacement);

/* All zero when it is empty. */
struct replacements {
	struct replacement *items; /* owned (array.h) */
	size_t first;		   /* those before are all done */
	size_t count;
};

void replacements_fini(struct replacements *replacements);

/* Drops what is staged for the same node, and adds @replacement, which then belongs to
 * the list. 0 or -ENOMEM. */
int replacements_add(struct replacements *replacements,
		     const struct replacement *replacement);

/* Removes the replacement of @node, and hands it over in @taken. False: none. */
bool replacements_take(struct replacements *replacements, struct node *node,
		       struct replacement *taken);

void replacements_drop(struct replacements *replacements, struct node *node);

#endif
