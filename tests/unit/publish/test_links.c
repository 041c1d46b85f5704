#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fs/publish/publish_links.h"
#include "fs/tree/tree_locked.h"

#define NOW INT64_C(1790000000123456789)
#define SOURCE "prod@eu-west-1"

/* What two sources do to one directory, with no mount: the functions of change.h do at
 * once what the editor would have done. */
struct fixture {
	struct tree *tree;
	struct node *by_status;
	struct change change;
	struct publish_links links;
	unsigned others; /* turns in which another source removes empty directories */
};

static struct fixture fixture;

static const struct connection record = {
	.field =
		{[CONNECTION_STATUS] = "odd", [CONNECTION_ENDPOINT_IDENTIFIER] = "src"},
};
static const struct snapshot_entry entry = {
	.instance = "inst", .endpoint = "src", .connection = &record};
static const struct node_content a_directory = {.kind = NODE_DIRECTORY};

static void remove_node(struct node *node)
{
	pthread_rwlock_wrlock(&fixture.tree->lock);
	assert_int_equal(tree_remove_locked(fixture.tree, node, NOW), 0);
	pthread_rwlock_unlock(&fixture.tree->lock);
}

/* After any command the turn may pass. */
static void let_another_source_in(void)
{
	struct node *node = tree_find(fixture.tree, fixture.by_status, "odd");

	if (fixture.others == 0)
		return;
	fixture.others--;
	if (node && tree_is_empty(fixture.tree, node))
		remove_node(node);
}

int change_add_directory(struct change *change, struct node *parent, const char *name)
{
	int r = tree_add(change->tree, parent, name, &a_directory, NOW, NULL);

	let_another_source_in();
	return r;
}

int change_add_link(struct change *change, struct node *parent, const char *name,
		    const char *target)
{
	const struct node_content content = {
		.kind = NODE_LINK, .text = target, .text_len = strlen(target)};
	int r = tree_add(change->tree, parent, name, &content, NOW, NULL);

	let_another_source_in();
	return r;
}

int change_remove(struct change *, struct node *node)
{
	remove_node(node);
	let_another_source_in();
	return 0;
}

int change_finish(struct change *)
{
	return 0;
}

int change_finish_directories(struct change *)
{
	return 0;
}

static int set_up(void **)
{
	const struct tree_options options = {.umask = 022};

	fixture = (struct fixture){.others = 0};
	if (tree_new(&options, NOW, &fixture.tree) < 0)
		return -1;
	fixture.change.tree = fixture.tree;
	assert_int_equal(tree_add(fixture.tree, tree_root(fixture.tree), "by-status",
				  &a_directory, NOW, &fixture.by_status),
			 0);
	publish_links_init(&fixture.links, &fixture.change, fixture.by_status, SOURCE);
	return 0;
}

static int tear_down(void **)
{
	publish_links_fini(&fixture.links);
	tree_free(fixture.tree);
	return 0;
}

static void publish_link(void)
{
	const struct snapshot_entry none = {.instance = "inst", .endpoint = "src"};

	assert_int_equal(publish_links_add_directory(&fixture.links, &entry), 0);
	assert_int_equal(publish_links_move(&fixture.links, &none, &entry), 0);
	assert_int_equal(publish_links_finish(&fixture.links), 0);
}

static void assert_linked(void)
{
	struct node *directory = tree_find(fixture.tree, fixture.by_status, "odd");

	assert_non_null(directory);
	assert_non_null(tree_find(fixture.tree, directory, SOURCE ":inst:src"));
}

static void adds_a_link_and_its_directory(void **)
{
	publish_link();
	assert_linked();
}

static void adds_a_directory_as_often_as_another_source_removes_it(void **)
{
	for (unsigned others = 1; others < 5; others++) {
		fixture.others = others;
		publish_link();
		assert_linked();
		assert_int_equal(
			publish_links_move(&fixture.links, &entry,
					   &(struct snapshot_entry){.instance = "inst",
								    .endpoint = "src"}),
			0);
		assert_int_equal(publish_links_finish(&fixture.links), 0);
		assert_null(tree_find(fixture.tree, fixture.by_status, "odd"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(adds_a_link_and_its_directory, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			adds_a_directory_as_often_as_another_source_removes_it, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
