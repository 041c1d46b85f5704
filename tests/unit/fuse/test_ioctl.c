/*
 * Commands by ioctl: which are handed over, how they are replied to, and what a signal
 * does meanwhile. The functions of libfuse are replaced here.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fs/fuse/ioctl.h"
#include "fs/tree/staging.h"
#include "src/base/clock.h"

#define OWNER 1000

/* A request, and what was replied to it, once. */
struct fuse_req {
	struct request_context *context;
	struct fuse_ctx caller;
	bool is_interrupted; /* from the start */
	fuse_interrupt_func_t interrupted;
	void *interrupted_data;
	unsigned replies;
	int result; /* 0 or a negative errno */
	size_t size;
	struct dmsfs_command command;
};

void *fuse_req_userdata(fuse_req_t request)
{
	return request->context;
}

const struct fuse_ctx *fuse_req_ctx(fuse_req_t request)
{
	return &request->caller;
}

int fuse_req_interrupted(fuse_req_t request)
{
	return request->is_interrupted;
}

void fuse_req_interrupt_func(fuse_req_t request, fuse_interrupt_func_t function,
			     void *data)
{
	request->interrupted = function;
	request->interrupted_data = data;
}

int fuse_reply_err(fuse_req_t request, int error)
{
	request->replies++;
	request->result = -error;
	return 0;
}

int fuse_reply_ioctl(fuse_req_t request, int result, const void *data, size_t size)
{
	request->replies++;
	request->result = result;
	request->size = size;
	assert_int_equal(size, sizeof(request->command));
	memcpy(&request->command, data, size);
	return 0;
}

static const struct connection record = {
	.field = {[CONNECTION_STATUS] = "successful",
		  [CONNECTION_ENDPOINT_ARN] = "arn:e",
		  [CONNECTION_REPLICATION_INSTANCE_ARN] = "arn:i"},
};

struct fixture {
	struct tree *tree;
	struct node *instance;
	struct node *file;
	struct node *own;
	struct node *text;
	struct node *deep;
	struct node *source; /* with set_up_sources() */
	struct request_context context;
	struct fuse_req request;
	struct dmsfs_command command;
	struct ioctl_call *call; /* that was handed over */
};

static void take_call(void *data, struct ioctl_call *call)
{
	struct fixture *fixture = data;

	assert_null(fixture->call);
	fixture->call = call;
}

static struct node *add(struct fixture *fixture, struct node *parent, const char *name,
			enum node_kind kind)
{
	const struct node_content content = {
		.kind = kind, .connection = kind == NODE_CONNECTION ? &record : NULL};
	struct node *node = NULL;

	assert_int_equal(tree_add(fixture->tree, parent, name, &content, 1, &node), 0);
	return node;
}

static int set_up(void **state)
{
	static struct fixture fixture;
	const struct tree_options options = {.umask = 022};
	const struct request_hooks hooks = {.commanded = take_call,
					    .data = &fixture,
					    .owner = OWNER,
					    .is_test_allowed = true,
					    .is_deletion_allowed = true};
	struct node *root = NULL;

	fixture = (struct fixture){.tree = NULL};
	assert_int_equal(tree_new(&options, 1, &fixture.tree), 0);
	root = tree_root(fixture.tree);
	fixture.instance = add(&fixture, root, "inst", NODE_DIRECTORY);
	fixture.file = add(&fixture, fixture.instance, "ep", NODE_CONNECTION);
	fixture.own = add(&fixture, root, ".dmsfs", NODE_DIRECTORY);
	fixture.text = add(&fixture, fixture.own, "status", NODE_TEXT);
	fixture.deep = add(&fixture, fixture.own, "by-status", NODE_DIRECTORY);
	request_context_init(&fixture.context, fixture.tree, &hooks);
	fixture.request = (struct fuse_req){.context = &fixture.context,
					    .caller = {.uid = OWNER, .pid = 17}};
	*state = &fixture;
	return 0;
}

/* The same below a source, as what holds all else. */
static int set_up_sources(void **state)
{
	struct fixture *fixture = NULL;
	struct node *own = NULL;

	set_up(state);
	fixture = *state;
	fixture->context.hooks.has_sources = true;
	fixture->source = add(fixture, tree_root(fixture->tree), "test@eu-west-1",
			      NODE_DIRECTORY);
	fixture->instance = add(fixture, fixture->source, "inst", NODE_DIRECTORY);
	fixture->file = add(fixture, fixture->instance, "ep", NODE_CONNECTION);
	own = add(fixture, fixture->source, ".dmsfs", NODE_DIRECTORY);
	fixture->text = add(fixture, own, "status", NODE_TEXT);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	assert_null(fixture->context.ioctl_calls.first);
	request_context_fini(&fixture->context);
	tree_free(fixture->tree);
	return 0;
}

/* The same command on a node, as if nothing had been replied yet. */
static void give(struct fixture *fixture, const struct node *node, unsigned number)
{
	fixture->call = NULL;
	fixture->request.replies = 0;
	handle_ioctl(&fixture->request, request_node_id(&fixture->context, node),
		     number, NULL, NULL, 0, &fixture->command, sizeof(fixture->command),
		     sizeof(fixture->command));
}

static void name(struct fixture *fixture, const char *text)
{
	snprintf(fixture->command.name, sizeof(fixture->command.name), "%s", text);
}

/* Replies to the call that was handed over. */
static void finish(struct fixture *fixture, int r)
{
	const struct ioctl_result result = {.r = r,
					    .is_published = r == 0,
					    .path = fixture->call->path,
					    .code = "Code",
					    .request_id = "id",
					    .message = "text"};

	ioctl_reply(fixture->call, &result);
	fixture->call = NULL;
}

static void hands_over_the_connection_of_a_file(void **state)
{
	struct fixture *fixture = *state;

	give(fixture, fixture->file, DMSFS_IOC_DELETE);
	assert_non_null(fixture->call);
	assert_int_equal(fixture->request.replies, 0);
	assert_int_equal(fixture->call->r, 0);
	assert_true(fixture->call->is_deletion);
	assert_int_equal(fixture->call->uid, OWNER);
	assert_int_equal(fixture->call->pid, 17);
	assert_string_equal(fixture->call->instance, "inst");
	assert_string_equal(fixture->call->endpoint, "ep");
	assert_string_equal(fixture->call->instance_arn, "arn:i");
	assert_string_equal(fixture->call->endpoint_arn, "arn:e");
	finish(fixture, 0);
	assert_int_equal(fixture->request.replies, 1);
	assert_int_equal(fixture->request.result, 0);
	assert_int_equal(fixture->request.command.state, DMSFS_STATE_PUBLISHED);
	assert_string_equal(fixture->request.command.path, "inst/ep");
	assert_string_equal(fixture->request.command.request_id, "id");
}

static void replies_to_a_failure_with_its_texts(void **state)
{
	struct fixture *fixture = *state;

	give(fixture, fixture->file, DMSFS_IOC_TEST);
	finish(fixture, -EALREADY);
	assert_int_equal(fixture->request.result, -EALREADY);
	assert_int_equal(fixture->request.command.state, 0);
	assert_string_equal(fixture->request.command.code, "Code");
	assert_string_equal(fixture->request.command.message, "text");
}

static void takes_names_on_directories(void **state)
{
	struct fixture *fixture = *state;

	name(fixture, "new%2F~0");
	give(fixture, fixture->instance, DMSFS_IOC_TEST);
	assert_int_equal(fixture->call->r, 0);
	assert_string_equal(fixture->call->path, "inst/new%2F~0");
	assert_null(fixture->call->instance_arn);
	finish(fixture, 0);
	name(fixture, "other/caf\xC3\xA9");
	give(fixture, tree_root(fixture->tree), DMSFS_IOC_TEST);
	assert_int_equal(fixture->call->r, 0);
	assert_string_equal(fixture->call->instance, "other");
	assert_string_equal(fixture->call->endpoint, "caf\xC3\xA9");
	finish(fixture, 0);
}

static void assert_refused(struct fixture *fixture, const struct node *node,
			   const char *text, int r)
{
	name(fixture, text);
	give(fixture, node, DMSFS_IOC_TEST);
	assert_non_null(fixture->call);
	assert_non_null(fixture->call->reason);
	if (fixture->call->r != r)
		fail_msg("'%s': %d, not %d", text, fixture->call->r, r);
	finish(fixture, r);
	assert_int_equal(fixture->request.result, r);
}

static void refuses_what_is_no_connection(void **state)
{
	static const char *const bad[] = {
		"",   ".",    "..",	".e",	"a/b",	"/",	 "a/",
		"/a", "a\nb", "a\033b", "\xFF", "\xC3", "\xC3/", "a\x7F",
	};
	struct fixture *fixture = *state;
	const struct node *root = tree_root(fixture->tree);
	char text[DMSFS_NAME_SIZE];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_refused(fixture, fixture->instance, bad[i], -EINVAL);
		snprintf(text, sizeof(text), "i/%s", bad[i]);
		assert_refused(fixture, root, text, -EINVAL);
		snprintf(text, sizeof(text), "%s/e", bad[i]);
		assert_refused(fixture, root, text, -EINVAL);
		/* What nobody may see on a terminal comes back neither. */
		assert_string_equal(fixture->request.command.path, "");
	}
	assert_refused(fixture, root, "inst", -EINVAL);
	assert_refused(fixture, fixture->file, "ep", -EINVAL);
	assert_refused(fixture, fixture->own, "ep", -EINVAL);
	assert_refused(fixture, fixture->deep, "ep", -EINVAL);
	assert_refused(fixture, fixture->text, "", -EINVAL);
}

static void takes_names_as_long_as_they_may_be(void **state)
{
	struct fixture *fixture = *state;
	const struct node *root = tree_root(fixture->tree);
	char text[DMSFS_NAME_SIZE];

	snprintf(text, sizeof(text), "%0255d/%0255d", 1, 2);
	name(fixture, text);
	give(fixture, root, DMSFS_IOC_TEST);
	assert_int_equal(fixture->call->r, 0);
	finish(fixture, 0);
	assert_string_equal(fixture->request.command.path, text);
	snprintf(text, sizeof(text), "%0256d/%0254d", 1, 2);
	assert_refused(fixture, root, text, -EINVAL);
	snprintf(text, sizeof(text), "%0254d/%0256d", 1, 2);
	assert_refused(fixture, root, text, -EINVAL);
	snprintf(text, sizeof(text), "%0511d", 1);
	assert_refused(fixture, fixture->instance, text, -EINVAL);
}

static void assert_taken(struct fixture *fixture, const struct node *node,
			 const char *text, const char *path)
{
	name(fixture, text);
	give(fixture, node, DMSFS_IOC_TEST);
	assert_int_equal(fixture->call->r, 0);
	assert_string_equal(fixture->call->source, "test@eu-west-1");
	assert_string_equal(fixture->call->path, path);
	assert_string_equal(fixture->call->instance, "inst");
	assert_string_equal(fixture->call->endpoint, strchr(path, '/') + 1);
	finish(fixture, 0);
}

static void takes_names_on_each_level_of_a_source(void **state)
{
	struct fixture *fixture = *state;
	const struct node *root = tree_root(fixture->tree);

	assert_taken(fixture, root, "test@eu-west-1/inst/new", "inst/new");
	assert_string_equal(fixture->request.command.path, "test@eu-west-1/inst/new");
	assert_taken(fixture, fixture->source, "inst/new", "inst/new");
	assert_string_equal(fixture->request.command.path, "test@eu-west-1/inst/new");
	assert_taken(fixture, fixture->instance, "new", "inst/new");
	assert_taken(fixture, fixture->file, "", "inst/ep");
	assert_string_equal(fixture->request.command.path, "test@eu-west-1/inst/ep");
}

static void refuses_what_is_in_no_source(void **state)
{
	struct fixture *fixture = *state;
	const struct node *root = tree_root(fixture->tree);

	assert_refused(fixture, root, "test@eu-west-2/inst/ep", -ENOENT);
	assert_string_equal(fixture->request.command.path, "");
	assert_refused(fixture, root, "none/inst/ep", -ENOENT);
	assert_refused(fixture, root, "test@eu-west-1", -EINVAL);
	assert_refused(fixture, root, "test@eu-west-1/inst", -EINVAL);
	assert_refused(fixture, root, "test@eu-west-1/inst/a/b", -EINVAL);
	assert_refused(fixture, root, "test@eu-west-1//ep", -EINVAL);
	assert_refused(fixture, root, ".dmsfs/inst/ep", -EINVAL);
	assert_refused(fixture, root, "/inst/ep", -EINVAL);
	assert_refused(fixture, root, "\x1B/inst/ep", -EINVAL);
	assert_refused(fixture, root, "", -EINVAL);
	assert_refused(fixture, fixture->source, "ep", -EINVAL);
	assert_refused(fixture, fixture->source, ".dmsfs/ep", -EINVAL);
	assert_refused(fixture, fixture->instance, "ep/e", -EINVAL);
	assert_refused(fixture, fixture->own, "inst/ep", -EINVAL);
	assert_refused(fixture, fixture->deep, "ep", -EINVAL);
	assert_refused(fixture, fixture->text, "", -EINVAL);
	/* Nobody learns in this way which sources there are. */
	fixture->request.caller.uid = OWNER + 1;
	assert_refused(fixture, root, "test@eu-west-2/inst/ep", -EPERM);
}

/* What does not fit is not cut, which would make it another's path. */
static void shows_no_part_of_a_long_path(void **state)
{
	struct fixture *fixture = *state;
	char text[DMSFS_NAME_SIZE];
	const int left = DMSFS_NAME_SIZE - 1 - (int)strlen("test@eu-west-1/");

	snprintf(text, sizeof(text), "%0250d/%0*d", 1, left - 251, 2);
	name(fixture, text);
	give(fixture, fixture->source, DMSFS_IOC_TEST);
	assert_int_equal(fixture->call->r, 0);
	finish(fixture, 0);
	assert_int_equal(strlen(fixture->request.command.path), DMSFS_NAME_SIZE - 1);
	snprintf(text, sizeof(text), "%0250d/%0*d", 1, left - 250, 2);
	name(fixture, text);
	give(fixture, fixture->source, DMSFS_IOC_TEST);
	assert_int_equal(fixture->call->r, 0);
	finish(fixture, 0);
	assert_string_equal(fixture->request.command.path, "");
}

static void refuses_what_it_may_mean_one_day(void **state)
{
	struct fixture *fixture = *state;

	fixture->command.flags = 1;
	assert_refused(fixture, fixture->file, "", -EINVAL);
	fixture->command.flags = 0;
	fixture->command.reserved[6] = 1;
	assert_refused(fixture, fixture->file, "", -EINVAL);
	fixture->command.reserved[6] = 0;
	memset(fixture->command.name, 'x', sizeof(fixture->command.name));
	give(fixture, fixture->instance, DMSFS_IOC_TEST);
	assert_int_equal(fixture->call->r, -EINVAL);
	finish(fixture, -EINVAL);
}

static void refuses_a_file_that_has_gone(void **state)
{
	struct fixture *fixture = *state;
	struct tree_attributes attributes;
	struct node *node = NULL;

	assert_int_equal(
		tree_lookup(fixture->tree, fixture->instance, "ep", &node, &attributes),
		0);
	assert_int_equal(staging_remove(fixture->tree, node, 2), 0);
	assert_int_equal(staging_drop(fixture->tree, fixture->instance, "ep"), 0);
	assert_refused(fixture, node, "", -ENOENT);
	tree_forget(fixture->tree, node, 1);
}

static void hands_over_few_of_the_commands_of_others(void **state)
{
	struct fixture *fixture = *state;

	fixture->request.caller.uid = OWNER + 1;
	for (int i = 0; i < 10; i++)
		assert_refused(fixture, fixture->file, "", -EPERM);
	give(fixture, fixture->file, DMSFS_IOC_TEST);
	assert_null(fixture->call);
	assert_int_equal(fixture->request.replies, 1);
	assert_int_equal(fixture->request.result, -EPERM);
	/* Those of the owner go on. */
	fixture->request.caller.uid = OWNER;
	give(fixture, fixture->file, DMSFS_IOC_TEST);
	assert_int_equal(fixture->call->r, 0);
	finish(fixture, 0);
	/* And in the next minute they are logged again. */
	fixture->context.strangers_since_ns -= 60 * NS_PER_S;
	fixture->request.caller.uid = OWNER + 1;
	assert_refused(fixture, fixture->file, "", -EPERM);
}

static void refuses_others_and_what_is_not_allowed(void **state)
{
	struct fixture *fixture = *state;

	fixture->request.caller.uid = OWNER + 1;
	assert_refused(fixture, fixture->file, "", -EPERM);
	assert_string_equal(fixture->request.command.path, "inst/ep");
	/* Of two reasons it is this one. */
	assert_refused(fixture, fixture->text, "", -EPERM);
	fixture->request.caller.uid = 0;
	name(fixture, "");
	give(fixture, fixture->file, DMSFS_IOC_TEST);
	assert_int_equal(fixture->call->r, 0);
	finish(fixture, 0);
	fixture->context.hooks.is_test_allowed = false;
	assert_refused(fixture, fixture->file, "", -EPERM);
	give(fixture, fixture->file, DMSFS_IOC_DELETE);
	assert_int_equal(fixture->call->r, 0);
	finish(fixture, 0);
	fixture->context.hooks.is_deletion_allowed = false;
	give(fixture, fixture->file, DMSFS_IOC_DELETE);
	assert_int_equal(fixture->call->r, -EPERM);
	finish(fixture, -EPERM);
	/* Where nothing is allowed nobody takes the call. */
	fixture->context.hooks.commanded = NULL;
	give(fixture, fixture->file, DMSFS_IOC_TEST);
	assert_null(fixture->call);
	assert_int_equal(fixture->request.replies, 1);
	assert_int_equal(fixture->request.result, -EPERM);
	assert_non_null(strstr(fixture->request.command.message, "--allow-test"));
}

static void knows_no_other_ioctl(void **state)
{
	static const unsigned others[] = {0, 0x5401, DMSFS_IOC_TEST + 2, _IO(0xD5, 1)};
	struct fixture *fixture = *state;
	const fuse_ino_t id = request_node_id(&fixture->context, fixture->file);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		give(fixture, fixture->file, others[i]);
		assert_null(fixture->call);
		assert_int_equal(fixture->request.replies, 1);
		assert_int_equal(fixture->request.result, -ENOTTY);
	}
	handle_ioctl(&fixture->request, id, DMSFS_IOC_TEST, NULL, NULL, 0, NULL, 0, 0);
	assert_int_equal(fixture->request.result, -ENOTTY);
	assert_null(fixture->call);
}

static void interrupt(struct fixture *fixture)
{
	struct fuse_req *request = &fixture->request;

	request->interrupted(request, request->interrupted_data);
}

static void a_signal_ends_the_wait_alone(void **state)
{
	struct fixture *fixture = *state;

	name(fixture, "");
	give(fixture, fixture->file, DMSFS_IOC_TEST);
	interrupt(fixture);
	assert_int_equal(fixture->request.replies, 1);
	assert_int_equal(fixture->request.result, -EINTR);
	/* Once more, as libfuse may at the same time as the reply. */
	interrupt(fixture);
	assert_non_null(fixture->call);
	finish(fixture, 0);
	interrupt(fixture);
	assert_int_equal(fixture->request.replies, 1);
}

static void a_signal_before_it_begins_leaves_it_undone(void **state)
{
	struct fixture *fixture = *state;

	fixture->request.is_interrupted = true;
	give(fixture, fixture->file, DMSFS_IOC_TEST);
	assert_null(fixture->call);
	assert_int_equal(fixture->request.replies, 1);
	assert_int_equal(fixture->request.result, -EINTR);
}

static void a_signal_finds_its_own_call(void **state)
{
	struct fixture *fixture = *state;
	struct fuse_req other = fixture->request;
	struct ioctl_call *first = NULL;

	give(fixture, fixture->file, DMSFS_IOC_TEST);
	first = fixture->call;
	fixture->call = NULL;
	handle_ioctl(&other, request_node_id(&fixture->context, fixture->file),
		     DMSFS_IOC_TEST, NULL, NULL, 0, &fixture->command,
		     sizeof(fixture->command), sizeof(fixture->command));
	interrupt(fixture);
	assert_int_equal(fixture->request.replies, 1);
	assert_int_equal(other.replies, 0);
	finish(fixture, 0);
	assert_int_equal(other.replies, 1);
	assert_int_equal(other.result, 0);
	fixture->call = first;
	finish(fixture, 0);
	assert_int_equal(fixture->request.replies, 1);
}

#define IOCTL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define SOURCES_TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up_sources, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOCTL_TEST(hands_over_the_connection_of_a_file),
		IOCTL_TEST(replies_to_a_failure_with_its_texts),
		IOCTL_TEST(takes_names_on_directories),
		IOCTL_TEST(refuses_what_is_no_connection),
		IOCTL_TEST(takes_names_as_long_as_they_may_be),
		SOURCES_TEST(takes_names_on_each_level_of_a_source),
		SOURCES_TEST(refuses_what_is_in_no_source),
		SOURCES_TEST(shows_no_part_of_a_long_path),
		IOCTL_TEST(refuses_what_it_may_mean_one_day),
		IOCTL_TEST(refuses_a_file_that_has_gone),
		IOCTL_TEST(hands_over_few_of_the_commands_of_others),
		IOCTL_TEST(refuses_others_and_what_is_not_allowed),
		IOCTL_TEST(knows_no_other_ioctl),
		IOCTL_TEST(a_signal_ends_the_wait_alone),
		IOCTL_TEST(a_signal_before_it_begins_leaves_it_undone),
		IOCTL_TEST(a_signal_finds_its_own_call),
	};

	return cmocka_run_group_tests_name("ioctl", tests, NULL, NULL);
}
