/*
 * Each handler needs the same of a request: the node that it is about, whether the
 * editor made it, and a reply.
 */
#ifndef DMSFS_FS_FUSE_REQUEST_H
#define DMSFS_FS_FUSE_REQUEST_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "fs/tree/tree_read.h"

struct editor;
struct ioctl_call;

/* The functions are called by the FUSE thread, with no lock held, and must not wait. */
struct request_hooks {
	struct editor *editor; /* borrowed; NULL: nobody may edit */
	/* Whether @node is .dmsfs/refresh; and that was written to. */
	bool (*is_refresh)(void *data, const struct node *node);
	void (*refreshed)(void *data, const struct node *node);
	/* The text of @view is to be made, by view_show(). */
	void (*view_asked)(void *data, struct node *view);
	/* A write was refused: see dirtied_pages.h. */
	void (*page_dirtied)(void *data);
	/* A command was given (ioctl.h). It is to be replied to with ioctl_reply(),
	 * once, by any thread. NULL: none is allowed. */
	void (*commanded)(void *data, struct ioctl_call *call);
	void *data;
	/* The tree has a directory for each source, and in it what else is the root. */
	bool has_sources;
	/* Who may give commands, beside root. */
	uid_t owner;
	bool is_test_allowed;
	bool is_deletion_allowed;
};

/* Those that wait for a reply. */
struct ioctl_calls {
	/* guards: the list, and in it ioctl_call.request and next; libfuse's locks of a
	 * request may be held when it is taken */
	pthread_mutex_t lock;
	struct ioctl_call *first;
};

/* The session's userdata. For the FUSE thread alone, but for @ioctl_calls. */
struct request_context {
	struct tree *tree; /* borrowed */
	struct request_hooks hooks;
	struct ioctl_calls ioctl_calls;
	/* Commands of users who may give none, in the minute that began then. */
	unsigned strangers;
	int64_t strangers_since_ns; /* since boot */
	bool is_editor_near;	    /* it has made a request, and is to make another */
	/* The node of which the editor got the attributes last, if it has announced
	 * nothing since; else 0. One that was killed may not have seen that the kernel
	 * discarded them (process.c), but the next one begins with the root. */
	fuse_ino_t asked;
	char *buffer; /* owned; see request_reserve() */
	size_t buffer_size;
	/* Whether the kernel can do without open and opendir. */
	bool is_open_optional;
	bool is_opendir_optional;
};

void request_context_init(struct request_context *context, struct tree *tree,
			  const struct request_hooks *hooks);
void request_context_fini(struct request_context *context);

static inline struct request_context *request_context(fuse_req_t request)
{
	return fuse_req_userdata(request);
}

/* The node of a FUSE node id, and the id of a node. */
static inline struct node *request_node(const struct request_context *context,
					fuse_ino_t id)
{
	return id == FUSE_ROOT_ID ? tree_root(context->tree)
				  : tree_node(context->tree, id);
}

static inline fuse_ino_t request_node_id(const struct request_context *context,
					 const struct node *node)
{
	return node == tree_root(context->tree) ? FUSE_ROOT_ID : tree_id(node);
}

/* Whether the editor made the request; notes it, too. */
bool request_is_from_editor(fuse_req_t request);

/* A buffer of at least @size bytes for the reply, or NULL. */
char *request_reserve(struct request_context *context, size_t size);

/* Fills in what the kernel gets to know about an entry, which the root never is. */
void request_fill_entry(const struct node *node,
			const struct tree_attributes *attributes,
			struct fuse_entry_param *entry);

/* Replies with an entry whose lookup is counted, or takes the lookup back if the kernel
 * does not want the reply any more. */
void request_reply_entry(fuse_req_t request, struct node *node,
			 const struct tree_attributes *attributes);

/* An absent name is cached, too: it is the editor's own mkdir, mknod or symlink that
 * makes it appear. */
void request_reply_absent(fuse_req_t request);

void request_reply_attributes(fuse_req_t request,
			      const struct tree_attributes *attributes);

/* Replies with an error, a negative errno, or with success for 0. */
void request_reply(fuse_req_t request, int r);

#endif
