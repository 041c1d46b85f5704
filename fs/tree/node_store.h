/*
 * The memory of a tree's nodes: chunks, so that a node has an id of 32 bits and costs
 * nothing beside its own bytes. Neither its id nor its address changes. Chunks are
 * freed with the store.
 *
 * Without the tree's lock a thread may find a node whose id it knows while others take
 * and return nodes.
 */
#ifndef DMSFS_FS_TREE_NODE_STORE_H
#define DMSFS_FS_TREE_NODE_STORE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/tree/node.h"

/* The lower bits of an id are the node's position in its chunk, the upper ones the
 * chunk's number, from 1 on. No node has id 0. */
#define NODE_POSITION_BITS 11

/* A chunk begins at a multiple of this, so that a node leads to it. The spare bytes
 * are room for what malloc() puts before the next one. */
#define NODE_CHUNK_BYTES ((size_t)65536)
#define NODE_CHUNK_SPARE_BYTES 64

struct node_chunk {
	uint32_t number;
	struct node nodes[];
};

#define NODE_CHUNK_NODES                                                           \
	((NODE_CHUNK_BYTES - NODE_CHUNK_SPARE_BYTES - sizeof(struct node_chunk)) / \
	 sizeof(struct node))

_Static_assert(NODE_CHUNK_NODES <= 1U << NODE_POSITION_BITS,
	       "a position in a chunk needs more bits");

/* Zeroed to begin with. */
struct node_store {
	/* The chunk of number N at N, and at 0 the table that became too small, where
	 * others may be looking. */
	struct node_chunk **_Atomic chunks;
	uint32_t chunk_count;
	uint32_t table_size;
	uint32_t fresh;	   /* nodes of the last chunk from here on were never taken */
	uint32_t returned; /* an id: the first of the nodes given back; 0: none */
};

/* Frees the chunks, not what their nodes own. */
void node_store_fini(struct node_store *store);

/* A node that is all zero; NULL: no memory, or no id. */
struct node *node_store_take(struct node_store *store);
void node_store_return(struct node_store *store, struct node *node);

/* The node in use that follows @node, which may have been given back, or the first one
 * for NULL. NULL at the end. A node is in use when it has a number. */
struct node *node_store_next(const struct node_store *store, const struct node *node);

static inline struct node_chunk *node_store_chunk(const struct node_store *store,
						  uint32_t number)
{
	return atomic_load_explicit(&store->chunks, memory_order_acquire)[number];
}

/* @id: of a node, not 0. */
static inline struct node *node_store_at(const struct node_store *store, uint32_t id)
{
	return &node_store_chunk(store, id >> NODE_POSITION_BITS)
			->nodes[id & ((1U << NODE_POSITION_BITS) - 1)];
}

/* NULL for id 0. */
static inline struct node *node_store_get(const struct node_store *store, uint32_t id)
{
	return id ? node_store_at(store, id) : NULL;
}

static inline uint32_t node_store_id(const struct node *node)
{
	const struct node_chunk *chunk = (const void *)((uintptr_t)node &
							~(NODE_CHUNK_BYTES - 1));

	return chunk->number << NODE_POSITION_BITS | (uint32_t)(node - chunk->nodes);
}

#endif
