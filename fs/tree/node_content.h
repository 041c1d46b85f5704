/*
 * The content that a node of the tree is made from.
 */
#ifndef DMSFS_FS_TREE_NODE_CONTENT_H
#define DMSFS_FS_TREE_NODE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/dms/connection.h"

enum node_kind {
	NODE_DIRECTORY,
	NODE_CONNECTION, /* a file that shows a connection (document.h) */
	/* From here on the attributes take a second look (tree_read.c). */
	NODE_TEXT,    /* a file whose bytes the tree holds */
	NODE_LINK,    /* a symbolic link */
	NODE_VIEW,    /* a file whose text is made when it is asked for (view.h) */
	NODE_VERSION, /* one such text */
};

/* What a text file shows from an instant on, without anybody's doing. */
struct node_overdue {
	const char *text; /* copied */
	size_t text_len;
	int64_t at_ns;	  /* CLOCK_BOOTTIME; 0: never */
	int64_t mtime_ns; /* from then on */
};

struct node_content {
	enum node_kind kind;
	/* NODE_CONNECTION: borrowed, and must live as long as the node shows it. */
	const struct connection *connection;
	/* NODE_TEXT, NODE_LINK: copied. Not terminated; a link's has no NUL. */
	const char *text;
	size_t text_len;
	struct node_overdue overdue; /* NODE_TEXT, where @is_uncached */
	/* The kernel must ask for the attributes each time. */
	bool is_uncached;
};

#endif
