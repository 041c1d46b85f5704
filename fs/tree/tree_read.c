/*
 * What the FUSE thread answers from: attributes, contents and listings. The one thing
 * that it writes is how often a node was looked up.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "fs/content/document.h"
#include "fs/tree/directory.h"
#include "fs/tree/node_link.h"
#include "fs/tree/node_name.h"
#include "fs/tree/tree_private.h"

#define BLOCK_BYTES 512
#define NS_IN_S INT64_C(1000000000)

static mode_t mode_of(const struct tree *tree, const struct node *node)
{
	switch ((enum node_kind)node->kind) {
	case NODE_DIRECTORY:
		return tree->directory_mode;
	case NODE_LINK:
		return S_IFLNK | 0777;
	case NODE_CONNECTION:
	case NODE_TEXT:
		break;
	}
	return tree->file_mode;
}

static nlink_t links_of(const struct node *node)
{
	if (node->is_removed)
		return 0;
	if (node->kind != NODE_DIRECTORY)
		return 1;
	return 2 + node_directory(node)->subdirectories;
}

void tree_attributes_locked(const struct tree *tree, const struct node *node,
			    struct tree_attributes *attributes)
{
	struct stat *stat = &attributes->stat;

	*attributes = (struct tree_attributes){.is_cached = !node->is_uncached};
	stat->st_ino = node_number(node);
	stat->st_mode = mode_of(tree, node);
	stat->st_nlink = links_of(node);
	stat->st_uid = tree->uid;
	stat->st_gid = tree->gid;
	stat->st_size = (off_t)node->size;
	stat->st_blocks = (blkcnt_t)((node->size + BLOCK_BYTES - 1) / BLOCK_BYTES);
	stat->st_mtim.tv_sec = node->mtime_ns / NS_IN_S;
	stat->st_mtim.tv_nsec = node->mtime_ns % NS_IN_S;
	stat->st_atim = stat->st_mtim;
	stat->st_ctim = stat->st_mtim;
}

void tree_attributes(struct tree *tree, const struct node *node,
		     struct tree_attributes *attributes)
{
	tree_lock_shared(tree);
	tree_attributes_locked(tree, node, attributes);
	tree_unlock(tree);
}

int tree_lookup(struct tree *tree, struct node *parent, const char *name,
		struct node **result, struct tree_attributes *attributes)
{
	struct node *node = NULL;

	if (parent->kind != NODE_DIRECTORY)
		return -ENOTDIR;
	tree_lock_shared(tree);
	node = tree_find_locked(tree, parent, name);
	if (node && node->is_staged)
		node = NULL;
	if (node) {
		tree_count_lookup_locked(node);
		tree_attributes_locked(tree, node, attributes);
		*result = node;
	}
	tree_unlock(tree);
	return node ? 0 : -ENOENT;
}

enum node_kind tree_kind(const struct node *node)
{
	return (enum node_kind)node->kind;
}

static size_t copy_text(const struct text *text, char *out, size_t size, off_t offset)
{
	size_t start = (size_t)offset;
	size_t len = 0;

	if (!text || start >= text->len)
		return 0;
	len = text->len - start < size ? text->len - start : size;
	memcpy(out, text->bytes + start, len);
	return len;
}

size_t tree_read(struct tree *tree, const struct node *node, char *out, size_t size,
		 off_t offset)
{
	size_t len = 0;

	if (offset < 0 || node->kind == NODE_DIRECTORY)
		return 0;
	tree_lock_shared(tree);
	if (node->kind == NODE_CONNECTION && !node->is_removed)
		len = document_read(node_connection(node), out, size, offset);
	else
		len = copy_text(node_text(node), out, size, offset);
	tree_unlock(tree);
	return len;
}

size_t tree_readlink(struct tree *tree, const struct node *node, char *out, size_t size)
{
	char target[LINK_TARGET_SIZE];
	size_t len = 0;

	tree_lock_shared(tree);
	if (node->kind == NODE_LINK && node->peer) {
		len = node_link_target(tree, node, target);
		len = len < size ? len : size - 1;
		memcpy(out, target, len);
	} else {
		len = copy_text(node_text(node), out, size - 1, 0);
	}
	tree_unlock(tree);
	out[len] = '\0';
	return len;
}

/* --- listing a directory --- */

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
	return node_name(tree, node, buffer);
}

ino_t tree_parent_number_locked(const struct tree *tree, const struct node *directory)
{
	if (directory->is_removed || !directory->parent)
		return node_number(directory);
	return node_number(tree_parent(tree, directory));
}

void tree_count_lookup_locked(struct node *node)
{
	uint32_t count = __atomic_load_n(&node->lookups, __ATOMIC_RELAXED);

	while (count != UINT32_MAX &&
	       !__atomic_compare_exchange_n(&node->lookups, &count, count + 1, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static uint64_t sum_lookups(const struct tree *tree, uint32_t id)
{
	uint64_t sum = 0;

	for (const struct node *node = tree_node(tree, id); node;
	     node = tree_node(tree, node->next))
		sum += node->lookups;
	return sum;
}

uint64_t tree_lookups(struct tree *tree)
{
	uint64_t sum = 0;

	tree_lock_shared(tree);
	for (size_t i = 0; i < tree->bucket_count; i++)
		sum += sum_lookups(tree, tree->buckets[i]);
	sum += sum_lookups(tree, tree->orphans);
	tree_unlock(tree);
	return sum;
}
