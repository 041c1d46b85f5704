#include "fs/fuse/write_handlers.h"

#include <errno.h>

#include "fs/tree/dirtied_pages.h"
#include "fs/tree/staging.h"
#include "fs/tree/view.h"

/* The editor tries at the start whether the kernel lets it edit the mount, by calls for
 * which nothing is staged: they get here, and no further. */
static int result_for_editor(int r)
{
	return r == -EROFS ? -ECANCELED : r;
}

/* An entry appears: mknod, mkdir and symlink alike, since its content was staged. */
static void show_entry(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct request_context *context = request_context(request);
	struct tree_attributes attributes;
	struct node *node = NULL;
	int r = -EROFS;

	if (request_is_from_editor(request))
		r = result_for_editor(staging_show(context->tree,
						   request_node(context, parent), name,
						   &node, &attributes));
	if (r < 0) {
		request_reply(request, r);
		return;
	}
	context->asked = request_node_id(context, node);
	request_reply_entry(request, node, &attributes);
}

void handle_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t,
		  dev_t)
{
	show_entry(request, parent, name);
}

void handle_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t)
{
	show_entry(request, parent, name);
}

void handle_symlink(fuse_req_t request, const char *, fuse_ino_t parent,
		    const char *name)
{
	show_entry(request, parent, name);
}

void handle_remove(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct request_context *context = request_context(request);
	int r = -EROFS;

	if (request_is_from_editor(request))
		r = result_for_editor(staging_drop(
			context->tree, request_node(context, parent), name));
	request_reply(request, r);
}

/* With flags the editor renames nothing. */
void handle_rename(fuse_req_t request, fuse_ino_t parent, const char *name,
		   fuse_ino_t new_parent, const char *new_name, unsigned flags)
{
	struct request_context *context = request_context(request);
	int r = -EROFS;

	if (flags == 0 && request_is_from_editor(request))
		r = staging_move(context->tree, request_node(context, parent), name,
				 request_node(context, new_parent), new_name);
	request_reply(request, r);
}

static bool is_refresh(const struct request_context *context, fuse_ino_t id)
{
	const struct request_hooks *hooks = &context->hooks;

	return hooks->is_refresh(hooks->data, request_node(context, id));
}

bool write_is_allowed(fuse_req_t request, fuse_ino_t id)
{
	return is_refresh(request_context(request), id) ||
	       request_is_from_editor(request);
}

/* True for a touch or a truncation; modes and owners cannot be changed. */
static bool is_touch(int to_set)
{
	return !(to_set & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID));
}

/* The editor sets the mtime alone, which raises the event. */
static int announce(struct request_context *context, struct node *node, int to_set)
{
	bool has_asked = context->asked == request_node_id(context, node);
	int r = 0;

	if (to_set != FUSE_SET_ATTR_MTIME)
		return result_for_editor(-EROFS);
	context->asked = 0;
	r = staging_announce(context->tree, node, has_asked);
	if (r == 0)
		view_end_event(context->tree, node);
	return r;
}

void handle_setattr(fuse_req_t request, fuse_ino_t id, struct stat *, int to_set,
		    struct fuse_file_info *)
{
	struct request_context *context = request_context(request);
	struct node *node = request_node(context, id);
	struct tree_attributes attributes;
	int r = -EROFS;

	if (request_is_from_editor(request))
		r = announce(context, node, to_set);
	else if (is_refresh(context, id) && is_touch(to_set)) {
		context->hooks.refreshed(context->hooks.data, node);
		r = 0;
	}
	if (r < 0) {
		request_reply(request, r);
		return;
	}
	tree_attributes(context->tree, node, &attributes);
	request_reply_attributes(request, &attributes);
}

void handle_write(fuse_req_t request, fuse_ino_t id, const char *, size_t size, off_t,
		  struct fuse_file_info *)
{
	struct request_context *context = request_context(request);

	if (is_refresh(context, id)) {
		context->hooks.refreshed(context->hooks.data,
					 request_node(context, id));
		fuse_reply_write(request, size);
		return;
	}
	request_reply(request, -EROFS);
	if (dirtied_pages_add(context->tree, request_node(context, id)))
		context->hooks.page_dirtied(context->hooks.data);
}

void handle_create(fuse_req_t request, fuse_ino_t, const char *, mode_t,
		   struct fuse_file_info *)
{
	request_reply(request, -EROFS);
}

void handle_link(fuse_req_t request, fuse_ino_t, fuse_ino_t, const char *)
{
	request_reply(request, -EROFS);
}

void handle_fallocate(fuse_req_t request, fuse_ino_t, int, off_t, off_t,
		      struct fuse_file_info *)
{
	request_reply(request, -EROFS);
}

void handle_setxattr(fuse_req_t request, fuse_ino_t, const char *, const char *, size_t,
		     int)
{
	request_reply(request, -EROFS);
}

void handle_removexattr(fuse_req_t request, fuse_ino_t, const char *)
{
	request_reply(request, -EROFS);
}
