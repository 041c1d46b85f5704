/*
 * Commands by ioctl: a byte for the caller, one for the node that it is given on, and
 * struct dmsfs_command, of which zeros follow what is there. Each call gets one reply;
 * one that is handed over names a connection that may be, and nothing comes back that
 * may not be shown.
 */
#include <errno.h>
#include <string.h>

#include "fs/fuse/ioctl.h"
#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"

#define OWNER 1000
#define NODES 7

/* In place of libfuse's. */
struct fuse_req {
	struct request_context *context;
	struct fuse_ctx caller;
	unsigned replies;
	int result;
};

void *fuse_req_userdata(fuse_req_t request)
{
	return request->context;
}

const struct fuse_ctx *fuse_req_ctx(fuse_req_t request)
{
	return &request->caller;
}

int fuse_req_interrupted(fuse_req_t)
{
	return 0;
}

void fuse_req_interrupt_func(fuse_req_t, fuse_interrupt_func_t, void *)
{
}

int fuse_reply_err(fuse_req_t request, int error)
{
	request->replies++;
	request->result = -error;
	return 0;
}

static void check_text(const char *text, size_t size)
{
	const char *end = memchr(text, '\0', size);

	FUZZ_CHECK(end);
	FUZZ_CHECK(expected_is_clean(text, (size_t)(end - text), ""));
}

int fuse_reply_ioctl(fuse_req_t request, int result, const void *data, size_t size)
{
	struct dmsfs_command command;

	request->replies++;
	request->result = result;
	FUZZ_CHECK(size == sizeof(command));
	memcpy(&command, data, size);
	check_text(command.path, sizeof(command.path));
	check_text(command.message, sizeof(command.message));
	FUZZ_CHECK((result < 0) == (command.message[0] != '\0'));
	return 0;
}

static const struct connection record = {
	.field = {[CONNECTION_ENDPOINT_ARN] = "e",
		  [CONNECTION_REPLICATION_INSTANCE_ARN] = "i"}};

static void check_name(const char *name)
{
	size_t len = strlen(name);

	FUZZ_CHECK(len > 0 && len <= 255 && name[0] != '.');
	FUZZ_CHECK(!strchr(name, '/'));
	FUZZ_CHECK(expected_is_clean(name, len, ""));
}

static void take_call(void *, struct ioctl_call *call)
{
	const struct ioctl_result result = {
		.r = call->r, .path = call->path, .message = call->reason};

	FUZZ_CHECK(memchr(call->path, '\0', sizeof(call->path)));
	FUZZ_CHECK((call->r == 0) == !call->reason);
	FUZZ_CHECK(call->r == 0 || call->r == -EPERM || call->r == -EINVAL ||
		   (call->r == -ENOENT && call->context->hooks.has_sources));
	if (call->source[0] != '\0')
		check_name(call->source);
	if (call->r == 0) {
		FUZZ_CHECK((call->source[0] != '\0') ==
			   call->context->hooks.has_sources);
		check_name(call->instance);
		check_name(call->endpoint);
		FUZZ_CHECK(call->uid == 0 || call->uid == OWNER);
		FUZZ_CHECK(!call->instance_arn == !call->endpoint_arn);
	}
	ioctl_reply(call, &result);
}

static struct node *add(struct tree *tree, struct node *parent, const char *name,
			enum node_kind kind)
{
	const struct node_content content = {
		.kind = kind,
		.connection = kind == NODE_CONNECTION ? &record : NULL,
		.text = "x",
		.text_len = 1};
	struct node *node = NULL;

	FUZZ_CHECK(tree_add(tree, parent, name, &content, 1, &node) == 0);
	return node;
}

static void add_nodes(struct tree *tree, struct node *nodes[NODES])
{
	char longest[256];

	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	nodes[0] = tree_root(tree);
	nodes[1] = add(tree, nodes[0], longest, NODE_DIRECTORY);
	nodes[2] = add(tree, nodes[1], longest, NODE_CONNECTION);
	nodes[3] = add(tree, nodes[0], ".dmsfs", NODE_DIRECTORY);
	nodes[4] = add(tree, nodes[3], "status", NODE_TEXT);
	nodes[5] = add(tree, nodes[3], "by-status", NODE_DIRECTORY);
	nodes[6] = add(tree, nodes[0], "inst", NODE_DIRECTORY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tree_options options = {.umask = 022};
	struct request_hooks hooks = {.commanded = take_call, .owner = OWNER};
	struct request_context context;
	struct fuse_req request = {.context = &context, .caller = {.uid = OWNER}};
	struct dmsfs_command command = {.flags = 0};
	struct node *nodes[NODES];
	struct tree *tree = NULL;

	if (size < 2)
		return 0;
	hooks.is_test_allowed = data[0] & 1;
	hooks.is_deletion_allowed = data[0] & 2;
	hooks.has_sources = data[0] & 32;
	hooks.commanded = hooks.is_test_allowed || hooks.is_deletion_allowed ? take_call
									     : NULL;
	request.caller.uid = data[0] & 4 ? 0 : OWNER + (data[0] >> 3 & 1);
	FUZZ_CHECK(tree_new(&options, 1, &tree) == 0);
	add_nodes(tree, nodes);
	request_context_init(&context, tree, &hooks);
	if (size - 2 < sizeof(command))
		memcpy(&command, data + 2, size - 2);
	else
		memcpy(&command, data + 2, sizeof(command));
	handle_ioctl(&request, request_node_id(&context, nodes[data[1] % NODES]),
		     data[0] & 16 ? DMSFS_IOC_DELETE : DMSFS_IOC_TEST, NULL, NULL, 0,
		     &command, sizeof(command), sizeof(command));
	FUZZ_CHECK(request.replies == 1);
	FUZZ_CHECK(!context.ioctl_calls.first);
	request_context_fini(&context);
	tree_free(tree);
	return 0;
}
