#include "fs/tree/node_store.h"

#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER
#endif

/* So that the use of a node that was given back is found there as elsewhere. */
#ifdef HAS_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#define POISON(node) __asan_poison_memory_region(node, sizeof(struct node))
#define UNPOISON(node) __asan_unpoison_memory_region(node, sizeof(struct node))
#else
#define POISON(node) ((void)(node))
#define UNPOISON(node) ((void)(node))
#endif

#define INDICES_MAX (UINT32_C(1) << (32 - NODE_POSITION_BITS))
#define CHUNKS_MIN 16

_Static_assert(NODE_CHUNK_NODES <= 1U << NODE_POSITION_BITS,
	       "a position in a chunk needs more bits");

void node_store_fini(struct node_store *store)
{
	for (uint32_t i = 0; i < store->count; i++)
		free(store->chunks[i]);
	free(store->chunks);
	*store = (struct node_store){.chunks = NULL};
}

/* --- the chunks with room --- */

static void link_roomy(struct node_store *store, struct node_chunk *chunk)
{
	chunk->previous = 0;
	chunk->next = store->roomy;
	if (chunk->next)
		store->chunks[chunk->next]->previous = chunk->index;
	store->roomy = chunk->index;
}

static void unlink_roomy(struct node_store *store, const struct node_chunk *chunk)
{
	if (chunk->previous)
		store->chunks[chunk->previous]->next = chunk->next;
	else
		store->roomy = chunk->next;
	if (chunk->next)
		store->chunks[chunk->next]->previous = chunk->previous;
}

static bool is_full(const struct node_chunk *chunk)
{
	return chunk->live == NODE_CHUNK_NODES;
}

/* --- chunks --- */

static bool reserve(struct node_store *store)
{
	struct node_chunk **chunks = NULL;
	uint32_t capacity = store->capacity ? store->capacity * 2 : CHUNKS_MIN;

	if (store->count < store->capacity)
		return true;
	if (store->count >= INDICES_MAX)
		return false;
	chunks = reallocarray(store->chunks, capacity, sizeof(struct node_chunk *));
	if (!chunks)
		return false;
	store->chunks = chunks;
	store->capacity = capacity;
	return true;
}

/* An index for a new chunk; 0: there is none. */
static uint32_t find_vacant(struct node_store *store)
{
	uint32_t index = store->first_vacant ? store->first_vacant : 1;

	while (index < store->count && store->chunks[index])
		index++;
	store->first_vacant = index;
	if (index < store->count)
		return index;
	while (store->count <= index) {
		if (!reserve(store))
			return 0;
		store->chunks[store->count++] = NULL;
	}
	return index;
}

static struct node_chunk *add_chunk(struct node_store *store)
{
	uint32_t index = find_vacant(store);
	struct node_chunk *chunk = NULL;
	void *memory = NULL;

	if (index == 0 ||
	    posix_memalign(&memory, NODE_CHUNK_BYTES,
			   sizeof(*chunk) + NODE_CHUNK_NODES * sizeof(struct node)))
		return NULL;
	chunk = memory;
	*chunk = (struct node_chunk){.index = index};
	store->chunks[index] = chunk;
	link_roomy(store, chunk);
	return chunk;
}

static void drop_chunk(struct node_store *store, struct node_chunk *chunk)
{
	unlink_roomy(store, chunk);
	store->chunks[chunk->index] = NULL;
	if (chunk->index < store->first_vacant)
		store->first_vacant = chunk->index;
	free(chunk);
}

/* --- nodes --- */

static struct node *take_from(struct node_store *store, struct node_chunk *chunk)
{
	struct node *node = NULL;

	if (!chunk->returned)
		return &chunk->nodes[chunk->fresh++];
	node = node_store_at(store, chunk->returned);
	UNPOISON(node);
	chunk->returned = node->next;
	return node;
}

struct node *node_store_take(struct node_store *store)
{
	struct node_chunk *chunk = store->roomy ? store->chunks[store->roomy]
						: add_chunk(store);
	struct node *node = NULL;

	if (!chunk)
		return NULL;
	node = take_from(store, chunk);
	memset(node, 0, sizeof(*node));
	chunk->live++;
	if (is_full(chunk))
		unlink_roomy(store, chunk);
	return node;
}

void node_store_return(struct node_store *store, struct node *node)
{
	struct node_chunk *chunk = node_store_chunk(node);

	if (is_full(chunk))
		link_roomy(store, chunk);
	node->next = chunk->returned;
	chunk->returned = node_store_id(node);
	POISON(node);
	chunk->live--;
	if (chunk->live == 0)
		drop_chunk(store, chunk);
}
