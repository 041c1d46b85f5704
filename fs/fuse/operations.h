/*
 * The handlers of the low-level FUSE API. Each answers from the tree alone and
 * at once: no network, no wait.
 */
#ifndef DMSFS_FS_FUSE_OPERATIONS_H
#define DMSFS_FS_FUSE_OPERATIONS_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stddef.h>

#include "fs/tree/tree_read.h"

struct editor;

/* Whom the handlers obey and tell; the functions are called by the FUSE thread,
 * with no lock held, and must not wait. */
struct operations_hooks {
	struct editor *editor;	    /* borrowed; NULL: nobody may edit */
	const struct node *refresh; /* .dmsfs/refresh */
	/* Somebody wrote to .dmsfs/refresh. */
	void (*refreshed)(void *data);
	/* A write was refused; dirtied_pages_take() tells to what. */
	void (*page_dirtied)(void *data);
	void *data;
};

/* The session's userdata. For the FUSE thread alone, there being one. */
struct operations {
	struct tree *tree; /* borrowed */
	struct operations_hooks hooks;
	bool is_editor_near; /* the last request came from the editor */
	char *buffer;	     /* owned; grows to the largest answer asked for */
	size_t buffer_size;
	/* Whether the kernel lets open and opendir be left out. */
	bool is_open_optional;
	bool is_opendir_optional;
};

extern const struct fuse_lowlevel_ops operations_table;

void operations_init(struct operations *operations, struct tree *tree,
		     const struct operations_hooks *hooks);
void operations_fini(struct operations *operations);

/* The node of a FUSE node id. */
struct node *operations_node(struct operations *operations, fuse_ino_t id);

/* The node id of a node. */
fuse_ino_t operations_id(const struct operations *operations, const struct node *node);

/* Fills what the kernel is told of an entry. */
void operations_fill_entry(const struct operations *operations, const struct node *node,
			   const struct tree_attributes *attributes,
			   struct fuse_entry_param *entry);

void operations_reply_attributes(fuse_req_t request,
				 const struct tree_attributes *attributes);

/* Replies an error given as negative errno, or success for 0. */
void operations_reply(fuse_req_t request, int result);

#endif
