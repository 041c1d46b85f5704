#include "fs/tree/node_store.h"

#include <stdlib.h>
#include <string.h>

#define CHUNKS_MAX ((UINT32_C(1) << (32 - NODE_POSITION_BITS)) - 1)
#define TABLE_MIN 16

void node_store_fini(struct node_store *store)
{
	struct node_chunk **table = store->chunks;

	for (uint32_t number = 1; number <= store->chunk_count; number++)
		free(table[number]);
	while (table) {
		void *smaller = table[0];

		free(table);
		table = smaller;
	}
	*store = (struct node_store){.chunks = NULL};
}

/* Has the table room for one chunk more. All tables together are twice the last. */
static bool reserve_number(struct node_store *store)
{
	const uint32_t size = store->table_size ? 2 * store->table_size : TABLE_MIN;
	struct node_chunk **old = store->chunks;
	struct node_chunk **table = NULL;

	if (store->chunk_count + 1 < store->table_size)
		return true;
	table = calloc(size, sizeof(struct node_chunk *));
	if (!table)
		return false;
	if (old)
		memcpy(table, old, store->table_size * sizeof(struct node_chunk *));
	table[0] = (void *)old;
	store->chunks = table;
	store->table_size = size;
	return true;
}

static bool add_chunk(struct node_store *store)
{
	struct node_chunk *chunk = NULL;
	void *memory = NULL;

	if (store->chunk_count == CHUNKS_MAX || !reserve_number(store))
		return false;
	if (posix_memalign(&memory, NODE_CHUNK_BYTES,
			   sizeof(struct node_chunk) +
				   NODE_CHUNK_NODES * sizeof(struct node)))
		return false;
	chunk = memory;
	chunk->number = ++store->chunk_count;
	store->chunks[chunk->number] = chunk;
	store->fresh = 0;
	return true;
}

struct node *node_store_take(struct node_store *store)
{
	struct node *node = node_store_get(store, store->returned);

	if (node) {
		store->returned = node->next;
	} else {
		if ((store->chunk_count == 0 || store->fresh == NODE_CHUNK_NODES) &&
		    !add_chunk(store))
			return NULL;
		node = &node_store_chunk(store, store->chunk_count)
				->nodes[store->fresh++];
	}
	memset(node, 0, sizeof(*node));
	return node;
}

void node_store_return(struct node_store *store, struct node *node)
{
	memset(node, 0, sizeof(*node));
	node->next = store->returned;
	store->returned = node_store_id(node);
}

struct node *node_store_next(const struct node_store *store, const struct node *node)
{
	uint32_t id = node ? node_store_id(node) + 1 : 1U << NODE_POSITION_BITS;
	uint32_t number = id >> NODE_POSITION_BITS;
	uint32_t position = id & ((1U << NODE_POSITION_BITS) - 1);

	for (; number <= store->chunk_count; number++, position = 0) {
		uint32_t count = number < store->chunk_count ? NODE_CHUNK_NODES
							     : store->fresh;

		for (; position < count; position++) {
			struct node *next =
				&node_store_chunk(store, number)->nodes[position];

			if (node_number(next) != 0)
				return next;
		}
	}
	return NULL;
}
