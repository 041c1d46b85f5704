#include "fs/fuse/ioctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/clock.h"
#include "src/base/text.h"

#define NAME_BYTES_MAX 255
#define MINUTE_NS (60 * NS_PER_S)
#define STRANGERS_MAX 10 /* a minute */
/* SOURCE/INSTANCE/ENDPOINT */
#define PATH_SIZE (TREE_NAME_SIZE + DMSFS_NAME_SIZE)

static void copy_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

/* Takes the call out of the list; returns its request, or NULL if that is gone. */
static fuse_req_t end_call(struct ioctl_call *call)
{
	struct ioctl_calls *calls = &call->context->ioctl_calls;
	struct ioctl_call **link = &calls->first;
	fuse_req_t request = NULL;

	pthread_mutex_lock(&calls->lock);
	while (*link && *link != call)
		link = &(*link)->next;
	if (*link)
		*link = call->next;
	request = call->request;
	pthread_mutex_unlock(&calls->lock);
	return request;
}

/* From the root of the mount. One that is too long is left out: a part of it would be
 * the path of something else. */
static void copy_path(char out[DMSFS_NAME_SIZE], const struct ioctl_call *call,
		      const char *path)
{
	if (snprintf(out, DMSFS_NAME_SIZE, "%s%s%s", call->source,
		     call->source[0] != '\0' ? "/" : "", path) >= DMSFS_NAME_SIZE)
		out[0] = '\0';
}

void ioctl_reply(struct ioctl_call *call, const struct ioctl_result *result)
{
	struct dmsfs_command command = {
		.state = result->is_published ? DMSFS_STATE_PUBLISHED : 0};
	fuse_req_t request = end_call(call);

	/* Names of the caller's that are none of the tree are not safe to show. */
	if (call->endpoint[0] != '\0')
		copy_path(command.path, call, result->path);
	copy_text(command.code, sizeof(command.code), result->code);
	copy_text(command.request_id, sizeof(command.request_id), result->request_id);
	copy_text(command.message, sizeof(command.message), result->message);
	/* An error by fuse_reply_err() would leave the texts behind. */
	if (request)
		fuse_reply_ioctl(request, result->r, &command, sizeof(command));
	free(call->instance_arn);
	free(call->endpoint_arn);
	free(call);
}

/* A signal ends the wait, not the command. The call may be replied to at the same time
 * and be free already: hence by the request, which libfuse holds. */
static void interrupt_call(fuse_req_t request, void *data)
{
	struct ioctl_calls *calls = data;
	struct ioctl_call *call = NULL;

	pthread_mutex_lock(&calls->lock);
	for (call = calls->first; call && call->request != request; call = call->next)
		;
	if (call)
		call->request = NULL;
	pthread_mutex_unlock(&calls->lock);
	if (call)
		request_reply(request, -EINTR);
}

static void add_call(struct ioctl_call *call)
{
	struct ioctl_calls *calls = &call->context->ioctl_calls;

	pthread_mutex_lock(&calls->lock);
	call->next = calls->first;
	calls->first = call;
	pthread_mutex_unlock(&calls->lock);
}

/* The first reason counts. */
static int refuse_call(struct ioctl_call *call, int r, const char *reason)
{
	if (call->r == 0) {
		call->r = r;
		call->reason = reason;
	}
	return r;
}

static bool is_stranger(const struct ioctl_call *call)
{
	return call->uid != 0 && call->uid != call->context->hooks.owner;
}

/* Users who may give no commands must not be able to fill the log of them. */
static bool is_to_be_logged(const struct ioctl_call *call)
{
	struct request_context *context = call->context;
	int64_t now_ns = clock_system.boottime_ns(clock_system.data);

	if (!is_stranger(call))
		return true;
	if (now_ns - context->strangers_since_ns >= MINUTE_NS) {
		context->strangers_since_ns = now_ns;
		context->strangers = 0;
	}
	return context->strangers++ < STRANGERS_MAX;
}

static int check_caller(struct ioctl_call *call)
{
	const struct request_hooks *hooks = &call->context->hooks;

	if (call->is_deletion && !hooks->is_deletion_allowed)
		return refuse_call(call, -EPERM,
				   "the mount does not allow this: it lacks "
				   "--allow-delete, or has -o ro");
	if (!call->is_deletion && !hooks->is_test_allowed)
		return refuse_call(call, -EPERM,
				   "the mount does not allow this: it lacks "
				   "--allow-test, or has -o ro");
	if (is_stranger(call))
		return refuse_call(call, -EPERM,
				   "only root and the owner of the files may give "
				   "commands");
	return 0;
}

/* As far as it does not take the rules by which the tree escapes names. */
static bool is_name(const char *name, size_t len)
{
	const char *end = name + len;

	if (len == 0 || len > NAME_BYTES_MAX || name[0] == '.' ||
	    memchr(name, '/', len))
		return false;
	while (name < end) {
		struct text_unit unit = text_next(name);

		if (!unit.is_safe)
			return false;
		name += unit.consumed;
	}
	return true;
}

static bool is_source(const struct ioctl_call *call, const char *name)
{
	struct tree *tree = call->context->tree;
	struct tree_attributes attributes;
	struct node *node = NULL;

	if (tree_lookup(tree, tree_root(tree), name, &node, &attributes) < 0)
		return false;
	tree_forget(tree, node, 1);
	return true;
}

/* Takes the source off the path, where the call was not given below one. */
static int take_source(struct ioctl_call *call)
{
	char source[TREE_NAME_SIZE] = "";
	size_t len = strcspn(call->path, "/");

	if (!call->context->hooks.has_sources || call->source[0] != '\0')
		return 0;
	if (call->path[len] == '\0' || !is_name(call->path, len))
		return refuse_call(
			call, -EINVAL,
			"not SOURCE/INSTANCE/ENDPOINT with names as in the mount");
	memcpy(source, call->path, len);
	if (!is_source(call, source))
		return refuse_call(call, -ENOENT, "the mount has no such source");
	copy_text(call->source, sizeof(call->source), source);
	memmove(call->path, call->path + len + 1, strlen(call->path + len));
	return 0;
}

/* Splits the path into names. */
static int split_path(struct ioctl_call *call)
{
	size_t len = strcspn(call->path, "/");
	const char *endpoint = call->path + len + (call->path[len] != '\0');

	if (!is_name(call->path, len) || !is_name(endpoint, strlen(endpoint)))
		return refuse_call(call, -EINVAL,
				   "not INSTANCE/ENDPOINT with names as in the mount");
	memcpy(call->instance, call->path, len);
	copy_text(call->endpoint, sizeof(call->endpoint), endpoint);
	return 0;
}

/* Both, or none. */
static void copy_arns(struct ioctl_call *call, const struct connection *connection)
{
	const char *instance = connection_text(connection,
					       CONNECTION_REPLICATION_INSTANCE_ARN);
	const char *endpoint = connection_text(connection, CONNECTION_ENDPOINT_ARN);

	if (!instance || !endpoint)
		return;
	call->instance_arn = strdup(instance);
	call->endpoint_arn = strdup(endpoint);
	if (call->instance_arn && call->endpoint_arn)
		return;
	free(call->instance_arn);
	free(call->endpoint_arn);
	call->instance_arn = NULL;
	call->endpoint_arn = NULL;
}

/* Where the node is, and the record that it shows. */
static int find_node(struct ioctl_call *call, const struct node *node,
		     char path[PATH_SIZE])
{
	struct tree *tree = call->context->tree;
	const struct connection *connection = NULL;
	int r = 0;

	tree_lock_shared(tree);
	r = tree_path_locked(tree, node, path, PATH_SIZE);
	connection = tree_connection_locked(node);
	if (connection)
		copy_arns(call, connection);
	tree_unlock(tree);
	return r < 0 ? refuse_call(call, -ENOENT, "the file is not there any more") : 0;
}

/* Splits the path of a node into the source and the path below it. */
static void split_source(struct ioctl_call *call, const char *path)
{
	size_t len = strcspn(path, "/");

	/* The root and its .dmsfs are of no source. */
	if (call->context->hooks.has_sources && path[0] != '.') {
		memcpy(call->source, path, len);
		call->source[len] = '\0';
		path = path[len] == '\0' ? "." : path + len + 1;
	}
	copy_text(call->path, sizeof(call->path), path);
}

/* The path of what the command is about. */
static int find_path(struct ioctl_call *call, const struct node *node, const char *name)
{
	char path[PATH_SIZE] = "";
	char directory[DMSFS_NAME_SIZE];
	enum node_kind kind = tree_kind(node);
	int r = find_node(call, node, path);

	if (r < 0)
		return r;
	split_source(call, path);
	if (kind == NODE_CONNECTION && name[0] == '\0')
		return 0;
	if (kind == NODE_CONNECTION)
		return refuse_call(
			call, -EINVAL,
			"on the file of a connection the name must be empty");
	copy_text(directory, sizeof(directory), call->path);
	if (kind != NODE_DIRECTORY || strchr(directory, '/') ||
	    (directory[0] == '.' && directory[1] != '\0'))
		return refuse_call(
			call, -EINVAL,
			"neither the file of a connection, nor the directory "
			"of an instance, nor the root of the mount");
	if (directory[0] == '.')
		copy_text(call->path, sizeof(call->path), name);
	else if ((size_t)snprintf(call->path, sizeof(call->path), "%s/%s", directory,
				  name) >= sizeof(call->path))
		return refuse_call(call, -EINVAL, "the name is too long");
	return 0;
}

static int check_form(struct ioctl_call *call, const struct dmsfs_command *command)
{
	const uint32_t nothing[sizeof(command->reserved) / sizeof(uint32_t)] = {0};

	if (!memchr(command->name, '\0', sizeof(command->name)))
		return refuse_call(call, -EINVAL, "the name is not terminated");
	if (command->flags != 0 ||
	    memcmp(command->reserved, nothing, sizeof(nothing)) != 0)
		return refuse_call(call, -EINVAL,
				   "the flags and what is reserved must be 0");
	return 0;
}

/* Also of a call that is refused, since the log wants to know what it was about. */
static void examine_call(struct ioctl_call *call, const struct node *node,
			 const struct dmsfs_command *command)
{
	check_caller(call);
	if (check_form(call, command) == 0 &&
	    find_path(call, node, command->name) == 0 && take_source(call) == 0)
		split_path(call);
}

static struct ioctl_call *new_call(fuse_req_t request)
{
	struct ioctl_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->uid = fuse_req_ctx(request)->uid;
	call->pid = fuse_req_ctx(request)->pid;
	call->context = request_context(request);
	call->request = request;
	return call;
}

static void give_call(struct ioctl_call *call)
{
	const struct request_hooks *hooks = &call->context->hooks;

	add_call(call);
	fuse_req_interrupt_func(call->request, interrupt_call,
				&call->context->ioctl_calls);
	if (hooks->commanded && is_to_be_logged(call))
		hooks->commanded(hooks->data, call);
	else
		ioctl_reply(call, &(struct ioctl_result){.r = call->r,
							 .path = call->path,
							 .message = call->reason});
}

void handle_ioctl(fuse_req_t request, fuse_ino_t id, unsigned number, void *,
		  struct fuse_file_info *, unsigned, const void *in, size_t in_size,
		  size_t out_size)
{
	struct dmsfs_command command;
	struct ioctl_call *call = NULL;

	if ((number != DMSFS_IOC_TEST && number != DMSFS_IOC_DELETE) ||
	    in_size != sizeof(command) || out_size != sizeof(command)) {
		request_reply(request, -ENOTTY);
		return;
	}
	/* Registered now, the function would be called at once, and libfuse does not
	 * bear a reply from it then. */
	if (fuse_req_interrupted(request)) {
		request_reply(request, -EINTR);
		return;
	}
	call = new_call(request);
	if (!call) {
		request_reply(request, -ENOMEM);
		return;
	}
	memcpy(&command, in, sizeof(command));
	call->is_deletion = number == DMSFS_IOC_DELETE;
	examine_call(call, request_node(call->context, id), &command);
	give_call(call);
}
