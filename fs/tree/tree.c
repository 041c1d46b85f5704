#include "fs/tree/tree.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "fs/tree/directory.h"
#include "fs/tree/node_link.h"
#include "fs/tree/tree_private.h"

/* --- the tree as a whole --- */

static void set_number(struct tree *tree, struct node *node)
{
	uint64_t number = ++tree->last_number;

	node->number_low = (uint32_t)number;
	node->number_high = (uint16_t)(number >> 32);
}

static void free_node(struct tree *tree, struct node *node)
{
	node_fini(node);
	node_store_return(&tree->store, node);
}

/* A node that is in no directory yet; as node_init(). */
static int new_node(struct tree *tree, const char *name,
		    const struct node_content *content, int64_t mtime_ns,
		    struct node **result)
{
	struct node *node = node_store_take(&tree->store);
	int r = 0;

	if (!node)
		return -ENOMEM;
	r = node_init(node, name, content, mtime_ns);
	if (r < 0)
		free_node(tree, node);
	else
		*result = node;
	return r;
}

static int add_root(struct tree *tree, int64_t mtime_ns)
{
	const struct node_content content = {.kind = NODE_DIRECTORY};
	int r = new_node(tree, "", &content, mtime_ns, &tree->root);

	if (r == 0)
		set_number(tree, tree->root);
	return r;
}

int tree_new(const struct tree_options *options, int64_t mtime_ns, struct tree **result)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return -ENOMEM;
	pthread_rwlock_init(&tree->lock, NULL);
	tree->uid = options->uid;
	tree->gid = options->gid;
	tree->directory_mode = S_IFDIR | 0700 | (0755 & ~options->umask);
	tree->file_mode = S_IFREG | 0600 | (0644 & ~options->umask);
	if (index_init(tree) < 0 || add_root(tree, mtime_ns) < 0) {
		tree_free(tree);
		return -ENOMEM;
	}
	*result = tree;
	return 0;
}

static void free_chain(struct tree *tree, uint32_t id)
{
	struct node *node = tree_node(tree, id);

	while (node) {
		struct node *next = tree_node(tree, node->next);

		free_node(tree, node);
		node = next;
	}
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; tree->buckets && i < tree->bucket_count; i++)
		free_chain(tree, tree->buckets[i]);
	free_chain(tree, tree->orphans);
	if (tree->root)
		free_node(tree, tree->root);
	for (size_t i = 0; i < tree->replacement_count; i++)
		replacement_fini(&tree->replacements[i]);
	free(tree->replacements);
	free(tree->dirtied);
	free(tree->buckets);
	node_store_fini(&tree->store);
	pthread_rwlock_destroy(&tree->lock);
	free(tree);
}

struct node *tree_root(struct tree *tree)
{
	return tree->root;
}

size_t tree_count(struct tree *tree)
{
	size_t count = 0;

	tree_lock_shared(tree);
	count = tree->node_count - tree->staged_count + 1;
	tree_unlock(tree);
	return count;
}

/* --- changing --- */

/* A directory's own times move whenever an entry comes or goes. */
static void touch(struct node *node, int64_t mtime_ns)
{
	node->mtime_ns = node_later(node, mtime_ns);
}

/* After index_reserve(). */
static int insert(struct tree *tree, struct node *parent, const char *name,
		  struct node *node)
{
	int r = 0;

	node->parent = node_store_id(parent);
	set_number(tree, node);
	r = directory_append(node_directory(parent), node);
	if (r < 0)
		return r;
	index_add(tree, node, name);
	if (node->is_staged)
		tree->staged_count++;
	else
		touch(parent, node->mtime_ns);
	return 0;
}

int tree_add_locked(struct tree *tree, struct node *parent, const char *name,
		    const struct node_content *content, int64_t mtime_ns,
		    bool is_staged, struct node **result)
{
	struct node *file = NULL;
	struct node *node = NULL;
	int r = 0;

	if (tree_find_locked(tree, parent, name))
		return -EEXIST;
	if (index_reserve(tree) < 0)
		return -ENOMEM;
	if (content->kind == NODE_LINK)
		file = node_link_find_file(tree, name, content);
	r = new_node(tree, file ? NULL : name, content, mtime_ns, &node);
	if (r < 0)
		return r;
	node->is_staged = is_staged;
	r = insert(tree, parent, name, node);
	if (r < 0) {
		free_node(tree, node);
		return r;
	}
	if (file)
		node_link_tie(node, file);
	if (result)
		*result = node;
	return 0;
}

int tree_add(struct tree *tree, struct node *parent, const char *name,
	     const struct node_content *content, int64_t mtime_ns, struct node **result)
{
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	r = tree_add_locked(tree, parent, name, content, mtime_ns, false, result);
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

struct node *tree_find(struct tree *tree, const struct node *parent, const char *name)
{
	struct node *node = NULL;

	tree_lock_shared(tree);
	node = tree_find_locked(tree, parent, name);
	tree_unlock(tree);
	return node;
}

static void add_orphan(struct tree *tree, struct node *node)
{
	struct node *next = tree_node(tree, tree->orphans);

	node->previous = 0;
	node->next = tree->orphans;
	tree->orphans = node_store_id(node);
	if (next)
		next->previous = tree->orphans;
}

static void free_orphan(struct tree *tree, struct node *node)
{
	struct node *previous = tree_node(tree, node->previous);
	struct node *next = tree_node(tree, node->next);

	if (previous)
		previous->next = node->next;
	else
		tree->orphans = node->next;
	if (next)
		next->previous = node->previous;
	free_node(tree, node);
}

int tree_remove_locked(struct tree *tree, struct node *node, int64_t mtime_ns)
{
	struct node *parent = tree_parent(tree, node);
	int r = 0;

	if (node->kind == NODE_DIRECTORY && node_directory(node)->count > 0)
		return -ENOTEMPTY;
	r = node_link_part(tree, node);
	if (r < 0)
		return r;
	index_remove(tree, node);
	directory_remove(node_directory(parent), &tree->store, node);
	if (node->is_staged)
		tree->staged_count--;
	else
		touch(parent, mtime_ns);
	node_detach(node);
	node->is_removed = true;
	add_orphan(tree, node);
	if (node->lookups == 0)
		free_orphan(tree, node);
	return 0;
}

int tree_remove(struct tree *tree, struct node *node, int64_t mtime_ns)
{
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	r = tree_remove_locked(tree, node, mtime_ns);
	index_trim(tree);
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

bool tree_shows(struct tree *tree, const struct node *node,
		const struct connection *connection)
{
	bool is_shown = false;

	tree_lock_shared(tree);
	is_shown = node->kind == NODE_CONNECTION &&
		   node_connection(node) == connection && !node->is_staged;
	tree_unlock(tree);
	return is_shown;
}

void tree_repoint(struct tree *tree, struct node *node,
		  const struct connection *connection)
{
	pthread_rwlock_wrlock(&tree->lock);
	node_body(node)->connection = connection;
	pthread_rwlock_unlock(&tree->lock);
}

int tree_set_text(struct tree *tree, struct node *node, const char *bytes, size_t len,
		  int64_t mtime_ns)
{
	struct text *text = text_new(bytes, len);
	struct text *before = NULL;

	if (!text)
		return -ENOMEM;
	pthread_rwlock_wrlock(&tree->lock);
	before = node_body(node)->text;
	node_body(node)->text = text;
	node->size = text->len;
	node->mtime_ns = node_later(node, mtime_ns);
	pthread_rwlock_unlock(&tree->lock);
	free(before);
	return 0;
}

bool tree_is_empty(struct tree *tree, const struct node *directory)
{
	bool is_empty = false;

	tree_lock_shared(tree);
	is_empty = node_directory(directory)->count == 0;
	tree_unlock(tree);
	return is_empty;
}

void tree_forget_locked(struct tree *tree, struct node *node, uint64_t count)
{
	if (node->lookups != UINT32_MAX)
		node->lookups -= count < node->lookups ? (uint32_t)count
						       : node->lookups;
	if (node->lookups == 0 && node->is_removed)
		free_orphan(tree, node);
}

void tree_forget(struct tree *tree, struct node *node, uint64_t count)
{
	if (node == tree->root)
		return;
	pthread_rwlock_wrlock(&tree->lock);
	tree_forget_locked(tree, node, count);
	pthread_rwlock_unlock(&tree->lock);
}
