#include "fs/fuse/request.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "fs/editor/editor.h"
#include "src/base/clock.h"

/* Seconds; the kernel takes so many as no limit. */
#define FOREVER_S ((double)UINT32_MAX)

#define BLOCK_BYTES 512 /* of st_blocks, whatever st_blksize */

/* A larger buffer, for the reads of a large file, goes with the next smaller reply. */
#define BUFFER_KEPT_BYTES ((size_t)64 * 1024)

void request_context_init(struct request_context *context, struct tree *tree,
			  const struct request_hooks *hooks)
{
	*context = (struct request_context){
		.tree = tree,
		.hooks = *hooks,
		.ioctl_calls = {.lock = PTHREAD_MUTEX_INITIALIZER}};
}

void request_context_fini(struct request_context *context)
{
	pthread_mutex_destroy(&context->ioctl_calls.lock);
	free(context->buffer);
	context->buffer = NULL;
}

bool request_is_from_editor(fuse_req_t request)
{
	struct request_context *context = request_context(request);
	pid_t editor = editor_pid(context->hooks.editor);

	if (editor <= 0 || fuse_req_ctx(request)->pid != editor)
		return false;
	context->is_editor_near = true;
	editor_count_request(context->hooks.editor);
	return true;
}

char *request_reserve(struct request_context *context, size_t size)
{
	const size_t most = size > BUFFER_KEPT_BYTES ? SIZE_MAX : BUFFER_KEPT_BYTES;
	char *buffer = NULL;

	if (size <= context->buffer_size && context->buffer_size <= most)
		return context->buffer;
	buffer = realloc(context->buffer, size);
	if (!buffer)
		return NULL;
	context->buffer = buffer;
	context->buffer_size = size;
	return buffer;
}

/* All that libfuse reads: to clear the other fields takes as long as the rest. */
static void fill_stat(const struct tree_attributes *attributes, struct stat *stat)
{
	stat->st_ino = attributes->number;
	stat->st_mode = attributes->mode;
	stat->st_nlink = attributes->links;
	stat->st_uid = attributes->uid;
	stat->st_gid = attributes->gid;
	stat->st_rdev = 0;
	stat->st_size = attributes->size;
	stat->st_blksize = 0;
	stat->st_blocks = (attributes->size + BLOCK_BYTES - 1) / BLOCK_BYTES;
	stat->st_mtim.tv_sec = attributes->mtime_ns / NS_PER_S;
	stat->st_mtim.tv_nsec = attributes->mtime_ns % NS_PER_S;
	stat->st_atim = stat->st_mtim;
	stat->st_ctim = stat->st_mtim;
}

void request_fill_entry(const struct node *node,
			const struct tree_attributes *attributes,
			struct fuse_entry_param *entry)
{
	entry->ino = tree_id(node);
	entry->generation = tree_generation(node);
	fill_stat(attributes, &entry->attr);
	entry->attr_timeout = attributes->is_cached ? FOREVER_S : 0;
	entry->entry_timeout = attributes->is_name_cached ? FOREVER_S : 0;
}

void request_reply_entry(fuse_req_t request, struct node *node,
			 const struct tree_attributes *attributes)
{
	struct fuse_entry_param entry;

	request_fill_entry(node, attributes, &entry);
	if (fuse_reply_entry(request, &entry) < 0)
		tree_forget(request_context(request)->tree, node, 1);
}

void request_reply_absent(fuse_req_t request)
{
	const struct fuse_entry_param entry = {.entry_timeout = FOREVER_S};

	fuse_reply_entry(request, &entry);
}

void request_reply_attributes(fuse_req_t request,
			      const struct tree_attributes *attributes)
{
	struct stat stat;

	fill_stat(attributes, &stat);
	fuse_reply_attr(request, &stat, attributes->is_cached ? FOREVER_S : 0);
}

void request_reply(fuse_req_t request, int r)
{
	fuse_reply_err(request, -r);
}
