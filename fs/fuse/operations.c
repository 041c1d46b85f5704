/*
 * The kernel is the cache. It may keep entries, attributes, links, pages, directory
 * listings and absent names without a limit of time, and so requests nothing twice.
 * Nothing goes stale, because the tree changes only by system calls on the mount
 * itself, which the kernel sees.
 *
 * The reply to open and opendir is ENOSYS where the kernel offers that: it then sends
 * neither again, for any file, and caches as if both had allowed it. Therefore a file
 * can be opened for writing by any user whom its mode allows, and it is the write, or
 * the change of its attributes, that is refused. Truncation must arrive as such a
 * change and not with the open, which may not be sent: no ATOMIC_O_TRUNC. Nor is there
 * a handler of access: the kernel asks once, and then no more.
 */
#include "fs/fuse/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "fs/editor/editor.h"
#include "fs/fuse/ioctl.h"
#include "fs/fuse/write_handlers.h"
#include "fs/tree/staging.h"
#include "fs/tree/view.h"

#define NAME_BYTES_MAX 255
#define BLOCK_BYTES 4096

/* Offsets in a directory: after ".", after "..", and after an entry its cookie more. */
#define OFFSET_DOT 1
#define OFFSET_DOT_DOT 2

static void want_capabilities(struct fuse_conn_info *connection, unsigned capabilities)
{
	capabilities &= connection->capable;
#ifdef HAVE_FUSE_FEATURE_FLAGS
	fuse_set_feature_flag(connection, capabilities);
#else
	connection->want |= capabilities;
#endif
}

static void decline_capabilities(struct fuse_conn_info *connection,
				 unsigned capabilities)
{
#ifdef HAVE_FUSE_FEATURE_FLAGS
	fuse_unset_feature_flag(connection, capabilities);
#else
	connection->want &= ~capabilities;
#endif
}

static void handle_init(void *userdata, struct fuse_conn_info *connection)
{
	struct request_context *context = userdata;

	context->is_open_optional = connection->capable & FUSE_CAP_NO_OPEN_SUPPORT;
	context->is_opendir_optional = connection->capable &
				       FUSE_CAP_NO_OPENDIR_SUPPORT;
	want_capabilities(connection, FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_READDIRPLUS |
					      FUSE_CAP_CACHE_SYMLINKS |
					      FUSE_CAP_PARALLEL_DIROPS |
					      FUSE_CAP_ASYNC_READ);
	decline_capabilities(connection,
			     FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_ATOMIC_O_TRUNC |
				     FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
				     FUSE_CAP_SPLICE_MOVE | FUSE_CAP_WRITEBACK_CACHE);
}

#define VIEW_TRIES 8

static int look_up_view(fuse_req_t request, struct node *view, struct node **node,
			struct tree_attributes *attributes)
{
	struct request_context *context = request_context(request);
	int r = 0;

	if (request_is_from_editor(request)) {
		view_lookup_for_editor(context->tree, view, node, attributes);
		return 0;
	}
	r = view_lookup(context->tree, view, node, attributes);
	/* The text may be out of date as soon as it is made. */
	for (int tries = 0; r < 0 && tries < VIEW_TRIES; tries++) {
		context->hooks.view_asked(context->hooks.data, view);
		r = view_lookup(context->tree, view, node, attributes);
	}
	return r < 0 ? -ENOMEM : 0;
}

static void handle_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct request_context *context = request_context(request);
	struct tree_attributes attributes;
	struct node *node = NULL;
	int r = 0;

	if (strlen(name) > NAME_BYTES_MAX) {
		request_reply(request, -ENAMETOOLONG);
		return;
	}
	r = tree_lookup(context->tree, request_node(context, parent), name, &node,
			&attributes);
	if (r == -EAGAIN)
		r = look_up_view(request, node, &node, &attributes);
	if (r == 0)
		request_reply_entry(request, node, &attributes);
	else if (r == -ENOENT)
		request_reply_absent(request);
	else
		request_reply(request, r);
}

static void forget_node(struct request_context *context, fuse_ino_t id, uint64_t count)
{
	tree_forget(context->tree, request_node(context, id), count);
}

static void handle_forget(fuse_req_t request, fuse_ino_t id, uint64_t count)
{
	forget_node(request_context(request), id, count);
	fuse_reply_none(request);
}

static void handle_forget_multi(fuse_req_t request, size_t count,
				struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		forget_node(request_context(request), forgets[i].ino,
			    forgets[i].nlookup);
	fuse_reply_none(request);
}

/* The editor asks for the attributes of a file before it touches it: that is when the
 * new content replaces the old. */
static void serve_editor(struct request_context *context, struct node *node)
{
	context->asked = request_node_id(context, node);
	if (node == tree_root(context->tree))
		editor_count_root_request(context->hooks.editor);
	else
		staging_swap(context->tree, node);
}

static void handle_getattr(fuse_req_t request, fuse_ino_t id, struct fuse_file_info *)
{
	struct request_context *context = request_context(request);
	struct node *node = request_node(context, id);
	struct tree_attributes attributes;

	if (request_is_from_editor(request))
		serve_editor(context, node);
	tree_attributes(context->tree, node, &attributes);
	request_reply_attributes(request, &attributes);
}

static void handle_readlink(fuse_req_t request, fuse_ino_t id)
{
	struct request_context *context = request_context(request);
	char *target = request_reserve(context, PATH_MAX);

	if (!target) {
		request_reply(request, -ENOMEM);
		return;
	}
	tree_readlink(context->tree, request_node(context, id), target, PATH_MAX);
	fuse_reply_readlink(request, target);
}

/* As many free inodes as files: what watches for none left has nothing to alarm of. */
static void handle_statfs(fuse_req_t request, fuse_ino_t)
{
	const fsfilcnt_t files = tree_count(request_context(request)->tree);
	const struct statvfs statfs = {
		.f_bsize = BLOCK_BYTES,
		.f_frsize = BLOCK_BYTES,
		.f_files = files,
		.f_ffree = files,
		.f_favail = files,
		.f_namemax = NAME_BYTES_MAX,
	};

	fuse_reply_statfs(request, &statfs);
}

static void handle_open(fuse_req_t request, fuse_ino_t id, struct fuse_file_info *file)
{
	if (request_context(request)->is_open_optional) {
		request_reply(request, -ENOSYS);
		return;
	}
	if ((file->flags & O_ACCMODE) != O_RDONLY && !write_is_allowed(request, id)) {
		request_reply(request, -EROFS);
		return;
	}
	file->keep_cache = 1;
	fuse_reply_open(request, file);
}

static void handle_read(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
			struct fuse_file_info *)
{
	struct request_context *context = request_context(request);
	char *buffer = request_reserve(context, size);
	size_t len = 0;

	if (!buffer) {
		request_reply(request, -ENOMEM);
		return;
	}
	len = tree_read(context->tree, request_node(context, id), buffer, size, offset);
	fuse_reply_buf(request, buffer, len);
}

static void handle_opendir(fuse_req_t request, fuse_ino_t, struct fuse_file_info *file)
{
	if (request_context(request)->is_opendir_optional) {
		request_reply(request, -ENOSYS);
		return;
	}
	file->keep_cache = 1;
	file->cache_readdir = 1;
	fuse_reply_open(request, file);
}

/* The reply to a readdir, while it is filled. */
struct listing {
	fuse_req_t request;
	struct request_context *context;
	struct node *directory;
	char *buffer;
	size_t size;
	size_t len;
	bool is_plus;
};

/* Adds an entry if it fits. */
static bool put_entry(struct listing *listing, const char *name,
		      const struct fuse_entry_param *entry, off_t next)
{
	char *at = listing->buffer + listing->len;
	size_t room = listing->size - listing->len;
	size_t len = 0;

	if (listing->is_plus)
		len = fuse_add_direntry_plus(listing->request, at, room, name, entry,
					     next);
	else
		len = fuse_add_direntry(listing->request, at, room, name, &entry->attr,
					next);
	if (len > room)
		return false;
	listing->len += len;
	return true;
}

/* "." and "..": no lookup is counted, so no node id is given. */
static bool put_dot(struct listing *listing, const char *name, ino_t number, off_t next)
{
	const struct fuse_entry_param entry = {
		.attr = {.st_ino = number, .st_mode = S_IFDIR},
	};

	return put_entry(listing, name, &entry, next);
}

/* A view is named alone, so that no text is made of it. */
static bool put_node(struct listing *listing, struct node *node)
{
	const bool is_known = tree_kind(node) != NODE_VIEW;
	struct tree_attributes attributes;
	struct fuse_entry_param entry;
	char name[TREE_NAME_SIZE];

	tree_attributes_locked(listing->context->tree, node, &attributes);
	request_fill_entry(node, &attributes, &entry);
	if (!is_known)
		entry.ino = 0;
	if (!put_entry(listing, tree_name(listing->context->tree, node, name), &entry,
		       (off_t)tree_cookie(node) + OFFSET_DOT_DOT))
		return false;
	if (listing->is_plus && is_known)
		tree_count_lookup_locked(node);
	return true;
}

static void fill_listing(struct listing *listing, off_t offset)
{
	uint64_t cookie = 0;
	struct node *node = NULL;

	if (offset < OFFSET_DOT &&
	    !put_dot(listing, ".", (ino_t)tree_cookie(listing->directory), OFFSET_DOT))
		return;
	if (offset < OFFSET_DOT_DOT &&
	    !put_dot(listing, "..",
		     tree_parent_number_locked(listing->context->tree,
					       listing->directory),
		     OFFSET_DOT_DOT))
		return;
	cookie = offset > OFFSET_DOT_DOT ? (uint64_t)offset - OFFSET_DOT_DOT : 0;
	node = tree_next_locked(listing->context->tree, listing->directory, cookie);
	while (node && put_node(listing, node))
		node = tree_next_locked(listing->context->tree, listing->directory,
					tree_cookie(node));
}

static void read_directory(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
			   bool is_plus)
{
	struct request_context *context = request_context(request);
	struct listing listing = {
		.request = request,
		.context = context,
		.directory = request_node(context, id),
		.buffer = request_reserve(context, size),
		.size = size,
		.is_plus = is_plus,
	};

	if (tree_kind(listing.directory) != NODE_DIRECTORY || !listing.buffer) {
		request_reply(request, listing.buffer ? -ENOTDIR : -ENOMEM);
		return;
	}
	tree_lock_shared(context->tree);
	fill_listing(&listing, offset);
	tree_unlock(context->tree);
	fuse_reply_buf(request, listing.buffer, listing.len);
}

static void handle_readdir(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
			   struct fuse_file_info *)
{
	read_directory(request, id, size, offset, false);
}

static void handle_readdirplus(fuse_req_t request, fuse_ino_t id, size_t size,
			       off_t offset, struct fuse_file_info *)
{
	read_directory(request, id, size, offset, true);
}

/* getxattr and flush are left out: libfuse replies ENOSYS, and the kernel does not ask
 * again. */
const struct fuse_lowlevel_ops operations_table = {
	.init = handle_init,
	.lookup = handle_lookup,
	.forget = handle_forget,
	.forget_multi = handle_forget_multi,
	.getattr = handle_getattr,
	.readlink = handle_readlink,
	.statfs = handle_statfs,
	.open = handle_open,
	.read = handle_read,
	.opendir = handle_opendir,
	.readdir = handle_readdir,
	.readdirplus = handle_readdirplus,
	.mknod = handle_mknod,
	.mkdir = handle_mkdir,
	.symlink = handle_symlink,
	.create = handle_create,
	.unlink = handle_remove,
	.rmdir = handle_remove,
	.rename = handle_rename,
	.link = handle_link,
	.setattr = handle_setattr,
	.write = handle_write,
	.fallocate = handle_fallocate,
	.ioctl = handle_ioctl,
	.setxattr = handle_setxattr,
	.removexattr = handle_removexattr,
};
