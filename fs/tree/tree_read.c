#include "fs/tree/tree_read.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "fs/content/document.h"
#include "fs/tree/directory.h"
#include "fs/tree/node_name.h"
#include "fs/tree/tree_locked.h"
#include "src/base/clock.h"

static mode_t node_mode(const struct tree *tree, const struct node *node)
{
	switch ((enum node_kind)node->kind) {
	case NODE_DIRECTORY:
		return tree->directory_mode;
	case NODE_LINK:
		return S_IFLNK | 0777;
	case NODE_CONNECTION:
	case NODE_TEXT:
	case NODE_VIEW:
	case NODE_VERSION:
		break;
	}
	return tree->file_mode;
}

static nlink_t node_links(const struct node *node)
{
	if (node->is_removed && node->kind != NODE_VERSION)
		return 0;
	if (node->kind != NODE_DIRECTORY)
		return 1;
	return 2 + node_directory(node)->subdirectories;
}

/* The text that a file shows by now. */
struct shown_text {
	const char *bytes;
	size_t len;
	int64_t mtime_ns;
};

static struct shown_text find_text(const struct tree *tree, const struct node *node)
{
	const struct text *text = node_text(node);

	if (!text)
		return (struct shown_text){.mtime_ns = node->mtime_ns};
	if (text->overdue_len > 0 &&
	    tree->clock->boottime_ns(tree->clock->data) >= text->overdue_at_ns)
		return (struct shown_text){.bytes = text->bytes + text->len,
					   .len = text->overdue_len,
					   .mtime_ns = text->overdue_mtime_ns >
								       node->mtime_ns
							       ? text->overdue_mtime_ns
							       : node->mtime_ns + 1};
	return (struct shown_text){
		.bytes = text->bytes, .len = text->len, .mtime_ns = node->mtime_ns};
}

/* What differs from what most nodes have. */
static void correct_attributes(const struct tree *tree, const struct node *node,
			       struct tree_attributes *attributes)
{
	struct shown_text shown;

	if (node->kind == NODE_TEXT) {
		shown = find_text(tree, node);
		attributes->mtime_ns = shown.mtime_ns;
		attributes->size = (off_t)shown.len;
		if (node_text(node) && node_text(node)->old_len > 0)
			attributes->size = node_text(node)->old_len;
	}
	if (node->kind == NODE_VIEW || node->kind == NODE_VERSION)
		attributes->is_name_cached = false;
	if (node->kind == NODE_VERSION)
		attributes->number =
			node_number(node_store_at(&tree->store, node->peer));
}

void tree_attributes_locked(const struct tree *tree, const struct node *node,
			    struct tree_attributes *attributes)
{
	*attributes = (struct tree_attributes){
		.number = node_number(node),
		.size = node->size,
		.mtime_ns = node->mtime_ns,
		.mode = node_mode(tree, node),
		.links = node_links(node),
		.uid = tree->uid,
		.gid = tree->gid,
		.is_cached = !node->is_uncached,
		.is_name_cached = true,
	};
	if (node->kind >= NODE_TEXT)
		correct_attributes(tree, node, attributes);
}

void tree_attributes(struct tree *tree, const struct node *node,
		     struct tree_attributes *attributes)
{
	tree_lock_shared(tree);
	tree_attributes_locked(tree, node, attributes);
	tree_unlock(tree);
}

const struct connection *tree_connection_locked(const struct node *node)
{
	return node->kind == NODE_CONNECTION && !node->is_removed
		       ? node_connection(node)
		       : NULL;
}

uint64_t tree_id(const struct node *node)
{
	return (uint64_t)node->number_low << 32 | node_store_id(node);
}

uint64_t tree_generation(const struct node *node)
{
	return node->number_high;
}

struct node *tree_node(struct tree *tree, uint64_t id)
{
	return node_store_at(&tree->store, (uint32_t)id);
}

int tree_lookup(struct tree *tree, struct node *parent, const char *name,
		struct node **result, struct tree_attributes *attributes)
{
	struct node *node = NULL;
	int r = -ENOENT;

	if (parent->kind != NODE_DIRECTORY)
		return -ENOTDIR;
	tree_lock_shared(tree);
	node = name_index_find(&tree->index, parent, name);
	if (node && node->is_staged)
		node = NULL;
	if (node && node->kind == NODE_VIEW) {
		*result = node;
		r = -EAGAIN;
	} else if (node) {
		tree_count_lookup_locked(node);
		tree_attributes_locked(tree, node, attributes);
		*result = node;
		r = 0;
	}
	tree_unlock(tree);
	return r;
}

enum node_kind tree_kind(const struct node *node)
{
	return (enum node_kind)node->kind;
}

static size_t copy_text(const struct shown_text *text, char *out, size_t size,
			off_t offset)
{
	size_t start = (size_t)offset;
	size_t len = 0;

	if (start >= text->len)
		return 0;
	len = text->len - start < size ? text->len - start : size;
	memcpy(out, text->bytes + start, len);
	return len;
}

size_t tree_read(struct tree *tree, const struct node *node, char *out, size_t size,
		 off_t offset)
{
	struct shown_text text;
	size_t len = 0;

	if (offset < 0 || node->kind == NODE_DIRECTORY)
		return 0;
	tree_lock_shared(tree);
	if (node->kind == NODE_CONNECTION && !node->is_removed) {
		len = document_read(node_connection(node), out, size, offset);
	} else {
		text = find_text(tree, node);
		len = copy_text(&text, out, size, offset);
	}
	tree_unlock(tree);
	return len;
}

size_t tree_readlink(struct tree *tree, const struct node *node, char *out, size_t size)
{
	char target[LINK_TARGET_SIZE];
	struct shown_text text;
	size_t len = 0;

	tree_lock_shared(tree);
	if (node->kind == NODE_LINK && node->peer) {
		len = node_link_target(&tree->store, node, target);
		len = len < size ? len : size - 1;
		memcpy(out, target, len);
	} else {
		text = find_text(tree, node);
		len = copy_text(&text, out, size - 1, 0);
	}
	tree_unlock(tree);
	out[len] = '\0';
	return len;
}

void tree_lock_shared(struct tree *tree)
{
	pthread_rwlock_rdlock(&tree->lock);
}

void tree_unlock(struct tree *tree)
{
	pthread_rwlock_unlock(&tree->lock);
}

struct node *tree_next_locked(const struct tree *tree, const struct node *directory,
			      uint64_t cookie)
{
	return directory_next(node_directory(directory), &tree->store, cookie);
}

uint64_t tree_cookie(const struct node *node)
{
	return node_number(node);
}

const char *tree_name(const struct tree *tree, const struct node *node,
		      char buffer[TREE_NAME_SIZE])
{
	return node_name(&tree->store, node, buffer);
}

/* Written from the end, as the way leads up. */
int tree_path_locked(const struct tree *tree, const struct node *node, char *path,
		     size_t size)
{
	char buffer[TREE_NAME_SIZE];
	size_t start = size;

	if (node->is_removed)
		return -ENOENT;
	do {
		const char *name = node == tree->root ? "." : NULL;
		size_t len = 0;

		if (!name)
			name = node_name(&tree->store, node, buffer);
		len = strlen(name) + 1;
		if (len > start)
			return -ENAMETOOLONG;
		start -= len;
		memcpy(path + start, name, len - 1);
		path[start + len - 1] = start + len == size ? '\0' : '/';
		node = node_store_get(&tree->store, node->parent);
	} while (node && node != tree->root);
	memmove(path, path + start, size - start);
	return 0;
}

int tree_path(struct tree *tree, const struct node *node, char *path, size_t size)
{
	int r = 0;

	tree_lock_shared(tree);
	r = tree_path_locked(tree, node, path, size);
	tree_unlock(tree);
	return r;
}

ino_t tree_parent_number_locked(const struct tree *tree, const struct node *directory)
{
	if (directory->is_removed || !directory->parent)
		return node_number(directory);
	return node_number(tree_parent(tree, directory));
}

void tree_count_lookup_locked(struct node *node)
{
	uint32_t count = atomic_load_explicit(&node->lookups, memory_order_relaxed);

	while (count != UINT32_MAX &&
	       !atomic_compare_exchange_weak_explicit(&node->lookups, &count, count + 1,
						      memory_order_relaxed,
						      memory_order_relaxed))
		;
}

int64_t tree_find_mtime_ns(struct tree *tree, const struct node *parent,
			   const char *directory, const char *name)
{
	const struct node *node = NULL;
	int64_t mtime_ns = 0;

	tree_lock_shared(tree);
	node = name_index_find(&tree->index, parent, directory);
	if (node)
		node = name_index_find(&tree->index, node, name);
	if (node && !node->is_staged)
		mtime_ns = node->mtime_ns;
	tree_unlock(tree);
	return mtime_ns;
}

void tree_forget(struct tree *tree, struct node *node, uint64_t count)
{
	if (node == tree->root)
		return;
	pthread_rwlock_wrlock(&tree->lock);
	tree_forget_locked(tree, node, count);
	pthread_rwlock_unlock(&tree->lock);
}

uint64_t tree_lookups(struct tree *tree)
{
	const struct node *node = NULL;
	uint64_t sum = 0;

	tree_lock_shared(tree);
	node = node_store_next(&tree->store, NULL);
	for (; node; node = node_store_next(&tree->store, node))
		sum += node == tree->root ? 0 : node->lookups;
	tree_unlock(tree);
	return sum;
}
