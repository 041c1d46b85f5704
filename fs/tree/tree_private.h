/*
 * What the tree is made of; for tree.c and the files beside it that include this
 * alone.
 */
#ifndef DMSFS_FS_TREE_TREE_PRIVATE_H
#define DMSFS_FS_TREE_TREE_PRIVATE_H

#include <pthread.h>

#include "fs/tree/node.h"
#include "fs/tree/node_store.h"

/* New content of a file, staged. */
struct replacement {
	struct node *node; /* NULL once it was carried out or dropped */
	const struct connection *connection;
	struct text *text;	  /* owned */
	struct named_body *named; /* owned; for a name that will not follow any more */
	int64_t mtime_ns;
};

struct tree {
	/* guards: everything below and every node; taken alone */
	pthread_rwlock_t lock;
	struct node_store store;
	uint32_t *buckets;   /* the index: ids of nodes, by parent and name */
	size_t bucket_count; /* a power of two */
	size_t node_count;   /* in the index: all but the root */
	size_t staged_count; /* of them, not to be seen yet */
	uint64_t last_number;
	struct node *root; /* set once */
	uint32_t orphans;  /* removed nodes that the kernel still knows: an id */
	/* Replacements in the order in which they were staged, which is that of
	 * their being carried out: the first that is not yet is nearly always the
	 * next. */
	struct replacement *replacements;
	size_t replacement_first;
	size_t replacement_count;
	size_t replacement_capacity;
	/* Files to which a write was refused (dirtied_pages.h); each has a lookup counted,
	 * so that it stays. */
	struct node **dirtied;
	size_t dirtied_count;
	size_t dirtied_capacity;
	int64_t removal_mtime_ns; /* for directories that lose an entry */
	uid_t uid;		  /* set once, like those below */
	gid_t gid;
	mode_t directory_mode;
	mode_t file_mode;
};

/* NULL for id 0. */
static inline struct node *tree_node(const struct tree *tree, uint32_t id)
{
	return id ? node_store_at(&tree->store, id) : NULL;
}

/* Of a node that is in the tree and not its root. */
static inline struct node *tree_parent(const struct tree *tree, const struct node *node)
{
	return node_store_at(&tree->store, node->parent);
}

/* --- tree.c; with the lock held --- */

/* As tree_add(); @is_staged: not to be seen yet. */
int tree_add_locked(struct tree *tree, struct node *parent, const char *name,
		    const struct node_content *content, int64_t mtime_ns,
		    bool is_staged, struct node **node);

/* As tree_remove(), but for index_trim(), which is the caller's. */
int tree_remove_locked(struct tree *tree, struct node *node, int64_t mtime_ns);

/* Takes back lookups; the node may be gone then. */
void tree_forget_locked(struct tree *tree, struct node *node, uint64_t count);

/* --- staging.c --- */

void replacement_fini(struct replacement *replacement);

/* --- index.c: nodes by parent and name; with the lock held --- */

/* 0 or -ENOMEM. */
int index_init(struct tree *tree);

/* Makes room for one more; 0 or -ENOMEM. */
int index_reserve(struct tree *tree);

/* A node whose parent is set; after a reserve. */
void index_add(struct tree *tree, struct node *node, const char *name);
void index_remove(struct tree *tree, const struct node *node);

/* Where most have gone, buckets go too. Not while somebody walks them. */
void index_trim(struct tree *tree);

struct node *tree_find_locked(const struct tree *tree, const struct node *parent,
			      const char *name);

#endif
