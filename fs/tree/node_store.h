/*
 * The memory of a tree's nodes: chunks, so that a node has an id of 32 bits and costs
 * nothing beside its own bytes. Neither its id nor its address changes. Chunks are
 * freed with the store.
 */
#ifndef DMSFS_FS_TREE_NODE_STORE_H
#define DMSFS_FS_TREE_NODE_STORE_H

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
	struct node_chunk **chunks; /* the chunk of number N at N - 1 */
	uint32_t chunk_count;
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

/* @id: of a node, not 0. */
static inline struct node *node_store_at(const struct node_store *store, uint32_t id)
{
	return &store->chunks[(id >> NODE_POSITION_BITS) - 1]
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
