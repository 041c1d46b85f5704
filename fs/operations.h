/*
 * The handlers of the low-level FUSE API. Each answers from the tree alone and
 * at once: no network, no wait.
 */
#ifndef DMSFS_FS_OPERATIONS_H
#define DMSFS_FS_OPERATIONS_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stddef.h>

#include "tree.h"

/* The session's userdata. For the FUSE thread alone, there being one. */
struct operations {
	struct tree *tree; /* borrowed */
	char *buffer;	   /* owned; grows to the largest answer asked for */
	size_t buffer_size;
	/* Whether the kernel lets open and opendir be left out. */
	bool is_open_optional;
	bool is_opendir_optional;
};

extern const struct fuse_lowlevel_ops operations_table;

void operations_init(struct operations *operations, struct tree *tree);
void operations_fini(struct operations *operations);

/* The node of a FUSE node id. */
struct node *operations_node(struct operations *operations, fuse_ino_t id);

/* The node id of a node. */
fuse_ino_t operations_id(const struct operations *operations, const struct node *node);

/* Fills what the kernel is told of an entry. */
void operations_fill_entry(const struct operations *operations, const struct node *node,
			   const struct tree_attributes *attributes,
			   struct fuse_entry_param *entry);

/* Replies an error given as negative errno, or success for 0. */
void operations_reply(fuse_req_t request, int result);

#endif
