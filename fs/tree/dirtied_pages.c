#include "fs/tree/dirtied_pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "fs/tree/node_name.h"
#include "fs/tree/tree_private.h"

#define SCRIBBLED_MIN 16

static bool reserve(struct tree *tree)
{
	struct node **scribbled = NULL;
	size_t capacity = tree->scribbled_capacity ? tree->scribbled_capacity * 2
						   : SCRIBBLED_MIN;

	if (tree->scribbled_count < tree->scribbled_capacity)
		return true;
	scribbled = reallocarray(tree->scribbled, capacity, sizeof(struct node *));
	if (!scribbled)
		return false;
	tree->scribbled = scribbled;
	tree->scribbled_capacity = capacity;
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
	if (node->is_scribbled || !reserve(tree))
		return false;
	node->is_scribbled = true;
	tree_count_lookup_locked(node);
	tree->scribbled[tree->scribbled_count++] = node;
	return true;
}

bool scribbles_add(struct tree *tree, struct node *node)
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

bool scribbles_any(struct tree *tree)
{
	bool is_any = false;

	tree_lock_shared(tree);
	is_any = tree->scribbled_count > 0;
	tree_unlock(tree);
	return is_any;
}

bool scribbles_take(struct tree *tree, char *path, size_t size)
{
	bool is_taken = false;

	pthread_rwlock_wrlock(&tree->lock);
	while (!is_taken && tree->scribbled_count > 0) {
		struct node *node = tree->scribbled[--tree->scribbled_count];

		node->is_scribbled = false;
		is_taken = write_path(tree, node, path, size);
		tree_forget_locked(tree, node, 1);
	}
	pthread_rwlock_unlock(&tree->lock);
	return is_taken;
}
