/*
 * Where the nodes of a tree lie: in chunks, so that a node has an id of 32 bits and
 * no cost beside its own bytes. Neither its id nor its address changes. A chunk whose
 * nodes have all been given back is freed.
 */
#ifndef DMSFS_FS_TREE_NODE_STORE_H
#define DMSFS_FS_TREE_NODE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "fs/tree/node.h"

/* The lower bits of an id are the node's position in its chunk, the upper ones the
 * chunk's index. No chunk has index 0, no node id 0. */
#define NODE_POSITION_BITS 11

/* A chunk begins at a multiple of this, by which it is found from a node. What it
 * leaves free at its end is room for what malloc() puts before the next. */
#define NODE_CHUNK_BYTES ((size_t)65536)
#define NODE_CHUNK_SPARE_BYTES 64

struct node_chunk {
	uint32_t index;
	uint32_t live;
	uint32_t fresh;	   /* nodes from this position on were never taken */
	uint32_t returned; /* an id: the first of those given back; 0: none */
	uint32_t next;	   /* indices: among the chunks with room; 0: none */
	uint32_t previous;
	struct node nodes[];
};

#define NODE_CHUNK_NODES                                                           \
	((NODE_CHUNK_BYTES - NODE_CHUNK_SPARE_BYTES - sizeof(struct node_chunk)) / \
	 sizeof(struct node))

/* Zeroed to begin with. */
struct node_store {
	struct node_chunk **chunks; /* by index; NULL where there is none */
	uint32_t count;		    /* of indices that were used, 0 counted */
	uint32_t capacity;
	uint32_t first_vacant; /* no index but 0 is vacant below */
	uint32_t roomy;	       /* the first chunk with room; 0: none */
};

/* Frees the chunks, whatever is in them. */
void node_store_fini(struct node_store *store);

/* A node that is all zero; NULL: no memory, or no id. */
struct node *node_store_take(struct node_store *store);
void node_store_return(struct node_store *store, struct node *node);

static inline struct node *node_store_at(const struct node_store *store, uint32_t id)
{
	return &store->chunks[id >> NODE_POSITION_BITS]
			->nodes[id & ((1U << NODE_POSITION_BITS) - 1)];
}

static inline struct node_chunk *node_store_chunk(const struct node *node)
{
	return (struct node_chunk *)((uintptr_t)node & ~(NODE_CHUNK_BYTES - 1));
}

static inline uint32_t node_store_id(const struct node *node)
{
	const struct node_chunk *chunk = node_store_chunk(node);

	return chunk->index << NODE_POSITION_BITS | (uint32_t)(node - chunk->nodes);
}

#endif
