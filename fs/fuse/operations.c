/*
 * The kernel is the cache. Entries, attributes, links, pages and directory
 * listings are handed to it without a limit of time, and absent names too, so
 * that what was read once is not asked for again. Nothing goes stale, because
 * the tree changes only by system calls on the mount itself, which the kernel
 * sees.
 *
 * open and opendir are answered with ENOSYS where the kernel offers that: it then
 * sends neither again, for any file, and caches as if both had allowed it. A file
 * is therefore opened for writing by whoever its mode allows, and it is the write,
 * or the change of its attributes, that is refused. Truncation must come as such a
 * change and not with the open, which may not be sent: no ATOMIC_O_TRUNC.
 */
#include "fs/fuse/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/editor/editor.h"
#include "fs/fuse/refusals.h"
#include "fs/fuse/write_handlers.h"
#include "fs/tree/staging.h"

#define NAME_BYTES_MAX 255
#define BLOCK_BYTES 4096

/* Seconds that the kernel takes as for ever. */
#define FOREVER_S ((double)UINT32_MAX)

/* Offsets in a directory: after ".", after "..", then an entry's cookie beyond. */
#define OFFSET_DOT 1
#define OFFSET_DOT_DOT 2

void operations_init(struct operations *operations, struct tree *tree,
		     const struct operations_hooks *hooks)
{
	*operations = (struct operations){.tree = tree, .hooks = *hooks};
}

void operations_fini(struct operations *operations)
{
	free(operations->buffer);
	operations->buffer = NULL;
}

struct node *operations_node(struct operations *operations, fuse_ino_t id)
{
	if (id == FUSE_ROOT_ID)
		return tree_root(operations->tree);
	return (struct node *)(uintptr_t)id;
}

fuse_ino_t operations_id(const struct operations *operations, const struct node *node)
{
	if (node == tree_root(operations->tree))
		return FUSE_ROOT_ID;
	return (fuse_ino_t)(uintptr_t)node;
}

void operations_fill_entry(const struct operations *operations, const struct node *node,
			   const struct tree_attributes *attributes,
			   struct fuse_entry_param *entry)
{
	*entry = (struct fuse_entry_param){
		.ino = operations_id(operations, node),
		.attr = attributes->stat,
		.attr_timeout = attributes->is_cached ? FOREVER_S : 0,
		.entry_timeout = FOREVER_S,
	};
}

void operations_reply_attributes(fuse_req_t request,
				 const struct tree_attributes *attributes)
{
	fuse_reply_attr(request, &attributes->stat,
			attributes->is_cached ? FOREVER_S : 0);
}

void operations_reply(fuse_req_t request, int result)
{
	fuse_reply_err(request, -result);
}

static struct operations *of(fuse_req_t request)
{
	return fuse_req_userdata(request);
}

/* A buffer of at least @size bytes, or NULL. */
static char *reserve(struct operations *operations, size_t size)
{
	char *buffer = NULL;

	if (size <= operations->buffer_size)
		return operations->buffer;
	buffer = realloc(operations->buffer, size);
	if (!buffer)
		return NULL;
	operations->buffer = buffer;
	operations->buffer_size = size;
	return buffer;
}

static void want(struct fuse_conn_info *connection, unsigned capabilities)
{
	capabilities &= connection->capable;
#ifdef HAVE_FUSE_FEATURE_FLAGS
	fuse_set_feature_flag(connection, capabilities);
#else
	connection->want |= capabilities;
#endif
}

static void decline(struct fuse_conn_info *connection, unsigned capabilities)
{
#ifdef HAVE_FUSE_FEATURE_FLAGS
	fuse_unset_feature_flag(connection, capabilities);
#else
	connection->want &= ~capabilities;
#endif
}

static void handle_init(void *userdata, struct fuse_conn_info *connection)
{
	struct operations *operations = userdata;

	operations->is_open_optional = connection->capable & FUSE_CAP_NO_OPEN_SUPPORT;
	operations->is_opendir_optional = connection->capable &
					  FUSE_CAP_NO_OPENDIR_SUPPORT;
	want(connection, FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_READDIRPLUS |
				 FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_PARALLEL_DIROPS |
				 FUSE_CAP_ASYNC_READ);
	decline(connection, FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_ATOMIC_O_TRUNC |
				    FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
				    FUSE_CAP_SPLICE_MOVE | FUSE_CAP_WRITEBACK_CACHE);
}

/* An absent name is cached too: the editor's own mkdir, mknod or symlink is what
 * makes it appear. */
static void reply_absent(fuse_req_t request)
{
	const struct fuse_entry_param entry = {.entry_timeout = FOREVER_S};

	fuse_reply_entry(request, &entry);
}

static void handle_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct operations *operations = of(request);
	struct tree_attributes attributes;
	struct fuse_entry_param entry;
	struct node *node = NULL;
	int r = 0;

	if (strlen(name) > NAME_BYTES_MAX) {
		operations_reply(request, -ENAMETOOLONG);
		return;
	}
	r = tree_lookup(operations->tree, operations_node(operations, parent), name,
			&node, &attributes);
	if (r == -ENOENT) {
		reply_absent(request);
		return;
	}
	if (r < 0) {
		operations_reply(request, r);
		return;
	}
	operations_fill_entry(operations, node, &attributes, &entry);
	if (fuse_reply_entry(request, &entry) < 0)
		tree_forget(operations->tree, node, 1);
}

static void forget(struct operations *operations, fuse_ino_t id, uint64_t count)
{
	tree_forget(operations->tree, operations_node(operations, id), count);
}

static void handle_forget(fuse_req_t request, fuse_ino_t id, uint64_t count)
{
	forget(of(request), id, count);
	fuse_reply_none(request);
}

static void handle_forget_multi(fuse_req_t request, size_t count,
				struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		forget(of(request), forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(request);
}

/*
 * The editor asks for the attributes of what it is about to touch: that is when
 * new content takes the place of the old.
 */
static void serve_editor(struct operations *operations, struct node *node)
{
	if (node == tree_root(operations->tree))
		editor_count_root_request(operations->hooks.editor);
	else
		staging_swap(operations->tree, node);
}

static void handle_getattr(fuse_req_t request, fuse_ino_t id,
			   struct fuse_file_info *file)
{
	struct operations *operations = of(request);
	struct node *node = operations_node(operations, id);
	struct tree_attributes attributes;

	(void)file;
	if (edits_is_editor(request))
		serve_editor(operations, node);
	tree_attributes(operations->tree, node, &attributes);
	operations_reply_attributes(request, &attributes);
}

static void handle_readlink(fuse_req_t request, fuse_ino_t id)
{
	struct operations *operations = of(request);
	char *target = reserve(operations, PATH_MAX);

	if (!target) {
		operations_reply(request, -ENOMEM);
		return;
	}
	tree_readlink(operations->tree, operations_node(operations, id), target,
		      PATH_MAX);
	fuse_reply_readlink(request, target);
}

/* For kernels that ask; with default_permissions they have checked the modes. */
static void handle_access(fuse_req_t request, fuse_ino_t id, int mask)
{
	(void)id;
	operations_reply(request, mask & W_OK ? -EROFS : 0);
}

static void handle_statfs(fuse_req_t request, fuse_ino_t id)
{
	const struct statvfs statfs = {
		.f_bsize = BLOCK_BYTES,
		.f_frsize = BLOCK_BYTES,
		.f_files = tree_count(of(request)->tree),
		.f_namemax = NAME_BYTES_MAX,
	};

	(void)id;
	fuse_reply_statfs(request, &statfs);
}

/* --- files --- */

static void handle_open(fuse_req_t request, fuse_ino_t id, struct fuse_file_info *file)
{
	if (of(request)->is_open_optional) {
		operations_reply(request, -ENOSYS);
		return;
	}
	if ((file->flags & O_ACCMODE) != O_RDONLY && !edits_may_open(request, id)) {
		operations_reply(request, -EROFS);
		return;
	}
	file->keep_cache = 1;
	fuse_reply_open(request, file);
}

static void handle_read(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
			struct fuse_file_info *file)
{
	struct operations *operations = of(request);
	char *buffer = reserve(operations, size);
	size_t len = 0;

	(void)file;
	if (!buffer) {
		operations_reply(request, -ENOMEM);
		return;
	}
	len = tree_read(operations->tree, operations_node(operations, id), buffer, size,
			offset);
	fuse_reply_buf(request, buffer, len);
}

/* --- directories --- */

static void handle_opendir(fuse_req_t request, fuse_ino_t id,
			   struct fuse_file_info *file)
{
	(void)id;
	if (of(request)->is_opendir_optional) {
		operations_reply(request, -ENOSYS);
		return;
	}
	file->keep_cache = 1;
	file->cache_readdir = 1;
	fuse_reply_open(request, file);
}

/* One reading of a directory: what is being filled, and how far. */
struct reading {
	fuse_req_t request;
	struct operations *operations;
	struct node *directory;
	char *buffer;
	size_t size;
	size_t len;
	bool is_plus;
};

/* Adds an entry if it fits. */
static bool put(struct reading *reading, const char *name,
		const struct fuse_entry_param *entry, off_t next)
{
	char *at = reading->buffer + reading->len;
	size_t room = reading->size - reading->len;
	size_t len = 0;

	if (reading->is_plus)
		len = fuse_add_direntry_plus(reading->request, at, room, name, entry,
					     next);
	else
		len = fuse_add_direntry(reading->request, at, room, name, &entry->attr,
					next);
	if (len > room)
		return false;
	reading->len += len;
	return true;
}

/* "." and "..": no lookup is counted, so no node id is given. */
static bool put_dot(struct reading *reading, const char *name, ino_t number, off_t next)
{
	const struct fuse_entry_param entry = {
		.attr = {.st_ino = number, .st_mode = S_IFDIR},
	};

	return put(reading, name, &entry, next);
}

static bool put_node(struct reading *reading, struct node *node)
{
	struct tree_attributes attributes;
	struct fuse_entry_param entry;
	char name[TREE_NAME_SIZE];

	tree_attributes_locked(reading->operations->tree, node, &attributes);
	operations_fill_entry(reading->operations, node, &attributes, &entry);
	if (!put(reading, tree_name(reading->operations->tree, node, name), &entry,
		 (off_t)tree_cookie(node) + OFFSET_DOT_DOT))
		return false;
	if (reading->is_plus)
		tree_count_lookup_locked(node);
	return true;
}

static void fill(struct reading *reading, off_t offset)
{
	uint64_t cookie = 0;
	struct node *node = NULL;

	if (offset < OFFSET_DOT &&
	    !put_dot(reading, ".", (ino_t)tree_cookie(reading->directory), OFFSET_DOT))
		return;
	if (offset < OFFSET_DOT_DOT &&
	    !put_dot(reading, "..",
		     tree_parent_number_locked(reading->operations->tree,
					       reading->directory),
		     OFFSET_DOT_DOT))
		return;
	cookie = offset > OFFSET_DOT_DOT ? (uint64_t)offset - OFFSET_DOT_DOT : 0;
	node = tree_next_locked(reading->operations->tree, reading->directory, cookie);
	while (node && put_node(reading, node))
		node = tree_next_locked(reading->operations->tree, reading->directory,
					tree_cookie(node));
}

static void read_directory(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
			   bool is_plus)
{
	struct operations *operations = of(request);
	struct reading reading = {
		.request = request,
		.operations = operations,
		.directory = operations_node(operations, id),
		.buffer = reserve(operations, size),
		.size = size,
		.is_plus = is_plus,
	};

	if (tree_kind(reading.directory) != NODE_DIRECTORY || !reading.buffer) {
		operations_reply(request, reading.buffer ? -ENOTDIR : -ENOMEM);
		return;
	}
	tree_lock_shared(operations->tree);
	fill(&reading, offset);
	tree_unlock(operations->tree);
	fuse_reply_buf(request, reading.buffer, reading.len);
}

static void handle_readdir(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
			   struct fuse_file_info *file)
{
	(void)file;
	read_directory(request, id, size, offset, false);
}

static void handle_readdirplus(fuse_req_t request, fuse_ino_t id, size_t size,
			       off_t offset, struct fuse_file_info *file)
{
	(void)file;
	read_directory(request, id, size, offset, true);
}

/* getxattr and flush are left out: libfuse answers ENOSYS, and the kernel does
 * not ask again. */
const struct fuse_lowlevel_ops operations_table = {
	.init = handle_init,
	.lookup = handle_lookup,
	.forget = handle_forget,
	.forget_multi = handle_forget_multi,
	.getattr = handle_getattr,
	.readlink = handle_readlink,
	.access = handle_access,
	.statfs = handle_statfs,
	.open = handle_open,
	.read = handle_read,
	.opendir = handle_opendir,
	.readdir = handle_readdir,
	.readdirplus = handle_readdirplus,
	.mknod = edit_mknod,
	.mkdir = edit_mkdir,
	.symlink = edit_symlink,
	.create = refuse_create,
	.unlink = edit_remove,
	.rmdir = edit_remove,
	.rename = refuse_rename,
	.link = refuse_link,
	.setattr = edit_setattr,
	.write = edit_write,
	.fallocate = refuse_fallocate,
	.setxattr = refuse_setxattr,
	.removexattr = refuse_removexattr,
};
