/*
 * The tree from inside, for those in this folder who hold its lock. Functions that end
 * in _locked expect it: shared where the tree is const, else exclusive.
 */
#ifndef DMSFS_FS_TREE_TREE_LOCKED_H
#define DMSFS_FS_TREE_TREE_LOCKED_H

#include <pthread.h>
#include <sys/types.h>

#include "fs/tree/name_index.h"
#include "fs/tree/replacement.h"

struct tree {
	/* guards: everything below and every node; no other lock is taken under it */
	pthread_rwlock_t lock;
	struct node_store store;
	struct name_index index; /* all nodes in the tree but the root */
	size_t staged_count;	 /* of them, those that are not visible yet */
	uint64_t last_number;
	struct node *root; /* set once */
	struct replacements replacements;
	/* Files to which a write was refused (dirtied_pages.h); each has a lookup
	 * counted, so that it stays. */
	struct node **dirtied; /* array.h */
	size_t dirtied_count;
	struct node *renamed;	     /* is staged to get another name; NULL: none */
	struct named_body *new_name; /* owned: its name and, then, its body */
	int64_t removal_mtime_ns;    /* for directories that lose an entry */
	uid_t uid;		     /* set once, like those below */
	gid_t gid;
	mode_t directory_mode;
	mode_t file_mode;
	const struct clock *clock; /* for texts that are overdue */
};

/* The directory of a node that is in the tree and not its root. */
static inline struct node *tree_parent(const struct tree *tree, const struct node *node)
{
	return node_store_at(&tree->store, node->parent);
}

/* As tree_add(); @is_staged: not visible yet. */
int tree_add_locked(struct tree *tree, struct node *parent, const char *name,
		    const struct node_content *content, int64_t mtime_ns,
		    bool is_staged, struct node **node);

/*
 * Takes a node, a directory only when it is empty, out of the tree. 0, -ENOTEMPTY,
 * or -ENOMEM where a link to a file needs a name of its own for it. While the kernel
 * knows it, it can still be read, as it was, with a link count of 0; it is freed when
 * it has been forgotten.
 */
int tree_remove_locked(struct tree *tree, struct node *node, int64_t mtime_ns);

/* Frees a version (view.h) that the kernel has forgotten, unless it is shown. */
void view_forget_locked(struct tree *tree, struct node *version);

/* Takes back lookups. The node may be gone then. */
void tree_forget_locked(struct tree *tree, struct node *node, uint64_t count);

#endif
