/*
 * The handlers where no mount of ours leads: with a kernel that offers less than the
 * one at hand, when it has gone before the answer, and what it never asks. What they
 * reply goes to the functions of libfuse, whose place is taken here.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/fuse/operations.h"
#include "fs/fuse/request.h"
#include "tests/unit/shortage.h"

/* A request, and what was replied to it, once. */
struct fuse_req {
	struct request_context *context;
	struct fuse_ctx caller;
	bool is_kernel_gone;
	unsigned replies;
	int error;
	struct fuse_entry_param entry;
	struct fuse_file_info file;
	size_t len;
	char text[256];
};

static int reply(fuse_req_t request)
{
	assert_int_equal(request->replies++, 0);
	return request->is_kernel_gone ? -ENOENT : 0;
}

void *fuse_req_userdata(fuse_req_t request)
{
	return request->context;
}

const struct fuse_ctx *fuse_req_ctx(fuse_req_t request)
{
	return &request->caller;
}

int fuse_reply_err(fuse_req_t request, int error)
{
	request->error = error;
	return reply(request);
}

int fuse_reply_entry(fuse_req_t request, const struct fuse_entry_param *entry)
{
	request->entry = *entry;
	return reply(request);
}

int fuse_reply_open(fuse_req_t request, const struct fuse_file_info *file)
{
	request->file = *file;
	return reply(request);
}

int fuse_reply_buf(fuse_req_t request, const char *buffer, size_t len)
{
	request->len = len;
	if (buffer && len < sizeof(request->text))
		memcpy(request->text, buffer, len);
	return reply(request);
}

static const struct connection record = {
	.field = {[CONNECTION_STATUS] = "successful"},
};

struct fixture {
	struct tree *tree;
	struct node *directory;
	struct node *file;
	struct node *refresh;
	unsigned refreshes;
	struct request_context context;
	struct fuse_req request;
};

static bool is_refresh(void *data, const struct node *node)
{
	const struct fixture *fixture = data;

	return node == fixture->refresh;
}

static void count_refresh(void *data, const struct node *)
{
	struct fixture *fixture = data;

	fixture->refreshes++;
}

static int set_up(void **state)
{
	static struct fixture fixture;
	const struct tree_options options = {.umask = 022};
	const struct node_content directory = {.kind = NODE_DIRECTORY};
	const struct node_content file = {.kind = NODE_CONNECTION,
					  .connection = &record};
	struct request_hooks hooks = {
		.is_refresh = is_refresh, .refreshed = count_refresh, .data = &fixture};

	fixture = (struct fixture){.tree = NULL};
	assert_int_equal(tree_new(&options, 1, &fixture.tree), 0);
	assert_int_equal(tree_add(fixture.tree, tree_root(fixture.tree), "inst",
				  &directory, 1, &fixture.directory),
			 0);
	assert_int_equal(tree_add(fixture.tree, fixture.directory, "ep", &file, 1,
				  &fixture.file),
			 0);
	assert_int_equal(tree_add(fixture.tree, tree_root(fixture.tree), "refresh",
				  &file, 1, &fixture.refresh),
			 0);
	request_context_init(&fixture.context, fixture.tree, &hooks);
	fixture.request.context = &fixture.context;
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	request_context_fini(&fixture->context);
	tree_free(fixture->tree);
	return 0;
}

/* The request, as if nothing had been replied yet. */
static fuse_req_t ask(struct fixture *fixture)
{
	assert_in_range(fixture->request.replies, 0, 1);
	fixture->request.replies = 0;
	fixture->request.error = 0;
	return &fixture->request;
}

static fuse_ino_t id_of(struct fixture *fixture, const struct node *node)
{
	return request_node_id(&fixture->context, node);
}

/* What a kernel that is asked for these capabilities gets to know. */
static void offer(struct fixture *fixture, unsigned capabilities)
{
	struct fuse_conn_info connection = {.capable = capabilities};

	operations_table.init(&fixture->context, &connection);
	assert_int_equal(connection.want & ~capabilities, 0);
}

static void leaves_opens_out_where_the_kernel_does(void **state)
{
	struct fixture *fixture = *state;
	struct fuse_file_info file = {.flags = O_RDONLY};

	offer(fixture, FUSE_CAP_NO_OPEN_SUPPORT | FUSE_CAP_NO_OPENDIR_SUPPORT);
	operations_table.open(ask(fixture), id_of(fixture, fixture->file), &file);
	assert_int_equal(fixture->request.error, ENOSYS);
	operations_table.opendir(ask(fixture), FUSE_ROOT_ID, &file);
	assert_int_equal(fixture->request.error, ENOSYS);
}

static void opens_for_reading_alone_where_the_kernel_asks(void **state)
{
	static const int writing[] = {O_WRONLY, O_RDWR};
	struct fixture *fixture = *state;
	struct fuse_file_info file = {.flags = O_RDONLY};

	offer(fixture, 0);
	operations_table.open(ask(fixture), id_of(fixture, fixture->file), &file);
	assert_int_equal(fixture->request.error, 0);
	assert_true(fixture->request.file.keep_cache);
	operations_table.opendir(ask(fixture), FUSE_ROOT_ID, &file);
	assert_int_equal(fixture->request.error, 0);
	assert_true(fixture->request.file.keep_cache);
	assert_true(fixture->request.file.cache_readdir);
	for (size_t i = 0; i < 2; i++) {
		file.flags = writing[i];
		operations_table.open(ask(fixture), id_of(fixture, fixture->file),
				      &file);
		assert_int_equal(fixture->request.error, EROFS);
		operations_table.open(ask(fixture), id_of(fixture, fixture->refresh),
				      &file);
		assert_int_equal(fixture->request.error, 0);
	}
}

static void takes_a_write_to_refresh_for_a_wish(void **state)
{
	struct fixture *fixture = *state;
	struct stat attributes = {.st_mode = 0};

	operations_table.setattr(ask(fixture), id_of(fixture, fixture->refresh),
				 &attributes, FUSE_SET_ATTR_MODE, NULL);
	assert_int_equal(fixture->request.error, EROFS);
	assert_int_equal(fixture->refreshes, 0);
}

static void refuses_names_and_places_that_cannot_be(void **state)
{
	struct fixture *fixture = *state;
	char name[257];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	operations_table.lookup(ask(fixture), FUSE_ROOT_ID, name);
	assert_int_equal(fixture->request.error, ENAMETOOLONG);
	operations_table.lookup(ask(fixture), id_of(fixture, fixture->file), "x");
	assert_int_equal(fixture->request.error, ENOTDIR);
	operations_table.readdir(ask(fixture), id_of(fixture, fixture->file), 4096, 0,
				 NULL);
	assert_int_equal(fixture->request.error, ENOTDIR);
	assert_int_equal(tree_lookups(fixture->tree), 0);
}

static void counts_no_lookup_that_the_kernel_did_not_get(void **state)
{
	struct fixture *fixture = *state;

	operations_table.lookup(ask(fixture), FUSE_ROOT_ID, "inst");
	assert_int_equal(fixture->request.entry.ino,
			 id_of(fixture, fixture->directory));
	assert_int_equal(tree_lookups(fixture->tree), 1);
	fixture->request.is_kernel_gone = true;
	operations_table.lookup(ask(fixture), FUSE_ROOT_ID, "inst");
	assert_int_equal(tree_lookups(fixture->tree), 1);
}

static void responses_with_an_error_what_it_has_no_memory_for(void **state)
{
	struct fixture *fixture = *state;
	fuse_ino_t file = id_of(fixture, fixture->file);

	shortage_begin(1);
	operations_table.read(ask(fixture), file, 4096, 0, NULL);
	assert_int_equal(fixture->request.error, ENOMEM);
	shortage_begin(1);
	operations_table.readdir(ask(fixture), FUSE_ROOT_ID, 4096, 0, NULL);
	assert_int_equal(fixture->request.error, ENOMEM);
	shortage_begin(1);
	operations_table.readlink(ask(fixture), file);
	assert_int_equal(fixture->request.error, ENOMEM);
	shortage_end();
	operations_table.read(ask(fixture), file, 4096, 0, NULL);
	assert_int_equal(fixture->request.len, strlen("Status: successful\n"));
	assert_memory_equal(fixture->request.text, "Status: successful\n",
			    fixture->request.len);
}

static void lists_in_plain_readdir_too(void **state)
{
	struct fixture *fixture = *state;

	operations_table.readdir(ask(fixture), id_of(fixture, fixture->directory), 4096,
				 0, NULL);
	assert_int_equal(fixture->request.error, 0);
	/* ".", ".." and the file, 24 bytes and a name in eights each. */
	assert_int_equal(fixture->request.len, 3 * 32);
	operations_table.readdir(ask(fixture), id_of(fixture, fixture->directory), 70,
				 0, NULL);
	assert_int_equal(fixture->request.len, 2 * 32);
	assert_int_equal(tree_lookups(fixture->tree), 0);
}

#define OPERATIONS_TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPERATIONS_TEST(leaves_opens_out_where_the_kernel_does),
		OPERATIONS_TEST(opens_for_reading_alone_where_the_kernel_asks),
		OPERATIONS_TEST(takes_a_write_to_refresh_for_a_wish),
		OPERATIONS_TEST(refuses_names_and_places_that_cannot_be),
		OPERATIONS_TEST(counts_no_lookup_that_the_kernel_did_not_get),
		OPERATIONS_TEST(responses_with_an_error_what_it_has_no_memory_for),
		OPERATIONS_TEST(lists_in_plain_readdir_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
