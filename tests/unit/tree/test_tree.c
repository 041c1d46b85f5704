#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/tree/tree_locked.h"
#include "fs/tree/tree_read.h"
#include "src/base/clock.h"

#define NOW INT64_C(1790000000123456789)
#define LATER (NOW + 5)

static const struct connection record = {
	.field = {[CONNECTION_STATUS] = "successful",
		  [CONNECTION_ENDPOINT_IDENTIFIER] = "src"},
};
static const char record_text[] = "Status: successful\nEndpointIdentifier: src\n";

static const struct node_content a_directory = {.kind = NODE_DIRECTORY};
static const struct node_content a_connection = {.kind = NODE_CONNECTION,
						 .connection = &record};

static int set_up(void **state)
{
	const struct tree_options options = {.uid = 7, .gid = 8, .umask = 022};
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

static struct node *look_up(struct tree *tree, struct node *parent, const char *name,
			    struct tree_attributes *attributes)
{
	struct node *node = NULL;

	assert_int_equal(tree_lookup(tree, parent, name, &node, attributes), 0);
	return node;
}

static void shows_a_connection_with_its_true_size(void **state)
{
	struct tree *tree = *state;
	struct node *directory = add(tree, tree_root(tree), "prod", &a_directory);
	struct node *file = add(tree, directory, "src", &a_connection);
	struct tree_attributes attributes;
	char text[128];

	assert_ptr_equal(look_up(tree, directory, "src", &attributes), file);
	assert_int_equal(attributes.size, strlen(record_text));
	assert_int_equal(attributes.mode, S_IFREG | 0644);
	assert_int_equal(attributes.links, 1);
	assert_int_equal(attributes.uid, 7);
	assert_int_equal(attributes.gid, 8);
	assert_int_equal(attributes.mtime_ns, NOW);
	assert_int_equal(tree_read(tree, file, text, sizeof(text), 0),
			 strlen(record_text));
	assert_memory_equal(text, record_text, strlen(record_text));
	assert_int_equal(tree_read(tree, file, text, 6, 8), 6);
	assert_memory_equal(text, "succes", 6);
	assert_int_equal(tree_read(tree, file, text, sizeof(text), 4096), 0);
	tree_forget(tree, file, 1);
}

static void assert_named(struct tree *tree, struct node *directory,
			 const struct node *node, const char *name)
{
	char buffer[TREE_NAME_SIZE];

	assert_string_equal(tree_name(tree, node, buffer), name);
	assert_ptr_equal(tree_find(tree, directory, name), node);
}

/* Whose name follows from the record need not keep it. */
static void reads_the_name_of_a_file_off_its_record(void **state)
{
	static const struct connection by_arn = {
		.field = {[CONNECTION_ENDPOINT_ARN] = "arn:aws:dms:r:1:endpoint:ABC"},
	};
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = &by_arn};
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct node *same = add(tree, root, "src", &a_connection);
	struct node *other = add(tree, root, "src~2", &a_connection);
	struct node *part = add(tree, root, "ABC", &content);
	char buffer[TREE_NAME_SIZE];

	assert_named(tree, root, same, "src");
	assert_ptr_equal(tree_name(tree, same, buffer),
			 record.field[CONNECTION_ENDPOINT_IDENTIFIER]);
	assert_named(tree, root, other, "src~2");
	assert_named(tree, root, part, "ABC");
	assert_null(tree_find(tree, root, "ABCD"));
	assert_int_equal(tree_add(tree, root, "src", &a_connection, NOW, NULL),
			 -EEXIST);
	assert_int_equal(remove_node(tree, same, LATER), 0);
	assert_null(tree_find(tree, root, "src"));
	assert_named(tree, root, other, "src~2");
}

static void keeps_the_name_of_a_file_that_shows_an_equal_record(void **state)
{
	struct tree *tree = *state;
	char before[] = "src";
	char after[] = "src";
	struct connection first = {
		.field = {[CONNECTION_ENDPOINT_IDENTIFIER] = before}};
	struct connection second = {
		.field = {[CONNECTION_ENDPOINT_IDENTIFIER] = after}};
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = &first};
	struct node *file = add(tree, tree_root(tree), "src", &content);

	tree_repoint(tree, file, &second);
	memset(before, 'x', sizeof(before) - 1);
	memset(&first, 0xFF, sizeof(first));
	assert_named(tree, tree_root(tree), file, "src");
}

static void tells_the_path_of_a_node(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	struct node *directory = add(tree, root, "prod", &a_directory);
	struct node *inner = add(tree, directory, "inner", &a_directory);
	struct node *file = add(tree, inner, "src", &a_connection);
	struct tree_attributes attributes;
	char path[64];

	assert_int_equal(tree_path(tree, root, path, sizeof(path)), 0);
	assert_string_equal(path, ".");
	assert_int_equal(tree_path(tree, directory, path, sizeof(path)), 0);
	assert_string_equal(path, "prod");
	assert_int_equal(tree_path(tree, file, path, sizeof("prod/inner/src")), 0);
	assert_string_equal(path, "prod/inner/src");
	assert_int_equal(tree_path(tree, file, path, sizeof("prod/inner/src") - 1),
			 -ENAMETOOLONG);
	look_up(tree, inner, "src", &attributes);
	assert_int_equal(remove_node(tree, file, LATER), 0);
	assert_int_equal(tree_path(tree, file, path, sizeof(path)), -ENOENT);
}

static void keeps_the_owners_bits_whatever_the_umask(void **)
{
	const struct tree_options options = {.umask = 0777};
	struct tree_attributes attributes;
	struct tree *tree = NULL;

	assert_int_equal(tree_new(&options, NOW, &tree), 0);
	tree_attributes(tree, tree_root(tree), &attributes);
	assert_int_equal(attributes.mode, S_IFDIR | 0700);
	tree_attributes(tree, add(tree, tree_root(tree), "f", &a_connection),
			&attributes);
	assert_int_equal(attributes.mode, S_IFREG | 0600);
	tree_free(tree);
}

static void counts_subdirectories_as_links(void **state)
{
	struct tree *tree = *state;
	struct tree_attributes attributes;
	struct node *directory = add(tree, tree_root(tree), "a", &a_directory);

	add(tree, tree_root(tree), "b", &a_directory);
	add(tree, tree_root(tree), "file", &a_connection);
	tree_attributes(tree, tree_root(tree), &attributes);
	assert_int_equal(attributes.links, 4);
	assert_int_equal(remove_node(tree, directory, LATER), 0);
	tree_attributes(tree, tree_root(tree), &attributes);
	assert_int_equal(attributes.links, 3);
}

static void refuses_a_name_that_is_taken(void **state)
{
	struct tree *tree = *state;

	add(tree, tree_root(tree), "a", &a_directory);
	assert_int_equal(tree_add(tree, tree_root(tree), "a", &a_connection, NOW, NULL),
			 -EEXIST);
	assert_int_equal(tree_count(tree), 2);
}

static void tells_absent_names_and_files_from_directories(void **state)
{
	struct tree *tree = *state;
	struct tree_attributes attributes;
	struct node *node = NULL;
	struct node *file = add(tree, tree_root(tree), "file", &a_connection);

	assert_int_equal(tree_lookup(tree, tree_root(tree), "x", &node, &attributes),
			 -ENOENT);
	assert_int_equal(tree_lookup(tree, file, "x", &node, &attributes), -ENOTDIR);
}

static void does_not_remove_a_directory_that_has_entries(void **state)
{
	struct tree *tree = *state;
	struct node *directory = add(tree, tree_root(tree), "a", &a_directory);

	add(tree, directory, "file", &a_connection);
	assert_int_equal(remove_node(tree, directory, LATER), -ENOTEMPTY);
	assert_ptr_equal(tree_find(tree, tree_root(tree), "a"), directory);
}

static void moves_the_time_of_a_directory_with_its_entries(void **state)
{
	struct tree *tree = *state;
	struct tree_attributes before;
	struct tree_attributes after;
	struct node *file = add(tree, tree_root(tree), "file", &a_connection);

	tree_attributes(tree, tree_root(tree), &before);
	assert_int_equal(remove_node(tree, file, NOW), 0);
	tree_attributes(tree, tree_root(tree), &after);
	assert_true(after.mtime_ns > before.mtime_ns);
}

static void counts_lookups_back_to_zero(void **state)
{
	struct tree *tree = *state;
	struct node *directory = add(tree, tree_root(tree), "a", &a_directory);
	struct node *file = add(tree, directory, "f", &a_connection);
	struct tree_attributes attributes;

	for (int i = 0; i < 3; i++)
		look_up(tree, directory, "f", &attributes);
	look_up(tree, tree_root(tree), "a", &attributes);
	tree_lock_shared(tree);
	tree_count_lookup_locked(file);
	tree_unlock(tree);
	assert_int_equal(tree_lookups(tree), 5);
	tree_forget(tree, file, 3);
	tree_forget(tree, directory, 1);
	assert_int_equal(tree_lookups(tree), 1);
	tree_forget(tree, file, 1);
	assert_int_equal(tree_lookups(tree), 0);
	tree_forget(tree, tree_root(tree), 1);
	assert_ptr_equal(tree_find(tree, directory, "f"), file);
}

static void keeps_what_was_looked_up_more_often_than_can_be_counted(void **state)
{
	struct tree *tree = *state;
	struct node *file = add(tree, tree_root(tree), "f", &a_connection);
	struct tree_attributes attributes;

	file->lookups = UINT32_MAX - 1;
	look_up(tree, tree_root(tree), "f", &attributes);
	look_up(tree, tree_root(tree), "f", &attributes);
	assert_int_equal(tree_lookups(tree), UINT32_MAX);
	assert_int_equal(remove_node(tree, file, LATER), 0);
	tree_forget(tree, file, UINT64_MAX);
	assert_int_equal(tree_lookups(tree), UINT32_MAX);
}

static void lets_a_removed_file_be_read_until_it_is_forgotten(void **state)
{
	struct tree *tree = *state;
	struct connection gone = record;
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = &gone};
	struct node *file = add(tree, tree_root(tree), "f", &content);
	struct tree_attributes attributes;
	char text[128];

	look_up(tree, tree_root(tree), "f", &attributes);
	assert_int_equal(remove_node(tree, file, LATER), 0);
	memset(&gone, 0xFF, sizeof(gone));
	assert_null(tree_find(tree, tree_root(tree), "f"));
	tree_attributes(tree, file, &attributes);
	assert_int_equal(attributes.links, 0);
	assert_int_equal(attributes.size, strlen(record_text));
	assert_int_equal(tree_read(tree, file, text, sizeof(text), 0),
			 strlen(record_text));
	assert_memory_equal(text, record_text, strlen(record_text));
	assert_int_equal(tree_lookups(tree), 1);
	tree_forget(tree, file, 1);
	assert_int_equal(tree_lookups(tree), 0);
}

static void never_uses_an_inode_number_again(void **state)
{
	struct tree *tree = *state;
	uint64_t last = 0;

	for (int i = 0; i < 100; i++) {
		struct node *file = add(tree, tree_root(tree), "f", &a_connection);

		assert_true(tree_cookie(file) > last);
		last = tree_cookie(file);
		assert_int_equal(remove_node(tree, file, LATER), 0);
	}
}

static void reads_a_link(void **state)
{
	struct tree *tree = *state;
	const struct node_content content = {
		.kind = NODE_LINK, .text = "../x/y", .text_len = 6};
	struct node *link = add(tree, tree_root(tree), "l", &content);
	struct tree_attributes attributes;
	char target[64];

	assert_int_equal(tree_readlink(tree, link, target, sizeof(target)), 6);
	assert_string_equal(target, "../x/y");
	tree_attributes(tree, link, &attributes);
	assert_int_equal(attributes.mode, S_IFLNK | 0777);
	assert_int_equal(attributes.size, 6);
}

static void assert_target(struct tree *tree, const struct node *link,
			  const char *expected)
{
	char target[64];

	assert_int_equal(tree_readlink(tree, link, target, sizeof(target)),
			 strlen(expected));
	assert_string_equal(target, expected);
}

static struct node *add_link(struct tree *tree, struct node *parent, const char *name,
			     const char *target)
{
	const struct node_content content = {
		.kind = NODE_LINK, .text = target, .text_len = strlen(target)};

	return add(tree, parent, name, &content);
}

/* A file prod/src below @root, and a directory for links that is as deep as those of
 * by-status. */
static struct node *add_file_and_links_below(struct tree *tree, struct node *root,
					     struct node **links)
{
	struct node *directory = add(tree, root, "prod", &a_directory);
	struct node *own = add(tree, root, "own", &a_directory);

	*links = add(tree, add(tree, own, "by-status", &a_directory), "failed",
		     &a_directory);
	return add(tree, directory, "src", &a_connection);
}

static struct node *add_file_and_links(struct tree *tree, struct node **links)
{
	return add_file_and_links_below(tree, tree_root(tree), links);
}

static void reads_name_and_target_of_a_link_off_its_file(void **state)
{
	struct tree *tree = *state;
	struct node *links = NULL;
	struct node *file = add_file_and_links(tree, &links);
	struct node *link = add_link(tree, links, "prod:src", "../../../prod/src");
	struct tree_attributes attributes;
	char target[64];

	assert_false(link->is_named);
	assert_named(tree, links, link, "prod:src");
	assert_target(tree, link, "../../../prod/src");
	assert_int_equal(tree_readlink(tree, link, target, 8), 7);
	assert_string_equal(target, "../../.");
	tree_attributes(tree, link, &attributes);
	assert_int_equal(attributes.size, strlen("../../../prod/src"));
	assert_null(tree_find(tree, links, "prod:sr"));
	assert_int_equal(remove_node(tree, link, LATER), 0);
	assert_null(tree_find(tree, links, "prod:src"));
	assert_int_equal(file->peer, 0);
}

static void keeps_name_and_target_of_a_link_that_differs(void **state)
{
	static const struct {
		const char *name;
		const char *target;
	} others[] = {
		{"prod:src", "../../../prod/srcs"},
		{"prod:src", "../../prod/src"},
		{"prod:src", "../../../prod/src/x"},
		{"prod:src", "../../../src"},
		{"prod:src", "../../../absent/src"},
		{"prod:src~1", "../../../prod/src"},
		{"absent:src", "../../../absent/src"},
		{"prod:src", ""},
	};
	struct tree *tree = *state;
	struct node *links = NULL;

	add_file_and_links(tree, &links);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct node *link = add_link(tree, links, others[i].name,
					     others[i].target);

		assert_true(link->is_named);
		assert_named(tree, links, link, others[i].name);
		assert_target(tree, link, others[i].target);
		assert_int_equal(remove_node(tree, link, LATER), 0);
	}
}

static void lets_one_link_follow_from_a_file(void **state)
{
	struct tree *tree = *state;
	struct node *links = NULL;
	struct node *file = add_file_and_links(tree, &links);
	struct node *more = add(tree, tree_parent(tree, links), "more", &a_directory);
	struct node *first = add_link(tree, links, "prod:src", "../../../prod/src");
	struct node *second = add_link(tree, more, "prod:src", "../../../prod/src");

	assert_true(second->is_named);
	assert_int_equal(remove_node(tree, second, LATER), 0);
	assert_named(tree, links, first, "prod:src");
	assert_int_equal(remove_node(tree, first, LATER), 0);
	second = add_link(tree, more, "prod:src", "../../../prod/src");
	assert_false(second->is_named);
	assert_int_equal(remove_node(tree, file, LATER), 0);
	assert_named(tree, more, second, "prod:src");
	assert_target(tree, second, "../../../prod/src");
}

/* As in the tree of each of several sources. */
static void lets_a_link_follow_from_the_file_that_it_leads_to(void **state)
{
	struct tree *tree = *state;
	struct node *source = add(tree, tree_root(tree), "source", &a_directory);
	struct node *links = NULL;
	struct node *source_links = NULL;
	struct node *file = add_file_and_links(tree, &links);
	struct node *source_file = add_file_and_links_below(tree, source,
							    &source_links);
	struct node *link = add_link(tree, source_links, "prod:src",
				     "../../../prod/src");
	struct node *shallow = add_link(tree, source, "prod:src", "../../../prod/src");

	assert_int_equal(link->peer, node_store_id(source_file));
	assert_int_equal(file->peer, 0);
	assert_true(shallow->is_named);
	assert_target(tree, shallow, "../../../prod/src");
}

/* Of several sources: from where a source is, and from where all are. */
static void lets_two_links_follow_from_a_file(void **state)
{
	static const char path[] = "../../../source/prod/src";
	struct tree *tree = *state;
	struct node *source = add(tree, tree_root(tree), "source", &a_directory);
	struct node *of_all = NULL;
	struct node *of_source = NULL;
	struct node *file = add_file_and_links_below(tree, source, &of_source);
	struct node *near = add_link(tree, of_source, "prod:src", "../../../prod/src");
	struct node *far = NULL;

	add_file_and_links(tree, &of_all);
	far = add_link(tree, of_all, "source:prod:src", path);
	assert_false(near->is_named);
	assert_false(far->is_named);
	assert_named(tree, of_source, near, "prod:src");
	assert_named(tree, of_all, far, "source:prod:src");
	assert_target(tree, near, "../../../prod/src");
	assert_target(tree, far, path);

	/* The one goes, and comes again. */
	assert_int_equal(remove_node(tree, near, LATER), 0);
	assert_named(tree, of_all, far, "source:prod:src");
	near = add_link(tree, of_source, "prod:src", "../../../prod/src");
	assert_false(near->is_named);

	assert_int_equal(remove_node(tree, file, LATER), 0);
	assert_true(near->is_named);
	assert_true(far->is_named);
	assert_named(tree, of_source, near, "prod:src");
	assert_named(tree, of_all, far, "source:prod:src");
	assert_target(tree, near, "../../../prod/src");
	assert_target(tree, far, path);
}

/* Two sources and their sum, as a model that keeps what the tree derives. */
#define SOURCES 2
#define INSTANCES 2
#define ENDPOINTS 3
#define STATUSES 2
#define FILES (SOURCES * INSTANCES * ENDPOINTS)
#define LINKS (2 * FILES * STATUSES)
#define STEPS 5000

static const struct connection endpoints[ENDPOINTS] = {
	{.field = {[CONNECTION_ENDPOINT_IDENTIFIER] = "e0"}},
	{.field = {[CONNECTION_ENDPOINT_IDENTIFIER] = "e1"}},
	{.field = {[CONNECTION_ENDPOINT_IDENTIFIER] = "not e2"}},
};

struct model_link {
	struct node *directory;
	struct node *node; /* NULL: not there */
	char name[64];
	char target[64];
};

struct model {
	struct node *sources[SOURCES];
	struct node *instances[SOURCES * INSTANCES]; /* NULL: not there, as the next */
	struct node *files[FILES];
	struct model_link links[LINKS];
};

/* Below @root; a link to each file of a source in each of its statuses. */
static void begin_links(struct tree *tree, struct node *root, size_t source,
			bool is_of_sum, struct model_link *links)
{
	struct node *own = add(tree, root, "own", &a_directory);
	struct node *by_status = add(tree, own, "by-status", &a_directory);

	for (size_t i = 0; i < INSTANCES * ENDPOINTS * STATUSES; i++) {
		size_t file = i / STATUSES;
		char status[8];
		char of[8] = "";

		snprintf(status, sizeof(status), "%zu", i % STATUSES);
		if (is_of_sum)
			snprintf(of, sizeof(of), "s%zu/", source);
		snprintf(links[i].target, sizeof(links[i].target),
			 "../../../%si%zu/e%zu", of, file / ENDPOINTS,
			 file % ENDPOINTS);
		snprintf(links[i].name, sizeof(links[i].name), "%s",
			 links[i].target + strlen("../../../"));
		for (char *c = links[i].name; *c; c++)
			*c = *c == '/' ? ':' : *c;
		links[i].directory = tree_find(tree, by_status, status);
		if (!links[i].directory)
			links[i].directory = add(tree, by_status, status, &a_directory);
	}
}

/* The links of the sum are those of the first source, and the same with the name of the
 * second. */
static void begin_model(struct tree *tree, struct model *model)
{
	struct model_link *links = model->links;

	for (size_t i = 0; i < SOURCES; i++) {
		char name[8];

		snprintf(name, sizeof(name), "s%zu", i);
		model->sources[i] = add(tree, tree_root(tree), name, &a_directory);
		begin_links(tree, model->sources[i], i, false, links);
		links += FILES / SOURCES * STATUSES;
	}
	begin_links(tree, tree_root(tree), 0, true, links);
	for (size_t i = 0; i < FILES / SOURCES * STATUSES; i++) {
		struct model_link *link = &links[FILES / SOURCES * STATUSES + i];

		*link = links[i];
		link->name[1] = '1';
		link->target[strlen("../../../s")] = '1';
	}
}

static void step_file(struct tree *tree, struct model *model, size_t file)
{
	struct node **instance = &model->instances[file / ENDPOINTS];
	const struct node_content content = {
		.kind = NODE_CONNECTION, .connection = &endpoints[file % ENDPOINTS]};
	char name[8];

	if (model->files[file]) {
		assert_int_equal(remove_node(tree, model->files[file], NOW), 0);
		model->files[file] = NULL;
		if (remove_node(tree, *instance, NOW) == 0)
			*instance = NULL;
		return;
	}
	snprintf(name, sizeof(name), "i%zu", file / ENDPOINTS % INSTANCES);
	if (!*instance)
		*instance = add(tree, model->sources[file / ENDPOINTS / INSTANCES],
				name, &a_directory);
	snprintf(name, sizeof(name), "e%zu", file % ENDPOINTS);
	model->files[file] = add(tree, *instance, name, &content);
}

static void step_link(struct tree *tree, struct model_link *link)
{
	if (link->node)
		assert_int_equal(remove_node(tree, link->node, NOW), 0);
	link->node = link->node ? NULL
				: add_link(tree, link->directory, link->name,
					   link->target);
}

static void assert_link(struct tree *tree, const struct model_link *link)
{
	struct tree_attributes attributes;

	if (!link->node) {
		assert_null(tree_find(tree, link->directory, link->name));
		return;
	}
	assert_named(tree, link->directory, link->node, link->name);
	assert_target(tree, link->node, link->target);
	tree_attributes(tree, link->node, &attributes);
	assert_int_equal(attributes.size, strlen(link->target));
}

static void keeps_links_right_whatever_comes_and_goes(void **state)
{
	struct tree *tree = *state;
	struct model model = {.sources = {NULL}};
	size_t derived = 0;

	begin_model(tree, &model);
	srandom(1);
	for (size_t step = 0; step < STEPS; step++) {
		size_t choice = (size_t)random();

		if (choice % 3 == 0)
			step_file(tree, &model, choice / 3 % FILES);
		else
			step_link(tree, &model.links[choice / 3 % LINKS]);
		for (size_t i = 0; i < LINKS; i++) {
			assert_link(tree, &model.links[i]);
			derived += model.links[i].node && model.links[i].node->peer;
		}
	}
	assert_true(derived > STEPS);
}

static void reads_a_removed_link_until_it_is_forgotten(void **state)
{
	struct tree *tree = *state;
	struct node *links = NULL;
	struct node *file = add_file_and_links(tree, &links);
	struct node *link = add_link(tree, links, "prod:src", "../../../prod/src");
	struct tree_attributes attributes;

	assert_ptr_equal(look_up(tree, links, "prod:src", &attributes), link);
	assert_int_equal(remove_node(tree, link, LATER), 0);
	assert_int_equal(remove_node(tree, file, LATER), 0);
	assert_target(tree, link, "../../../prod/src");
	tree_forget(tree, link, 1);
	assert_int_equal(tree_lookups(tree), 0);
}

#define MANY 20000

static void name_number(char *name, size_t size, int number)
{
	snprintf(name, size, "connection-%d", number);
}

/* While a listing is read, entries around its place come and go; those that stay
 * are each shown once. */
static void shows_every_entry_once_while_others_come_and_go(void **state)
{
	struct tree *tree = *state;
	struct node *directory = add(tree, tree_root(tree), "a", &a_directory);
	static struct node *nodes[MANY];
	static int seen[MANY];
	uint64_t cookie = 0;
	char name[64];

	memset(seen, 0, sizeof(seen));
	for (int i = 0; i < MANY; i++) {
		name_number(name, sizeof(name), i);
		nodes[i] = add(tree, directory, name, &a_connection);
	}
	/* Every third stays; of the others one is removed at each step, and one more
	 * appears. */
	for (int step = 0;; step++) {
		struct node *node = NULL;
		int gone = (int)((step * 7919L) % MANY);

		tree_lock_shared(tree);
		node = tree_next_locked(tree, directory, cookie);
		tree_unlock(tree);
		if (!node)
			break;
		assert_true(tree_cookie(node) > cookie);
		cookie = tree_cookie(node);
		/* The first of them was the third node of the tree. */
		if (cookie - 3 < MANY && nodes[cookie - 3] == node)
			seen[cookie - 3]++;
		if (gone % 3 != 0 && nodes[gone]) {
			assert_int_equal(remove_node(tree, nodes[gone], LATER), 0);
			nodes[gone] = NULL;
		}
		if (step < MANY) {
			snprintf(name, sizeof(name), "late-%d", step);
			if (step % 50 == 0)
				add(tree, directory, name, &a_connection);
		}
	}
	for (int i = 0; i < MANY; i += 3)
		assert_int_equal(seen[i], 1);
}

/* As in a directory of a status that connections pass through. */
static void lists_in_order_where_entries_come_and_go_in_turn(void **state)
{
	struct tree *tree = *state;
	struct node *directory = add(tree, tree_root(tree), "a", &a_directory);
	static struct node *nodes[MANY];
	const int present = 100;
	char name[64];

	for (int i = 0; i < MANY; i++) {
		uint64_t cookie = 0;

		name_number(name, sizeof(name), i);
		nodes[i] = add(tree, directory, name, &a_connection);
		if (i >= present)
			assert_int_equal(remove_node(tree, nodes[i - present], LATER),
					 0);
		if (i % 97 != 0)
			continue;
		tree_lock_shared(tree);
		for (int j = i < present ? 0 : i - present + 1; j <= i; j++) {
			assert_ptr_equal(tree_next_locked(tree, directory, cookie),
					 nodes[j]);
			cookie = tree_cookie(nodes[j]);
		}
		assert_null(tree_next_locked(tree, directory, cookie));
		tree_unlock(tree);
	}
}

static void finds_all_that_is_left_of_a_large_directory(void **state)
{
	struct tree *tree = *state;
	struct node *directory = add(tree, tree_root(tree), "a", &a_directory);
	struct node *node = NULL;
	char name[64];
	char buffer[TREE_NAME_SIZE];

	for (int i = 0; i < MANY; i++) {
		name_number(name, sizeof(name), i);
		add(tree, directory, name, &a_connection);
	}
	for (int i = 0; i < MANY - 1; i++) {
		name_number(name, sizeof(name), i);
		node = tree_find(tree, directory, name);
		assert_non_null(node);
		assert_int_equal(remove_node(tree, node, LATER), 0);
	}
	tree_lock_shared(tree);
	node = tree_next_locked(tree, directory, 0);
	assert_non_null(node);
	name_number(name, sizeof(name), MANY - 1);
	assert_string_equal(tree_name(tree, node, buffer), name);
	assert_null(tree_next_locked(tree, directory, tree_cookie(node)));
	tree_unlock(tree);
	assert_int_equal(tree_count(tree), 3);
}

#define MILLION 1000000

static void add_million(struct tree *tree, struct node *directory)
{
	char name[32];

	for (int i = 0; i < MILLION; i++) {
		name_number(name, sizeof(name), i);
		add(tree, directory, name, &a_connection);
	}
}

/* Walks the whole directory and returns how many entries it has. */
static int count_entries(struct tree *tree, const struct node *directory)
{
	uint64_t cookie = 0;
	struct node *node = NULL;
	int count = 0;

	tree_lock_shared(tree);
	node = tree_next_locked(tree, directory, cookie);
	for (; node; count++) {
		assert_true(tree_cookie(node) > cookie);
		cookie = tree_cookie(node);
		node = tree_next_locked(tree, directory, cookie);
	}
	tree_unlock(tree);
	return count;
}

/* Connections mostly go in the order in which they came. Seconds; in a way that walked
 * all entries for each, it would take hours. */
static void serves_a_directory_of_a_million(void **state)
{
	struct tree *tree = *state;
	struct node *directory = add(tree, tree_root(tree), "a", &a_directory);
	const int left = 1000;
	char name[32];

	add_million(tree, directory);
	assert_int_equal(count_entries(tree, directory), MILLION);
	for (int i = 0; i < MILLION - left; i++) {
		name_number(name, sizeof(name), i);
		assert_int_equal(
			remove_node(tree, tree_find(tree, directory, name), LATER), 0);
	}
	assert_int_equal(count_entries(tree, directory), left);
	add(tree, directory, "late", &a_connection);
	assert_int_equal(count_entries(tree, directory), left + 1);
	assert_non_null(tree_find(tree, directory, "late"));
}

static void gives_no_id_to_another_node(void **state)
{
	struct tree *tree = *state;
	struct node *root = tree_root(tree);
	uint64_t ids[100];

	for (int i = 0; i < 100; i++) {
		struct node *node = add(tree, root, "file", &a_connection);

		ids[i] = tree_id(node);
		assert_ptr_equal(tree_node(tree, ids[i]), node);
		assert_true(ids[i] != (uintptr_t)node && ids[i] > 1);
		assert_int_equal(tree_generation(node), 0);
		for (int before = 0; before < i; before++)
			assert_true(ids[before] != ids[i]);
		assert_int_equal(remove_node(tree, node, LATER), 0);
	}
	/* When as many numbers have been used as the id has room for. */
	tree->last_number = UINT32_MAX + UINT64_C(1);
	assert_int_equal(tree_generation(add(tree, root, "late", &a_connection)), 1);
}

static int64_t stepped_ns(void *data)
{
	return *(int64_t *)data;
}

static void assert_shown(struct tree *tree, const struct node *node, const char *text,
			 int64_t mtime_ns)
{
	struct tree_attributes attributes;
	char shown[64] = "";

	tree_attributes(tree, node, &attributes);
	assert_false(attributes.is_cached);
	assert_int_equal(attributes.size, strlen(text));
	assert_int_equal(attributes.mtime_ns, mtime_ns);
	assert_int_equal(tree_read(tree, node, shown, sizeof(shown), 0), strlen(text));
	assert_string_equal(shown, text);
	assert_int_equal(tree_read(tree, node, shown, sizeof(shown), 2),
			 strlen(text) - 2);
	assert_int_equal(
		tree_read(tree, node, shown, sizeof(shown), (off_t)strlen(text)), 0);
}

static void set_time(int64_t *now_ns, int64_t ns)
{
	*now_ns = ns;
}

static void shows_another_text_once_it_is_overdue(void **)
{
	int64_t now_ns = 1000;
	const struct clock clock = {.data = &now_ns, .boottime_ns = stepped_ns};
	const struct tree_options options = {.umask = 022, .clock = &clock};
	struct node_content content = {
		.kind = NODE_TEXT,
		.text = "fresh",
		.text_len = 5,
		.is_uncached = true,
		.overdue = {.text = "overdue since",
			    .text_len = 13,
			    .at_ns = 2000,
			    .mtime_ns = LATER},
	};
	struct tree *tree = NULL;
	struct node *node = NULL;

	assert_int_equal(tree_new(&options, NOW, &tree), 0);
	node = add(tree, tree_root(tree), "status", &content);
	assert_shown(tree, node, "fresh", NOW);
	set_time(&now_ns, 1999);
	assert_shown(tree, node, "fresh", NOW);
	set_time(&now_ns, 2000);
	assert_shown(tree, node, "overdue since", LATER);
	set_time(&now_ns, 3000);
	assert_shown(tree, node, "overdue since", LATER);

	/* A listing has ended; its time moves on, too. */
	content.overdue.at_ns = 4000;
	content.overdue.mtime_ns = NOW;
	assert_int_equal(tree_set_text(tree, node, &content, LATER + 1), 0);
	assert_shown(tree, node, "fresh", LATER + 1);
	set_time(&now_ns, 4000);
	assert_shown(tree, node, "overdue since", LATER + 2);

	content.overdue = (struct node_overdue){.at_ns = 0};
	assert_int_equal(tree_set_text(tree, node, &content, LATER + 3), 0);
	set_time(&now_ns, INT64_MAX);
	assert_shown(tree, node, "fresh", LATER + 3);
	tree_free(tree);
}

#define with_a_tree(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_a_tree(shows_a_connection_with_its_true_size),
		with_a_tree(reads_the_name_of_a_file_off_its_record),
		with_a_tree(keeps_the_name_of_a_file_that_shows_an_equal_record),
		with_a_tree(tells_the_path_of_a_node),
		cmocka_unit_test(keeps_the_owners_bits_whatever_the_umask),
		with_a_tree(counts_subdirectories_as_links),
		with_a_tree(refuses_a_name_that_is_taken),
		with_a_tree(tells_absent_names_and_files_from_directories),
		with_a_tree(does_not_remove_a_directory_that_has_entries),
		with_a_tree(moves_the_time_of_a_directory_with_its_entries),
		with_a_tree(counts_lookups_back_to_zero),
		with_a_tree(keeps_what_was_looked_up_more_often_than_can_be_counted),
		with_a_tree(lets_a_removed_file_be_read_until_it_is_forgotten),
		with_a_tree(never_uses_an_inode_number_again),
		with_a_tree(reads_a_link),
		with_a_tree(reads_name_and_target_of_a_link_off_its_file),
		with_a_tree(keeps_name_and_target_of_a_link_that_differs),
		with_a_tree(lets_one_link_follow_from_a_file),
		with_a_tree(lets_a_link_follow_from_the_file_that_it_leads_to),
		with_a_tree(lets_two_links_follow_from_a_file),
		with_a_tree(keeps_links_right_whatever_comes_and_goes),
		with_a_tree(reads_a_removed_link_until_it_is_forgotten),
		with_a_tree(shows_every_entry_once_while_others_come_and_go),
		with_a_tree(lists_in_order_where_entries_come_and_go_in_turn),
		with_a_tree(finds_all_that_is_left_of_a_large_directory),
		with_a_tree(serves_a_directory_of_a_million),
		with_a_tree(gives_no_id_to_another_node),
		cmocka_unit_test(shows_another_text_once_it_is_overdue),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
