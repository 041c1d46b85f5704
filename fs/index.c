#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

/* FNV-1a, begun with the parent's number. */
static uint32_t hash_name(const struct node *parent, const char *name)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ parent->number;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		hash = (hash ^ *c) * UINT64_C(1099511628211);
	return (uint32_t)(hash ^ hash >> 32);
}

static struct node **bucket_of(const struct tree *tree, uint32_t hash)
{
	return &tree->buckets[hash & (tree->bucket_count - 1)];
}

struct node *tree_find_locked(const struct tree *tree, const struct node *parent,
			      const char *name)
{
	uint32_t hash = hash_name(parent, name);
	struct node *node = *bucket_of(tree, hash);

	while (node && (node->hash != hash || node->parent != parent ||
			strcmp(node->name, name) != 0))
		node = node->next;
	return node;
}

static void put(struct tree *tree, struct node *node)
{
	struct node **bucket = bucket_of(tree, node->hash);

	node->next = *bucket;
	*bucket = node;
}

static int resize(struct tree *tree, size_t count)
{
	struct node **old = tree->buckets;
	size_t old_count = tree->bucket_count;
	struct node **buckets = calloc(count, sizeof(struct node *));

	if (!buckets)
		return -ENOMEM;
	tree->buckets = buckets;
	tree->bucket_count = count;
	for (size_t i = 0; i < old_count; i++) {
		struct node *next = NULL;

		for (struct node *node = old[i]; node; node = next) {
			next = node->next;
			put(tree, node);
		}
	}
	free(old);
	return 0;
}

/* Where most have gone, buckets go too. */
void index_remove(struct tree *tree, const struct node *node)
{
	struct node **at = bucket_of(tree, node->hash);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	tree->node_count--;
	if (tree->bucket_count > BUCKETS_MIN &&
	    tree->node_count < tree->bucket_count / 8)
		(void)resize(tree, tree->bucket_count / 2);
}

/* Doubles when there are as many nodes as buckets. */
int index_reserve(struct tree *tree)
{
	if (tree->node_count < tree->bucket_count)
		return 0;
	return resize(tree, tree->bucket_count * 2);
}

void index_add(struct tree *tree, struct node *node)
{
	node->hash = hash_name(node->parent, node->name);
	put(tree, node);
	tree->node_count++;
}
