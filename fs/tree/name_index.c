#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/tree/node_name.h"
#include "fs/tree/tree_private.h"

/* A power of 2, and no fewer. */
#define BUCKETS_MIN 1024

#define MULTIPLIER UINT64_C(0x9E3779B97F4A7C15) /* 2^64 by the golden ratio */

static uint64_t mix(uint64_t hash, const char *bytes, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, bytes, len);
	hash = (hash ^ word) * MULTIPLIER;
	return hash ^ hash >> 32;
}

/* Begun with the parent's number and the length, and eight bytes at a time. */
static uint32_t hash_name(const struct node *parent, const char *name)
{
	size_t len = strlen(name);
	uint64_t hash = node_number(parent) << 8 ^ len;

	for (; len > sizeof(hash); len -= sizeof(hash), name += sizeof(hash))
		hash = mix(hash, name, sizeof(hash));
	return (uint32_t)(mix(hash, name, len) * MULTIPLIER >> 32);
}

int index_init(struct tree *tree)
{
	tree->buckets = calloc(BUCKETS_MIN, sizeof(uint32_t));
	tree->bucket_count = BUCKETS_MIN;
	return tree->buckets ? 0 : -ENOMEM;
}

static uint32_t *bucket_of(const struct tree *tree, uint32_t hash)
{
	return &tree->buckets[hash & (tree->bucket_count - 1)];
}

static bool has_name(const struct tree *tree, const struct node *node, const char *name)
{
	char buffer[TREE_NAME_SIZE];

	return strcmp(node_name(tree, node, buffer), name) == 0;
}

struct node *tree_find_locked(const struct tree *tree, const struct node *parent,
			      const char *name)
{
	uint32_t hash = hash_name(parent, name);
	uint32_t parent_id = node_store_id(parent);
	struct node *node = tree_node(tree, *bucket_of(tree, hash));

	while (node && (node->hash != hash || node->parent != parent_id ||
			!has_name(tree, node, name)))
		node = tree_node(tree, node->next);
	return node;
}

static void put(struct tree *tree, struct node *node)
{
	uint32_t *bucket = bucket_of(tree, node->hash);

	node->next = *bucket;
	*bucket = node_store_id(node);
}

static int resize(struct tree *tree, size_t count)
{
	uint32_t *old = tree->buckets;
	size_t old_count = tree->bucket_count;
	uint32_t *buckets = calloc(count, sizeof(uint32_t));

	if (!buckets)
		return -ENOMEM;
	tree->buckets = buckets;
	tree->bucket_count = count;
	for (size_t i = 0; i < old_count; i++) {
		struct node *node = tree_node(tree, old[i]);

		while (node) {
			struct node *next = tree_node(tree, node->next);

			put(tree, node);
			node = next;
		}
	}
	free(old);
	return 0;
}

void index_remove(struct tree *tree, const struct node *node)
{
	uint32_t id = node_store_id(node);
	uint32_t *at = bucket_of(tree, node->hash);

	while (*at != id)
		at = &node_store_at(&tree->store, *at)->next;
	*at = node->next;
	tree->node_count--;
}

void index_trim(struct tree *tree)
{
	while (tree->bucket_count > BUCKETS_MIN &&
	       tree->node_count < tree->bucket_count / 8 &&
	       resize(tree, tree->bucket_count / 2) == 0)
		;
}

/* Doubles when there are as many nodes as buckets. */
int index_reserve(struct tree *tree)
{
	if (tree->node_count < tree->bucket_count)
		return 0;
	return resize(tree, tree->bucket_count * 2);
}

void index_add(struct tree *tree, struct node *node, const char *name)
{
	node->hash = hash_name(tree_parent(tree, node), name);
	put(tree, node);
	tree->node_count++;
}
