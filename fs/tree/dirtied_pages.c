#include "fs/tree/dirtied_pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "fs/tree/node_name.h"
#include "fs/tree/tree_private.h"

#define DIRTIED_MIN 16

static bool reserve(struct tree *tree)
{
	struct node **dirtied = NULL;
	size_t capacity = tree->dirtied_capacity ? tree->dirtied_capacity * 2
						 : DIRTIED_MIN;

	if (tree->dirtied_count < tree->dirtied_capacity)
		return true;
	dirtied = reallocarray(tree->dirtied, capacity, sizeof(struct node *));
	if (!dirtied)
		return false;
	tree->dirtied = dirtied;
	tree->dirtied_capacity = capacity;
	return true;
}

static bool add(struct tree *tree, struct node *node)
{
	if (node->is_removed)
		return false;
	/* Also when it is noted already: the reader's own look at the attributes may
	 * have dropped the page before the editor's, and what is spoilt now must be
	 * told from that. */
	node->mtime_ns++;
	if (node->is_dirtied || !reserve(tree))
		return false;
	node->is_dirtied = true;
	tree_count_lookup_locked(node);
	tree->dirtied[tree->dirtied_count++] = node;
	return true;
}

bool dirtied_pages_add(struct tree *tree, struct node *node)
{
	bool is_added = false;

	pthread_rwlock_wrlock(&tree->lock);
	is_added = add(tree, node);
	pthread_rwlock_unlock(&tree->lock);
	return is_added;
}

/* False for a node that is out of the tree. */
static bool write_path(const struct tree *tree, const struct node *node, char *path,
		       size_t size)
{
	const struct node *above = node->is_removed ? NULL
						    : tree_node(tree, node->parent);

	char name[TREE_NAME_SIZE];
	char above_name[TREE_NAME_SIZE];

	if (!above)
		return false;
	if (above == tree->root)
		snprintf(path, size, "%s", node_name(tree, node, name));
	else if (tree_node(tree, above->parent) == tree->root)
		snprintf(path, size, "%s/%s", node_name(tree, above, above_name),
			 node_name(tree, node, name));
	else
		return false;
	return true;
}

bool dirtied_pages_any(struct tree *tree)
{
	bool is_any = false;

	tree_lock_shared(tree);
	is_any = tree->dirtied_count > 0;
	tree_unlock(tree);
	return is_any;
}

bool dirtied_pages_take(struct tree *tree, char *path, size_t size)
{
	bool is_taken = false;

	pthread_rwlock_wrlock(&tree->lock);
	while (!is_taken && tree->dirtied_count > 0) {
		struct node *node = tree->dirtied[--tree->dirtied_count];

		node->is_dirtied = false;
		is_taken = write_path(tree, node, path, size);
		tree_forget_locked(tree, node, 1);
	}
	pthread_rwlock_unlock(&tree->lock);
	return is_taken;
}
