#include "fs/tree/node_store.h"

#include <stdlib.h>
#include <string.h>

#define CHUNKS_MAX ((UINT32_C(1) << (32 - NODE_POSITION_BITS)) - 1)

void node_store_fini(struct node_store *store)
{
	for (uint32_t i = 0; i < store->chunk_count; i++)
		free(store->chunks[i]);
	free(store->chunks);
	*store = (struct node_store){.chunks = NULL};
}

/* The table of chunks grows by one pointer in more than a thousand nodes. */
static bool node_store_add_chunk(struct node_store *store)
{
	struct node_chunk **chunks = NULL;
	void *memory = NULL;

	if (store->chunk_count == CHUNKS_MAX)
		return false;
	chunks = reallocarray(store->chunks, store->chunk_count + 1,
			      sizeof(struct node_chunk *));
	if (!chunks)
		return false;
	store->chunks = chunks;
	if (posix_memalign(&memory, NODE_CHUNK_BYTES,
			   sizeof(struct node_chunk) +
				   NODE_CHUNK_NODES * sizeof(struct node)))
		return false;
	chunks[store->chunk_count] = memory;
	store->chunk_count++;
	chunks[store->chunk_count - 1]->number = store->chunk_count;
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
		    !node_store_add_chunk(store))
			return NULL;
		node = &store->chunks[store->chunk_count - 1]->nodes[store->fresh++];
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
	uint32_t at = (id >> NODE_POSITION_BITS) - 1;
	uint32_t position = id & ((1U << NODE_POSITION_BITS) - 1);

	for (; at < store->chunk_count; at++, position = 0) {
		uint32_t count = at + 1 < store->chunk_count ? NODE_CHUNK_NODES
							     : store->fresh;

		for (; position < count; position++) {
			struct node *next = &store->chunks[at]->nodes[position];

			if (node_number(next) != 0)
				return next;
		}
	}
	return NULL;
}
