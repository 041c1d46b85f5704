/*
 * One node. There are two for each connection, so they are kept small: nodes refer to
 * each other by ids of 32 bits (node_store.h), a file's name is read from the record
 * that it shows where it can be, and a link's from its file (node_name.h).
 *
 * All fields are guarded by the tree's lock, except those marked as set once.
 */
#ifndef DMSFS_FS_TREE_NODE_H
#define DMSFS_FS_TREE_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/tree/node_content.h"

struct directory;

/* The bytes of a text file or a link, and those that it shows once it is overdue
 * (node_content.h). */
struct text {
	uint32_t len;
	uint32_t overdue_len;
	int64_t overdue_at_ns;
	int64_t overdue_mtime_ns;
	/* Of a text that has grown at its end: the size that the attributes still have,
	 * until the kernel has dropped the pages that end there; else 0. */
	uint32_t old_len;
	char bytes[]; /* those of @overdue_len stand last */
};

union node_body {
	const struct connection *connection; /* borrowed */
	struct text *text;		     /* owned; may be NULL, for empty */
	struct directory *directory;	     /* owned by the tree */
	struct named_body *named;	     /* owned */
	uint32_t next_link; /* an id: of a link that has a peer; 0: none */
};

/* The body of a node whose name cannot be derived. */
struct named_body {
	union node_body body; /* not named */
	char name[];
};

struct node {
	uint32_t parent; /* an id; 0 for the root */
	/* An id: in its bucket of the index, or of free nodes, or of versions. */
	uint32_t next;
	uint32_t hash; /* of the parent and the name */
	/* Counted up under the shared lock. A count that has reached UINT32_MAX stays
	 * there, and the node then lives as long as the tree. */
	_Atomic uint32_t lookups;
	uint32_t size;
	/* An id: a link's file, a file's first link (node_name.h), a version's view, a
	 * view's newest version (view.h); 0: none. */
	uint32_t peer;
	int64_t mtime_ns;
	uint32_t number_low; /* set once: the inode number, never 0, and the cookie */
	uint16_t number_high;
	uint8_t kind; /* set once: enum node_kind */
	/* Out of the tree, as a version always is. A connection's content has become a
	 * text then, since the record may be freed. */
	bool is_removed : 1;
	bool is_named : 1;    /* the name is kept, with the body */
	bool is_staged : 1;   /* not visible yet (staging.h) */
	bool is_leaving : 1;  /* staged for removal */
	bool is_replaced : 1; /* new content is staged */
	bool is_dirtied : 1;  /* see dirtied_pages.h */
	bool is_uncached : 1; /* set once */
	/* Of a view: its text is to be made anew. Of a version: an event is to be
	 * raised on it, as there is something newer. */
	bool is_outdated : 1;
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

/* A directory's name is always kept. */
static inline struct directory *node_directory(const struct node *node)
{
	return node->body.named->body.directory;
}

/*
 * Fills a node that is all zero, but for a directory's entries, which are the caller's
 * to add. @name: NULL for a link whose name is derived from its file. 0, -ENOMEM, or
 * -EINVAL for an unknown kind; whatever the result, call node_fini() afterwards.
 */
int node_init(struct node *node, const char *name, const struct node_content *content,
	      int64_t mtime_ns);
void node_fini(struct node *node);

/* Whether @name can be read from @connection, so that the node need not keep it. */
bool node_name_follows(const char *name, const struct connection *connection);

/* With no body yet; NULL: no memory. */
struct named_body *named_body_new(const char *name);

/* The text of @content. NULL: no memory, or 4 GiB and more. */
struct text *text_new(const struct node_content *content);

/* Lets a connection's file show another record. The name does not change. */
void node_show_connection(struct node *node, const struct connection *connection);

/* Lets a text file show @text, which it then owns; returns the old one, which is the
 * caller's to free. */
struct text *node_show_text(struct node *node, struct text *text);

/* Makes a connection's file, which is about to be removed, independent of the record
 * that it shows. */
void node_detach(struct node *node);

/* Sets the mtime to @mtime_ns, or to a nanosecond after the old one if that is later,
 * so that the kernel sees that something has changed. */
void node_touch(struct node *node, int64_t mtime_ns);

#endif
