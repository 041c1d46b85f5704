#include "fs/tree/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/tree/directory.h"
#include "fs/tree/node_name.h"
#include "fs/tree/tree_locked.h"
#include "src/base/clock.h"

static void free_node(struct tree *tree, struct node *node)
{
	if (node->kind == NODE_DIRECTORY && node->is_named)
		directory_free(node_directory(node));
	node_fini(node);
	node_store_return(&tree->store, node);
}

/* A node that is in no directory yet; as node_init(). */
static int new_node(struct tree *tree, const char *name,
		    const struct node_content *content, int64_t mtime_ns,
		    struct node **result)
{
	struct node *node = node_store_take(&tree->store);
	uint64_t number = ++tree->last_number;
	int r = 0;

	if (!node)
		return -ENOMEM;
	node->number_low = (uint32_t)number;
	node->number_high = (uint16_t)(number >> 32);
	r = node_init(node, name, content, mtime_ns);
	if (r == 0 && content->kind == NODE_DIRECTORY) {
		node_body(node)->directory = calloc(1, sizeof(struct directory));
		r = node_directory(node) ? 0 : -ENOMEM;
	}
	if (r < 0)
		free_node(tree, node);
	else
		*result = node;
	return r;
}

int tree_new(const struct tree_options *options, int64_t mtime_ns, struct tree **result)
{
	const struct node_content content = {.kind = NODE_DIRECTORY};
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return -ENOMEM;
	pthread_rwlock_init(&tree->lock, NULL);
	tree->uid = options->uid;
	tree->gid = options->gid;
	tree->clock = options->clock ? options->clock : &clock_system;
	tree->directory_mode = S_IFDIR | 0700 | (0755 & ~options->umask);
	tree->file_mode = S_IFREG | 0600 | (0644 & ~options->umask);
	if (name_index_init(&tree->index, &tree->store) < 0 ||
	    new_node(tree, "", &content, mtime_ns, &tree->root) < 0) {
		tree_free(tree);
		return -ENOMEM;
	}
	*result = tree;
	return 0;
}

void tree_free(struct tree *tree)
{
	struct node *node = NULL;

	if (!tree)
		return;
	node = node_store_next(&tree->store, NULL);
	for (; node; node = node_store_next(&tree->store, node))
		free_node(tree, node);
	replacements_fini(&tree->replacements);
	free(tree->new_name);
	free(tree->dirtied);
	name_index_fini(&tree->index);
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

	pthread_rwlock_rdlock(&tree->lock);
	count = tree->index.count - tree->staged_count + 1;
	pthread_rwlock_unlock(&tree->lock);
	return count;
}

/* The node at @path, @len bytes, from @top on; NULL: there is none. */
static struct node *find_path(const struct tree *tree, const struct node *top,
			      const char *path, size_t len)
{
	const char *end = path + len;
	struct node *node = NULL;

	for (; top && path < end; top = node) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t part = (size_t)((slash ? slash : end) - path);
		char name[NODE_NAME_SIZE];

		if (part >= sizeof(name))
			return NULL;
		memcpy(name, path, part);
		name[part] = '\0';
		node = name_index_find(&tree->index, top, name);
		path += part + 1;
	}
	return node;
}

/* The file that a new link called @name in @parent can take name and target from; NULL:
 * none. */
static struct node *find_file_of_link(const struct tree *tree,
				      const struct node *parent, const char *name,
				      const struct node_content *content)
{
	const struct node *top = node_link_top(&tree->store, parent);
	const char *path = NULL;
	struct node *node = NULL;

	if (node_link_follows(name, content, &path))
		node = find_path(tree, top, path, strlen(name));
	if (!node || node->kind != NODE_CONNECTION || node->is_leaving ||
	    node_has_link(&tree->store, node, top))
		return NULL;
	return node;
}

/* After name_index_reserve(). */
static int insert_node(struct tree *tree, struct node *parent, const char *name,
		       struct node *node)
{
	int r = 0;

	node->parent = node_store_id(parent);
	r = directory_append(node_directory(parent), node);
	if (r < 0)
		return r;
	name_index_add(&tree->index, node, name);
	if (node->is_staged)
		tree->staged_count++;
	else
		node_touch(parent, node->mtime_ns);
	return 0;
}

int tree_add_locked(struct tree *tree, struct node *parent, const char *name,
		    const struct node_content *content, int64_t mtime_ns,
		    bool is_staged, struct node **result)
{
	struct node *file = NULL;
	struct node *node = NULL;
	int r = 0;

	if (name_index_find(&tree->index, parent, name))
		return -EEXIST;
	if (name_index_reserve(&tree->index) < 0)
		return -ENOMEM;
	if (content->kind == NODE_LINK)
		file = find_file_of_link(tree, parent, name, content);
	r = new_node(tree, file ? NULL : name, content, mtime_ns, &node);
	if (r < 0)
		return r;
	node->is_staged = is_staged;
	r = insert_node(tree, parent, name, node);
	if (r < 0) {
		free_node(tree, node);
		return r;
	}
	if (file)
		node_link_peer(node, file);
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

	pthread_rwlock_rdlock(&tree->lock);
	node = name_index_find(&tree->index, parent, name);
	pthread_rwlock_unlock(&tree->lock);
	return node;
}

int tree_remove_locked(struct tree *tree, struct node *node, int64_t mtime_ns)
{
	struct node *parent = tree_parent(tree, node);
	int r = 0;

	if (node->kind == NODE_DIRECTORY && node_directory(node)->count > 0)
		return -ENOTEMPTY;
	r = node_unlink_peer(&tree->store, node);
	if (r < 0)
		return r;
	name_index_remove(&tree->index, node);
	directory_remove(node_directory(parent), &tree->store, node);
	if (node->is_staged)
		tree->staged_count--;
	else
		node_touch(parent, mtime_ns);
	node_detach(node);
	node->is_removed = true;
	tree_forget_locked(tree, node, 0);
	return 0;
}

void tree_forget_locked(struct tree *tree, struct node *node, uint64_t count)
{
	uint32_t lookups = atomic_load_explicit(&node->lookups, memory_order_relaxed);

	if (lookups != UINT32_MAX)
		lookups -= count < lookups ? (uint32_t)count : lookups;
	atomic_store_explicit(&node->lookups, lookups, memory_order_relaxed);
	if (lookups > 0 || !node->is_removed)
		return;
	if (node->kind == NODE_VERSION)
		view_forget_locked(tree, node);
	else
		free_node(tree, node);
}

bool tree_shows(struct tree *tree, const struct node *node,
		const struct connection *connection)
{
	bool is_shown = false;

	pthread_rwlock_rdlock(&tree->lock);
	is_shown = node->kind == NODE_CONNECTION &&
		   node_connection(node) == connection && !node->is_staged;
	pthread_rwlock_unlock(&tree->lock);
	return is_shown;
}

void tree_repoint(struct tree *tree, struct node *node,
		  const struct connection *connection)
{
	pthread_rwlock_wrlock(&tree->lock);
	node_body(node)->connection = connection;
	pthread_rwlock_unlock(&tree->lock);
}

int tree_set_text(struct tree *tree, struct node *node,
		  const struct node_content *content, int64_t mtime_ns)
{
	struct text *text = text_new(content);
	struct text *before = NULL;

	if (!text)
		return -ENOMEM;
	pthread_rwlock_wrlock(&tree->lock);
	before = node_show_text(node, text);
	node_touch(node, mtime_ns);
	pthread_rwlock_unlock(&tree->lock);
	free(before);
	return 0;
}

bool tree_is_empty(struct tree *tree, const struct node *directory)
{
	bool is_empty = false;

	pthread_rwlock_rdlock(&tree->lock);
	is_empty = node_directory(directory)->count == 0;
	pthread_rwlock_unlock(&tree->lock);
	return is_empty;
}
