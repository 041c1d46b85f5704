/*
 * Finds nodes by parent and name: a hash table of ids. With the tree's lock held.
 */
#ifndef DMSFS_FS_TREE_NAME_INDEX_H
#define DMSFS_FS_TREE_NAME_INDEX_H

#include "fs/tree/node_store.h"

struct name_index {
	const struct node_store *store; /* borrowed */
	uint32_t *buckets;
	size_t bucket_count; /* a power of two */
	size_t count;	     /* of nodes */
};

/* 0 or -ENOMEM. */
int name_index_init(struct name_index *index, const struct node_store *store);
void name_index_fini(struct name_index *index);

/* Makes room for one more; 0 or -ENOMEM. */
int name_index_reserve(struct name_index *index);

/* Adds a node whose parent is set; after name_index_reserve(). */
void name_index_add(struct name_index *index, struct node *node, const char *name);
void name_index_remove(struct name_index *index, const struct node *node);

/* NULL if there is none. */
struct node *name_index_find(const struct name_index *index, const struct node *parent,
			     const char *name);

#endif
