/*
 * What a node of the tree is made of; for tree.c and the files beside it. There are
 * two for each connection, so that they are small: nodes tell of one another by ids
 * of 32 bits (node_store.h), and what few nodes need is kept apart.
 */
#ifndef DMSFS_FS_TREE_NODE_H
#define DMSFS_FS_TREE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/tree/tree.h"

/* The bytes of a text file or a link. */
struct text {
	uint32_t len;
	char bytes[];
};

union node_body {
	const struct connection *connection; /* borrowed */
	struct text *text;		     /* owned; may be NULL, for empty */
	struct directory *directory;	     /* owned */
	struct named_body *named;	     /* owned */
};

/* The body of a node whose name follows from nothing else. */
struct named_body {
	union node_body body; /* not named */
	char name[];
};

/* All fields are guarded by the tree's lock, but for those set once. */
struct node {
	union {
		uint32_t parent;   /* 0 for the root */
		uint32_t previous; /* once removed: among the orphans */
	};
	uint32_t next; /* in its bucket of the index, or among the orphans */
	uint32_t hash; /* set once: of the parent and the name */
	/* Atomic: counted up under the shared lock. A count that has come to
	 * UINT32_MAX stays there, and the node as long as the tree. */
	uint32_t lookups;
	uint32_t size;
	uint32_t peer; /* node_link.h; 0: none */
	int64_t mtime_ns;
	uint32_t number_low; /* set once: the inode number, and the cookie */
	uint16_t number_high;
	uint8_t kind; /* set once: enum node_kind */
	/* Out of the tree. A connection's content has become a text then, since
	 * what it was borrowed from may go. */
	bool is_removed : 1;
	bool is_named : 1;    /* the name is kept, with the body */
	bool is_staged : 1;   /* not to be seen yet (staging.h) */
	bool is_leaving : 1;  /* staged for removal */
	bool is_replaced : 1; /* new content is staged */
	bool is_dirtied : 1;  /* among the tree's dirtied */
	bool is_uncached : 1; /* set once: attributes are to be asked for each time */
	union node_body body; /* node_body() */
};

_Static_assert(sizeof(struct node) <= 48, "there are two nodes for each connection");

static inline uint64_t node_number(const struct node *node)
{
	return (uint64_t)node->number_high << 32 | node->number_low;
}

static inline union node_body *node_body(struct node *node)
{
	return node->is_named ? &node->body.named->body : &node->body;
}

static inline const struct connection *node_connection(const struct node *node)
{
	return node->is_named ? node->body.named->body.connection
			      : node->body.connection;
}

static inline const struct text *node_text(const struct node *node)
{
	return node->is_named ? node->body.named->body.text : node->body.text;
}

static inline struct directory *node_directory(const struct node *node)
{
	return node->body.named->body.directory;
}

/* Fills a node that is all zero. @name: NULL for a link that follows from its file
 * (node_link.h). 0, -ENOMEM, or -EINVAL for a kind that is none; what was filled is
 * node_fini()'s, whatever the result. */
int node_init(struct node *node, const char *name, const struct node_content *content,
	      int64_t mtime_ns);
void node_fini(struct node *node);

/* With no body yet; NULL: no memory. */
struct named_body *named_body_new(const char *name);

/* NULL: no memory, or longer than a node can say. */
struct text *text_new(const char *bytes, size_t len);

/* Makes a connection's file, which is to be removed, independent of the record that
 * it shows. */
void node_detach(struct node *node);

/* @mtime_ns, or a nanosecond after the node's own where it is not later. */
int64_t node_later(const struct node *node, int64_t mtime_ns);

#endif
