#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fs/tree/node_store.h"

/* So many that they fill some chunks and begin another. */
#define MANY (3 * NODE_CHUNK_NODES + 7)

static struct node *nodes[MANY];

static void take_many(struct node_store *store)
{
	for (size_t i = 0; i < MANY; i++) {
		nodes[i] = node_store_take(store);
		assert_non_null(nodes[i]);
	}
}

static void finds_every_node_by_its_id(void **)
{
	struct node_store store = {.chunks = NULL};

	take_many(&store);
	for (size_t i = 0; i < MANY; i++) {
		uint32_t id = node_store_id(nodes[i]);

		assert_int_not_equal(id, 0);
		assert_ptr_equal(node_store_at(&store, id), nodes[i]);
		nodes[i]->size = id;
	}
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(nodes[i]->size, node_store_id(nodes[i]));
	node_store_fini(&store);
}

static void hands_out_what_was_returned_as_new(void **)
{
	const struct node zero = {.parent = 0};
	struct node_store store = {.chunks = NULL};

	take_many(&store);
	memset(nodes[5], 0xFF, sizeof(*nodes[5]));
	memset(nodes[9], 0xFF, sizeof(*nodes[9]));
	node_store_return(&store, nodes[9]);
	node_store_return(&store, nodes[5]);
	assert_ptr_equal(node_store_take(&store), nodes[5]);
	assert_memory_equal(nodes[5], &zero, sizeof(zero));
	assert_ptr_equal(node_store_take(&store), nodes[9]);
	assert_memory_equal(nodes[9], &zero, sizeof(zero));
	node_store_fini(&store);
}

static void walks_the_nodes_that_are_in_use(void **)
{
	struct node_store store = {.chunks = NULL};
	const struct node *node = NULL;
	size_t count = 0;

	assert_null(node_store_next(&store, NULL));
	take_many(&store);
	assert_null(node_store_next(&store, NULL));
	for (size_t i = 0; i < MANY; i++)
		nodes[i]->number_low = (uint32_t)i + 1;
	for (size_t i = 0; i < MANY; i += 2)
		node_store_return(&store, nodes[i]);
	node = node_store_next(&store, NULL);
	for (; node; node = node_store_next(&store, node), count++)
		assert_int_equal(node->number_low, 2 * count + 2);
	assert_int_equal(count, MANY / 2);
	/* From one that was given back on. */
	assert_ptr_equal(node_store_next(&store, nodes[2]), nodes[3]);
	node_store_fini(&store);
}

static void takes_no_more_memory_for_what_was_returned(void **)
{
	struct node_store store = {.chunks = NULL};

	take_many(&store);
	assert_int_equal(store.chunk_count, 4);
	for (size_t i = 0; i < MANY; i++)
		node_store_return(&store, nodes[i * 11 % MANY]);
	take_many(&store);
	assert_int_equal(store.chunk_count, 4);
	node_store_fini(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_node_by_its_id),
		cmocka_unit_test(hands_out_what_was_returned_as_new),
		cmocka_unit_test(walks_the_nodes_that_are_in_use),
		cmocka_unit_test(takes_no_more_memory_for_what_was_returned),
	};

	return cmocka_run_group_tests_name("node_store", tests, NULL, NULL);
}
