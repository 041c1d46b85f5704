#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fs/tree/dirtied_pages.h"
#include "fs/tree/staging.h"
#include "fs/tree/tree_locked.h"

#define NOW INT64_C(1790000000123456789)
#define LATER (NOW + 1000)

static const struct connection old_record = {
	.field = {[CONNECTION_STATUS] = "testing"},
};
static const struct connection new_record = {
	.field = {[CONNECTION_STATUS] = "successful"},
};
static const char old_text[] = "Status: testing\n";
static const char new_text[] = "Status: successful\n";

static const struct node_content a_directory = {.kind = NODE_DIRECTORY};
static const struct node_content old_content = {.kind = NODE_CONNECTION,
						.connection = &old_record};
static const struct node_content new_content = {.kind = NODE_CONNECTION,
						.connection = &new_record};

static int set_up(void **state)
{
	const struct tree_options options = {.umask = 022};
	struct tree *tree = NULL;

	if (tree_new(&options, NOW, &tree) < 0)
		return -1;
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	tree_free(*state);
	return 0;
}

static struct node *add(struct tree *tree, struct node *parent, const char *name,
			const struct node_content *content)
{
	struct node *node = NULL;

	assert_int_equal(tree_add(tree, parent, name, content, NOW, &node), 0);
	return node;
}

/* As when it is staged and the editor removes it. */
static int remove_node(struct tree *tree, struct node *node, int64_t mtime_ns)
{
	int r = 0;

	pthread_rwlock_wrlock(&tree->lock);
	r = tree_remove_locked(tree, node, mtime_ns);
	pthread_rwlock_unlock(&tree->lock);
	return r;
}

static int look_up(struct tree *tree, struct node *parent, const char *name)
{
	struct tree_attributes attributes;
	struct node *node = NULL;
	int r = tree_lookup(tree, parent, name, &node, &attributes);

	if (r == 0)
		tree_forget(tree, node, 1);
	return r;
}

static void assert_text(struct tree *tree, const struct node *node,
			const char *expected)
{
	struct tree_attributes attributes;
	char text[256] = "";

	text[tree_read(tree, node, text, sizeof(text) - 1, 0)] = '\0';
	assert_string_equal(text, expected);
	tree_attributes(tree, node, &attributes);
	assert_int_equal(attributes.size, strlen(expected));
}

/* As mknod does; forgotten at once. */
static int show(struct tree *tree, struct node *parent, const char *name)
{
	struct tree_attributes attributes;
	struct node *node = NULL;
	int r = staging_show(tree, parent, name, &node, &attributes);

	if (r == 0)
		tree_forget(tree, node, 1);
	return r;
}

static void hides_an_entry_until_it_is_shown(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct tree_attributes attributes;
	struct node *node = NULL;
	struct node *shown = NULL;

	assert_int_equal(staging_add(tree, root, "a", &a_directory, LATER, &node), 0);
	assert_int_equal(look_up(tree, root, "a"), -ENOENT);
	tree_lock_shared(tree);
	assert_null(tree_next_locked(tree, root, 0));
	tree_unlock(tree);
	assert_int_equal(tree_count(tree), 1);
	tree_attributes(tree, root, &attributes);
	assert_int_equal(attributes.links, 2);
	assert_int_equal(attributes.mtime_ns, NOW);

	assert_int_equal(staging_show(tree, root, "a", &shown, &attributes), 0);
	assert_ptr_equal(shown, node);
	assert_int_equal(tree_lookups(tree), 1);
	tree_forget(tree, node, 1);
	assert_int_equal(look_up(tree, root, "a"), 0);
	assert_int_equal(tree_count(tree), 2);
	tree_attributes(tree, root, &attributes);
	assert_int_equal(attributes.links, 3);
	assert_int_equal(attributes.mtime_ns, LATER);
}

static void shows_nothing_that_was_not_staged(void **state)
{
	struct tree *tree = *state;
	struct tree_attributes attributes;
	struct node *node = NULL;

	add(tree, tree_root(tree), "there", &old_content);
	assert_int_equal(staging_show(tree, tree_root(tree), "x", &node, &attributes),
			 -EROFS);
	assert_int_equal(
		staging_show(tree, tree_root(tree), "there", &node, &attributes),
		-EEXIST);
}

static void serves_the_old_content_until_the_swap(void **state)
{
	struct tree *tree = *state;
	struct node *file = add(tree, tree_root(tree), "f", &old_content);
	struct tree_attributes attributes;

	assert_int_equal(staging_replace(tree, file, &new_content, LATER), 0);
	assert_text(tree, file, old_text);
	staging_swap(tree, file);
	assert_text(tree, file, new_text);
	tree_attributes(tree, file, &attributes);
	assert_int_equal(attributes.mtime_ns, LATER);
	staging_swap(tree, file);
	assert_text(tree, file, new_text);
}

static off_t size_of(struct tree *tree, struct node *node)
{
	struct tree_attributes attributes;

	tree_attributes(tree, node, &attributes);
	return attributes.size;
}

static void assert_held_back(struct tree *tree, struct node *node, off_t old_size,
			     const char *expected)
{
	char text[64] = "";

	assert_int_equal(size_of(tree, node), old_size);
	text[tree_read(tree, node, text, sizeof(text) - 1, 0)] = '\0';
	assert_string_equal(text, expected);
}

static void announces_at_once_what_has_another_size(void **state)
{
	struct tree *tree = *state;
	struct node *file = add(tree, tree_root(tree), "f", &old_content);

	assert_int_equal(staging_replace(tree, file, &new_content, LATER), 0);
	assert_int_equal(staging_announce(tree, file, false), 0);
	assert_text(tree, file, new_text);
}

/* Pages of the content before would stay. */
static void announces_the_same_size_when_the_kernel_has_asked(void **state)
{
	static const struct connection same_size = {
		.field = {[CONNECTION_STATUS] = "tasting"},
	};
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = &same_size};
	struct tree *tree = *state;
	struct node *file = add(tree, tree_root(tree), "f", &old_content);

	assert_int_equal(staging_replace(tree, file, &content, LATER), 0);
	assert_int_equal(staging_announce(tree, file, false), -EAGAIN);
	assert_text(tree, file, "Status: tasting\n");
	assert_int_equal(staging_announce(tree, file, false), -EAGAIN);
	assert_int_equal(staging_announce(tree, file, true), 0);

	/* Also where it had asked before the content was staged. */
	assert_int_equal(staging_replace(tree, file, &old_content, LATER), 0);
	assert_int_equal(staging_announce(tree, file, true), -EAGAIN);
	assert_int_equal(staging_announce(tree, file, true), 0);
}

/* A read of the second page may have told the kernel the size. */
static void announces_what_takes_pages_when_the_kernel_has_asked(void **state)
{
	static char message[6000];
	const struct connection large = {
		.field = {[CONNECTION_LAST_FAILURE_MESSAGE] = message}};
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = &large};
	struct tree *tree = *state;
	struct node *file = add(tree, tree_root(tree), "f", &old_content);

	memset(message, 'x', sizeof(message) - 1);
	assert_int_equal(staging_replace(tree, file, &content, LATER), 0);
	assert_int_equal(staging_announce(tree, file, false), -EAGAIN);
	assert_int_equal(staging_announce(tree, file, true), 0);

	assert_int_equal(staging_replace(tree, file, &old_content, LATER), 0);
	assert_int_equal(staging_announce(tree, file, false), 0);
}

static void announces_a_text_when_the_kernel_has_asked(void **state)
{
	struct tree *tree = *state;
	const struct node_content one = {
		.kind = NODE_TEXT, .text = "one\n", .text_len = 4};
	const struct node_content two = {
		.kind = NODE_TEXT, .text = "one\ntwo\n", .text_len = 8};
	struct node *log = add(tree, tree_root(tree), "log", &one);

	assert_int_equal(staging_replace(tree, log, &two, LATER), 0);
	assert_int_equal(staging_announce(tree, log, false), -EAGAIN);
	assert_held_back(tree, log, 4, "one\ntwo\n");
	assert_int_equal(staging_announce(tree, log, true), 0);
	assert_text(tree, log, "one\ntwo\n");
}

static void keeps_the_size_of_a_text_that_has_grown_until_it_is_told(void **state)
{
	struct tree *tree = *state;
	const struct node_content one = {
		.kind = NODE_TEXT, .text = "one\n", .text_len = 4};
	const struct node_content two = {
		.kind = NODE_TEXT, .text = "one\ntwo\n", .text_len = 8};
	const struct node_content other = {
		.kind = NODE_TEXT, .text = "another\ntext\n", .text_len = 13};
	struct node *log = add(tree, tree_root(tree), "log", &one);

	assert_int_equal(staging_replace(tree, log, &two, LATER), 0);
	staging_swap(tree, log);
	assert_held_back(tree, log, 4, "one\ntwo\n");
	staging_swap(tree, log);
	assert_held_back(tree, log, 4, "one\ntwo\n");
	assert_int_equal(staging_announce(tree, log, true), 0);
	assert_text(tree, log, "one\ntwo\n");

	/* A text that begins otherwise has no old end. */
	assert_int_equal(staging_replace(tree, log, &other, LATER), 0);
	staging_swap(tree, log);
	assert_text(tree, log, "another\ntext\n");
	assert_int_equal(staging_replace(tree, log, &one, LATER), 0);
	staging_swap(tree, log);
	assert_text(tree, log, "one\n");
}

static void moves_the_time_on_even_if_the_clock_does_not(void **state)
{
	struct tree *tree = *state;
	struct node *file = add(tree, tree_root(tree), "f", &old_content);
	struct tree_attributes attributes;

	assert_int_equal(staging_replace(tree, file, &new_content, NOW - 5), 0);
	staging_swap(tree, file);
	tree_attributes(tree, file, &attributes);
	assert_int_equal(attributes.mtime_ns, NOW + 1);
}

static void swaps_what_was_staged_last(void **state)
{
	struct tree *tree = *state;
	struct node *file = add(tree, tree_root(tree), "f", &old_content);
	const struct node_content text = {
		.kind = NODE_TEXT, .text = "x", .text_len = 1};
	const struct node_content more = {
		.kind = NODE_TEXT, .text = "yz", .text_len = 2};
	struct node *log = add(tree, tree_root(tree), "log", &text);

	assert_int_equal(staging_replace(tree, log, &text, LATER), 0);
	assert_int_equal(staging_replace(tree, file, &new_content, LATER), 0);
	assert_int_equal(staging_replace(tree, log, &more, LATER), 0);
	staging_swap(tree, log);
	assert_text(tree, log, "yz");
	assert_text(tree, file, old_text);
	staging_swap(tree, file);
	assert_text(tree, file, new_text);
}

/* A path may go over to a connection that is called otherwise. */
static void keeps_the_name_of_a_file_whose_new_record_tells_another(void **state)
{
	static const struct connection first = {
		.field = {[CONNECTION_ENDPOINT_IDENTIFIER] = "a"}};
	static const struct connection second = {
		.field = {[CONNECTION_ENDPOINT_IDENTIFIER] = "b"}};
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = &first};
	const struct node_content other = {.kind = NODE_CONNECTION,
					   .connection = &second};
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct node *file = add(tree, root, "a", &content);
	char buffer[TREE_NAME_SIZE];

	/* Staged twice, and dropped, and staged for good. */
	assert_int_equal(staging_replace(tree, file, &other, LATER), 0);
	assert_int_equal(staging_replace(tree, file, &other, LATER), 0);
	staging_cancel(tree, "a");
	assert_string_equal(tree_name(tree, file, buffer), "a");
	assert_int_equal(staging_replace(tree, file, &other, LATER), 0);
	staging_swap(tree, file);
	assert_text(tree, file, "EndpointIdentifier: b\n");
	assert_string_equal(tree_name(tree, file, buffer), "a");
	assert_ptr_equal(tree_find(tree, root, "a"), file);
	assert_null(tree_find(tree, root, "b"));

	assert_int_equal(staging_replace(tree, file, &content, LATER), 0);
	staging_swap(tree, file);
	assert_text(tree, file, "EndpointIdentifier: a\n");
	assert_string_equal(tree_name(tree, file, buffer), "a");
	assert_int_equal(staging_remove(tree, file, LATER), 0);
	assert_int_equal(staging_drop(tree, root, "a"), 0);
	assert_null(tree_find(tree, root, "a"));
}

static void swaps_many_in_any_order(void **state)
{
	struct tree *tree = *state;
	static struct node *files[1000];
	char name[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		files[i] = add(tree, tree_root(tree), name, &old_content);
		assert_int_equal(staging_replace(tree, files[i], &new_content, LATER),
				 0);
	}
	for (int i = 0; i < 1000; i++)
		staging_swap(tree, files[(i * 7) % 1000]);
	for (int i = 0; i < 1000; i++)
		assert_text(tree, files[i], new_text);
}

static void drops_only_what_was_staged_for_it(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct node *file = add(tree, root, "f", &old_content);

	assert_int_equal(staging_drop(tree, root, "f"), -EROFS);
	assert_int_equal(staging_drop(tree, root, "x"), -ENOENT);
	assert_int_equal(staging_replace(tree, file, &new_content, LATER), 0);
	assert_int_equal(staging_remove(tree, file, LATER), 0);
	assert_int_equal(look_up(tree, root, "f"), 0);
	assert_int_equal(staging_drop(tree, root, "f"), 0);
	assert_int_equal(look_up(tree, root, "f"), -ENOENT);
	assert_int_equal(staging_drop(tree, root, "f"), -ENOENT);
}

/* d/src and the link to it: all that the link tells follows from the file. */
static const struct connection src_record = {
	.field = {[CONNECTION_ENDPOINT_IDENTIFIER] = "src"},
};
static const struct node_content src_content = {.kind = NODE_CONNECTION,
						.connection = &src_record};
static const struct node_content src_link = {
	.kind = NODE_LINK, .text = "../../../d/src", .text_len = 14};

/* The directories of by-status are as deep. */
static struct node *add_statuses(struct tree *tree)
{
	return add(tree, add(tree, tree_root(tree), "own", &a_directory), "by-status",
		   &a_directory);
}

/* As when a status changes: the link to the file goes over to another directory. */
static void lets_a_file_have_another_link_while_one_is_leaving(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct node *directory = add(tree, root, "d", &a_directory);
	struct node *file = add(tree, directory, "src", &src_content);
	struct node *statuses = add_statuses(tree);
	struct node *testing = add(tree, statuses, "testing", &a_directory);
	struct node *failed = add(tree, statuses, "failed", &a_directory);
	struct node *before = add(tree, testing, "d:src", &src_link);
	struct node *after = NULL;
	char target[64];

	assert_int_equal(staging_remove(tree, before, LATER), 0);
	assert_int_equal(staging_add(tree, failed, "d:src", &src_link, LATER, &after),
			 0);
	assert_false(after->is_named);
	assert_int_equal(look_up(tree, testing, "d:src"), 0);
	tree_readlink(tree, before, target, sizeof(target));
	assert_string_equal(target, "../../../d/src");
	assert_int_equal(staging_drop(tree, testing, "d:src"), 0);
	assert_int_equal(show(tree, failed, "d:src"), 0);
	assert_int_equal(look_up(tree, failed, "d:src"), 0);

	/* The file goes, and its link could not. */
	assert_int_equal(staging_remove(tree, after, LATER), 0);
	assert_int_equal(staging_remove(tree, file, LATER), 0);
	staging_cancel(tree, "own/by-status/failed/d:src");
	assert_int_equal(staging_drop(tree, directory, "src"), 0);
	assert_int_equal(look_up(tree, failed, "d:src"), 0);
	tree_readlink(tree, after, target, sizeof(target));
	assert_string_equal(target, "../../../d/src");
}

static void forgets_a_staged_file_and_its_link(void **state)
{
	struct tree *tree = *state;
	struct node *directory = add(tree, tree_root(tree), "d", &a_directory);
	struct node *failed = add(tree, add_statuses(tree), "failed", &a_directory);
	struct node *node = NULL;

	assert_int_equal(
		staging_add(tree, directory, "src", &src_content, LATER, &node), 0);
	assert_int_equal(staging_add(tree, failed, "d:src", &src_link, LATER, &node),
			 0);
	assert_false(node->is_named);
	staging_cancel(tree, "d/src");
	assert_ptr_equal(tree_find(tree, failed, "d:src"), node);
	staging_cancel_all(tree);
	assert_int_equal(tree_count(tree), 5);
	assert_null(tree_find(tree, failed, "d:src"));
}

static void forgets_what_is_to_be_tried_again(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct node *directory = add(tree, root, "d", &a_directory);
	struct node *file = add(tree, directory, "f", &old_content);
	struct node *added = NULL;

	assert_int_equal(staging_add(tree, directory, "g", &new_content, LATER, &added),
			 0);
	assert_int_equal(staging_replace(tree, added, &old_content, LATER), 0);
	assert_int_equal(staging_replace(tree, file, &new_content, LATER), 0);
	assert_int_equal(staging_remove(tree, file, LATER), 0);
	assert_int_equal(staging_cancel(tree, "d/g"), 1);
	assert_int_equal(staging_cancel(tree, "d/g"), -ENOENT);
	assert_int_equal(staging_cancel(tree, "d/f"), 1);
	assert_int_equal(staging_cancel(tree, "d/f"), 0);
	assert_int_equal(staging_cancel(tree, "d/f/no/such"), -ENOENT);
	assert_null(tree_find(tree, directory, "g"));
	staging_swap(tree, file);
	assert_text(tree, file, old_text);
	assert_int_equal(staging_drop(tree, directory, "f"), -EROFS);

	assert_int_equal(staging_replace(tree, file, &new_content, LATER), 0);
	staging_swap(tree, file);
	assert_text(tree, file, new_text);
}

static void forgets_all_that_is_staged_however_much(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct node *directory = NULL;
	char name[32];

	assert_int_equal(staging_add(tree, root, "d", &a_directory, LATER, &directory),
			 0);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		assert_int_equal(
			staging_add(tree, directory, name, &new_content, LATER, NULL),
			0);
	}
	staging_cancel_all(tree);
	assert_true(tree_is_empty(tree, root));
}

static void tells_whether_a_file_shows_a_record(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct node *file = add(tree, root, "f", &old_content);
	struct node *staged = NULL;

	assert_int_equal(staging_add(tree, root, "g", &old_content, LATER, &staged), 0);
	assert_int_equal(staging_replace(tree, file, &new_content, LATER), 0);
	assert_true(tree_shows(tree, file, &old_record));
	assert_false(tree_shows(tree, file, &new_record));
	staging_swap(tree, file);
	assert_true(tree_shows(tree, file, &new_record));
	assert_false(tree_shows(tree, staged, &old_record));
	assert_false(tree_shows(tree, root, NULL));
}

static void notes_a_dirtied_file_once(void **state)
{
	struct tree *tree = *state;
	struct node *directory = add(tree, tree_root(tree), "d", &a_directory);
	struct node *file = add(tree, directory, "f", &old_content);
	struct node *gone = add(tree, tree_root(tree), "g", &old_content);
	struct tree_attributes attributes;
	char path[64];

	assert_true(dirtied_pages_add(tree, file));
	assert_false(dirtied_pages_add(tree, file));
	assert_true(dirtied_pages_add(tree, gone));
	tree_attributes(tree, file, &attributes);
	/* Each write counts: the page may have been dropped between them. */
	assert_int_equal(attributes.mtime_ns, NOW + 2);
	assert_int_equal(remove_node(tree, gone, LATER), 0);
	assert_true(dirtied_pages_take(tree, path, sizeof(path)));
	assert_string_equal(path, "d/f");
	assert_false(dirtied_pages_take(tree, path, sizeof(path)));
	assert_int_equal(tree_lookups(tree), 0);
}

static void renames_what_was_staged_for_it_alone(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	const struct node_content text = {
		.kind = NODE_TEXT, .text = "new", .text_len = 3};
	struct node *file = add(tree, root, "log", &text);
	struct node *other = add(tree, root, "other", &a_directory);
	char name[TREE_NAME_SIZE];

	assert_int_equal(staging_move(tree, root, "log", root, "log.1"), -EROFS);
	assert_int_equal(staging_rename(tree, file, "log.1", LATER), 0);
	assert_int_equal(staging_move(tree, root, "gone", root, "log.1"), -ENOENT);
	assert_int_equal(staging_move(tree, root, "other", root, "log.1"), -EROFS);
	assert_int_equal(staging_move(tree, root, "log", root, "log.2"), -EROFS);
	assert_int_equal(staging_move(tree, root, "log", other, "log.1"), -EROFS);
	assert_int_equal(look_up(tree, root, "log.1"), -ENOENT);
	assert_int_equal(staging_move(tree, root, "log", root, "log.1"), 0);
	assert_int_equal(look_up(tree, root, "log"), -ENOENT);
	assert_ptr_equal(tree_find(tree, root, "log.1"), file);
	assert_string_equal(tree_name(tree, file, name), "log.1");
	assert_text(tree, file, "new");
	/* As when the editor died before it could say so. */
	assert_int_equal(staging_move(tree, root, "log", root, "log.1"), -ENOENT);
	assert_int_equal(staging_cancel(tree, "log"), -ENOENT);
}

static void replaces_what_has_the_name_already(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	const struct node_content before = {
		.kind = NODE_TEXT, .text = "old", .text_len = 3};
	const struct node_content text = {
		.kind = NODE_TEXT, .text = "new", .text_len = 3};
	struct tree_attributes attributes;
	struct node *old = add(tree, root, "log.1", &before);
	struct node *file = add(tree, root, "log", &text);
	struct node *read = NULL;

	assert_int_equal(tree_lookup(tree, root, "log.1", &read, &attributes), 0);
	assert_int_equal(staging_rename(tree, file, "log.1", LATER), 0);
	assert_int_equal(staging_move(tree, root, "log", root, "log.1"), 0);
	assert_ptr_equal(tree_find(tree, root, "log.1"), file);
	assert_int_equal(tree_count(tree), 2);
	/* A follower still reads the one that went. */
	assert_text(tree, old, "old");
	tree_attributes(tree, old, &attributes);
	assert_int_equal(attributes.links, 0);
	tree_forget(tree, old, 1);
	tree_lock_shared(tree);
	assert_ptr_equal(tree_next_locked(tree, root, 0), file);
	assert_null(tree_next_locked(tree, root, tree_cookie(file)));
	tree_unlock(tree);
}

static void forgets_a_rename_that_failed(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct node *file = add(tree, root, "log", &old_content);

	assert_int_equal(staging_rename(tree, file, "log.1", LATER), 0);
	assert_int_equal(staging_cancel(tree, "log"), 1);
	assert_int_equal(staging_move(tree, root, "log", root, "log.1"), -EROFS);
	assert_int_equal(staging_rename(tree, file, "log.1", LATER), 0);
	staging_cancel_all(tree);
	assert_int_equal(staging_move(tree, root, "log", root, "log.1"), -EROFS);
	assert_int_equal(staging_rename(tree, file, "log.1", LATER), 0);
}

#define with_a_tree(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_a_tree(hides_an_entry_until_it_is_shown),
		with_a_tree(shows_nothing_that_was_not_staged),
		with_a_tree(serves_the_old_content_until_the_swap),
		with_a_tree(announces_at_once_what_has_another_size),
		with_a_tree(announces_the_same_size_when_the_kernel_has_asked),
		with_a_tree(announces_what_takes_pages_when_the_kernel_has_asked),
		with_a_tree(announces_a_text_when_the_kernel_has_asked),
		with_a_tree(keeps_the_size_of_a_text_that_has_grown_until_it_is_told),
		with_a_tree(moves_the_time_on_even_if_the_clock_does_not),
		with_a_tree(swaps_what_was_staged_last),
		with_a_tree(keeps_the_name_of_a_file_whose_new_record_tells_another),
		with_a_tree(swaps_many_in_any_order),
		with_a_tree(drops_only_what_was_staged_for_it),
		with_a_tree(lets_a_file_have_another_link_while_one_is_leaving),
		with_a_tree(forgets_a_staged_file_and_its_link),
		with_a_tree(forgets_what_is_to_be_tried_again),
		with_a_tree(forgets_all_that_is_staged_however_much),
		with_a_tree(tells_whether_a_file_shows_a_record),
		with_a_tree(notes_a_dirtied_file_once),
		with_a_tree(renames_what_was_staged_for_it_alone),
		with_a_tree(replaces_what_has_the_name_already),
		with_a_tree(forgets_a_rename_that_failed),
	};

	return cmocka_run_group_tests_name("staging", tests, NULL, NULL);
}
