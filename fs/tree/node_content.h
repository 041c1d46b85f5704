/*
 * The content that a node of the tree is made from.
 */
#ifndef DMSFS_FS_TREE_NODE_CONTENT_H
#define DMSFS_FS_TREE_NODE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

#include "src/dms/connection.h"

enum node_kind {
	NODE_DIRECTORY,
	NODE_CONNECTION, /* a file that shows a connection (document.h) */
	NODE_TEXT,	 /* a file whose bytes the tree holds */
	NODE_LINK,	 /* a symbolic link */
};

struct node_content {
	enum node_kind kind;
	/* NODE_CONNECTION: borrowed, and must live as long as the node shows it. */
	const struct connection *connection;
	/* NODE_TEXT, NODE_LINK: copied. Not terminated; a link's has no NUL. */
	const char *text;
	size_t text_len;
	/* The kernel must ask for the attributes each time. */
	bool is_uncached;
};

#endif
