#include "fs/tree/dirtied_pages.h"

#include <stdlib.h>

#include "fs/tree/tree_locked.h"
#include "fs/tree/tree_read.h"
#include "src/base/array.h"

static bool note_file(struct tree *tree, struct node *node)
{
	struct node **dirtied = NULL;

	if (node->kind == NODE_VERSION)
		node_store_at(&tree->store, node->peer)->is_outdated = true;
	if (node->is_removed)
		return false;
	/* Also when it is noted already: a reader's own look at the attributes may have
	 * dropped the page before the editor's, and the page that was dirtied since
	 * needs another mtime. */
	node_touch(node, 0);
	if (node->is_dirtied)
		return false;
	dirtied = array_grow(tree->dirtied, tree->dirtied_count, sizeof(struct node *));
	if (!dirtied)
		return false;
	tree->dirtied = dirtied;
	node->is_dirtied = true;
	tree_count_lookup_locked(node);
	tree->dirtied[tree->dirtied_count++] = node;
	return true;
}

bool dirtied_pages_add(struct tree *tree, struct node *node)
{
	bool is_added = false;

	pthread_rwlock_wrlock(&tree->lock);
	is_added = note_file(tree, node);
	pthread_rwlock_unlock(&tree->lock);
	return is_added;
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
		is_taken = tree_path_locked(tree, node, path, size) == 0;
		tree_forget_locked(tree, node, 1);
	}
	pthread_rwlock_unlock(&tree->lock);
	return is_taken;
}
