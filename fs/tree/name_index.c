#include "fs/tree/name_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/tree/node_name.h"
#include "src/base/hash.h"

#define BUCKETS_MIN 1024 /* a power of two */

static uint32_t hash_name(const struct node *parent, const char *name)
{
	return hash_bytes(node_number(parent) << 8, name, strlen(name));
}

int name_index_init(struct name_index *index, const struct node_store *store)
{
	*index = (struct name_index){
		.store = store,
		.buckets = calloc(BUCKETS_MIN, sizeof(uint32_t)),
		.bucket_count = BUCKETS_MIN,
	};
	return index->buckets ? 0 : -ENOMEM;
}

void name_index_fini(struct name_index *index)
{
	free(index->buckets);
	index->buckets = NULL;
}

static uint32_t *bucket_of(const struct name_index *index, uint32_t hash)
{
	return &index->buckets[hash & (index->bucket_count - 1)];
}

struct node *name_index_find(const struct name_index *index, const struct node *parent,
			     const char *name)
{
	uint32_t hash = hash_name(parent, name);
	uint32_t parent_id = node_store_id(parent);
	struct node *node = node_store_get(index->store, *bucket_of(index, hash));
	char buffer[NODE_NAME_SIZE];

	while (node && (node->hash != hash || node->parent != parent_id ||
			strcmp(node_name(index->store, node, buffer), name) != 0))
		node = node_store_get(index->store, node->next);
	return node;
}

static void put_node(struct name_index *index, struct node *node)
{
	uint32_t *bucket = bucket_of(index, node->hash);

	node->next = *bucket;
	*bucket = node_store_id(node);
}

/* Doubles when there are as many nodes as buckets. */
int name_index_reserve(struct name_index *index)
{
	struct name_index larger = *index;

	if (index->count < index->bucket_count)
		return 0;
	larger.bucket_count *= 2;
	larger.buckets = calloc(larger.bucket_count, sizeof(uint32_t));
	if (!larger.buckets)
		return -ENOMEM;
	for (size_t i = 0; i < index->bucket_count; i++) {
		struct node *node = node_store_get(index->store, index->buckets[i]);

		while (node) {
			struct node *next = node_store_get(index->store, node->next);

			put_node(&larger, node);
			node = next;
		}
	}
	free(index->buckets);
	*index = larger;
	return 0;
}

void name_index_add(struct name_index *index, struct node *node, const char *name)
{
	node->hash = hash_name(node_store_at(index->store, node->parent), name);
	put_node(index, node);
	index->count++;
}

void name_index_remove(struct name_index *index, const struct node *node)
{
	uint32_t id = node_store_id(node);
	uint32_t *at = bucket_of(index, node->hash);

	while (*at != id)
		at = &node_store_at(index->store, *at)->next;
	*at = node->next;
	index->count--;
}
