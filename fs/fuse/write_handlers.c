#include "fs/fuse/write_handlers.h"

#include <errno.h>

#include "fs/editor/editor.h"
#include "fs/tree/dirtied_pages.h"
#include "fs/tree/staging.h"

static struct operations *of(fuse_req_t request)
{
	return fuse_req_userdata(request);
}

bool edits_is_editor(fuse_req_t request)
{
	struct operations *operations = of(request);
	pid_t editor = editor_pid(operations->hooks.editor);

	operations->is_editor_near = editor > 0 && fuse_req_ctx(request)->pid == editor;
	return operations->is_editor_near;
}

/* An entry appears: mknod, mkdir and symlink alike, since what it is made of was
 * staged. */
static void show(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct operations *operations = of(request);
	struct tree_attributes attributes;
	struct fuse_entry_param entry;
	struct node *node = NULL;
	int r = -EROFS;

	if (edits_is_editor(request))
		r = staging_show(operations->tree, operations_node(operations, parent),
				 name, &node, &attributes);
	if (r < 0) {
		operations_reply(request, r);
		return;
	}
	operations_fill_entry(operations, node, &attributes, &entry);
	if (fuse_reply_entry(request, &entry) < 0)
		tree_forget(operations->tree, node, 1);
}

void edit_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
		dev_t device)
{
	(void)mode;
	(void)device;
	show(request, parent, name);
}

void edit_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode)
{
	(void)mode;
	show(request, parent, name);
}

void edit_symlink(fuse_req_t request, const char *target, fuse_ino_t parent,
		  const char *name)
{
	(void)target;
	show(request, parent, name);
}

void edit_remove(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct operations *operations = of(request);
	int r = -EROFS;

	if (edits_is_editor(request))
		r = staging_drop(operations->tree, operations_node(operations, parent),
				 name);
	operations_reply(request, r);
}

static bool is_refresh(struct operations *operations, fuse_ino_t id)
{
	return operations->hooks.refresh &&
	       operations_node(operations, id) == operations->hooks.refresh;
}

/* What touch and truncation change; modes and owners stay whose they are. */
static bool is_harmless(int to_set)
{
	return !(to_set & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID));
}

void edit_setattr(fuse_req_t request, fuse_ino_t id, struct stat *attributes,
		  int to_set, struct fuse_file_info *file)
{
	struct operations *operations = of(request);
	struct tree_attributes answer;

	(void)attributes;
	(void)file;
	if (is_refresh(operations, id) && is_harmless(to_set)) {
		operations->hooks.refreshed(operations->hooks.data);
	} else if (!edits_is_editor(request) || to_set != FUSE_SET_ATTR_MTIME) {
		operations_reply(request, -EROFS);
		return;
	}
	tree_attributes(operations->tree, operations_node(operations, id), &answer);
	operations_reply_attributes(request, &answer);
}

/*
 * A write that came through a shared mapping has changed the kernel's page before
 * it is refused here. The mtime moves a little, and the publisher has the editor
 * ask for the attributes, upon which the kernel drops the page.
 */
void edit_write(fuse_req_t request, fuse_ino_t id, const char *buffer, size_t size,
		off_t offset, struct fuse_file_info *file)
{
	struct operations *operations = of(request);

	(void)buffer;
	(void)offset;
	(void)file;
	if (is_refresh(operations, id)) {
		operations->hooks.refreshed(operations->hooks.data);
		fuse_reply_write(request, size);
		return;
	}
	operations_reply(request, -EROFS);
	if (dirtied_pages_add(operations->tree, operations_node(operations, id)))
		operations->hooks.page_dirtied(operations->hooks.data);
}

bool edits_may_open(fuse_req_t request, fuse_ino_t id)
{
	return is_refresh(of(request), id) || edits_is_editor(request);
}
