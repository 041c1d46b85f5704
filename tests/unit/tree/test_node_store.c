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

static size_t count_chunks(const struct node_store *store)
{
	size_t count = 0;

	for (uint32_t i = 0; i < store->count; i++)
		count += store->chunks[i] != NULL;
	return count;
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

static void frees_a_chunk_that_nothing_is_left_in(void **)
{
	struct node_store store = {.chunks = NULL};

	take_many(&store);
	assert_int_equal(count_chunks(&store), 4);
	/* The second chunk but for one node, then that too. */
	for (size_t i = NODE_CHUNK_NODES; i < 2 * NODE_CHUNK_NODES - 1; i++)
		node_store_return(&store, nodes[i]);
	assert_int_equal(count_chunks(&store), 4);
	node_store_return(&store, nodes[2 * NODE_CHUNK_NODES - 1]);
	assert_int_equal(count_chunks(&store), 3);
	assert_ptr_equal(node_store_at(&store, node_store_id(nodes[0])), nodes[0]);

	/* The last one has room; then the index that became vacant is used again. */
	for (size_t i = 0; i < NODE_CHUNK_NODES - 7; i++)
		assert_non_null(node_store_take(&store));
	assert_int_equal(count_chunks(&store), 3);
	for (size_t i = 0; i < NODE_CHUNK_NODES; i++)
		assert_non_null(node_store_take(&store));
	assert_int_equal(count_chunks(&store), 4);
	assert_int_equal(store.count, 5);
	node_store_fini(&store);
}

static void holds_nothing_when_all_is_returned(void **)
{
	struct node_store store = {.chunks = NULL};

	take_many(&store);
	for (size_t i = 0; i < MANY; i++)
		node_store_return(&store, nodes[i * 11 % MANY]);
	assert_int_equal(count_chunks(&store), 0);
	take_many(&store);
	assert_int_equal(count_chunks(&store), 4);
	node_store_fini(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_node_by_its_id),
		cmocka_unit_test(hands_out_what_was_returned_as_new),
		cmocka_unit_test(frees_a_chunk_that_nothing_is_left_in),
		cmocka_unit_test(holds_nothing_when_all_is_returned),
	};

	return cmocka_run_group_tests_name("node_store", tests, NULL, NULL);
}
