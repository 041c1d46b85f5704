#include "fs/tree/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_IDS_MIN 4
#define BLOCK_IDS_MAX 512

void directory_free(struct directory *directory)
{
	if (!directory)
		return;
	for (size_t i = 0; i < directory->block_count; i++)
		free(directory->blocks[i].ids);
	free(directory->blocks);
	free(directory);
}

static struct node *node_of(const struct directory_block *block,
			    const struct node_store *store, uint32_t position)
{
	return node_store_at(store, block->ids[position]);
}

/* --- adding --- */

static int grow_blocks(struct directory *directory)
{
	struct directory_block *blocks = NULL;
	size_t capacity = directory->block_capacity ? directory->block_capacity * 2 : 1;

	if (directory->block_count < directory->block_capacity)
		return 0;
	blocks = reallocarray(directory->blocks, capacity, sizeof(*blocks));
	if (!blocks)
		return -ENOMEM;
	directory->blocks = blocks;
	directory->block_capacity = capacity;
	return 0;
}

static int grow_ids(struct directory_block *block, uint32_t capacity)
{
	uint32_t *ids = reallocarray(block->ids, capacity, sizeof(uint32_t));

	if (!ids)
		return -ENOMEM;
	block->ids = ids;
	block->capacity = capacity;
	return 0;
}

static int add_block(struct directory *directory, uint64_t first)
{
	struct directory_block block = {.first = first};

	if (grow_blocks(directory) < 0 ||
	    grow_ids(&block, directory->block_count ? BLOCK_IDS_MAX : BLOCK_IDS_MIN) <
		    0)
		return -ENOMEM;
	directory->blocks[directory->block_count++] = block;
	return 0;
}

/* Makes room at the end for an entry of @number. */
static int reserve(struct directory *directory, uint64_t number)
{
	struct directory_block *last = NULL;

	if (directory->block_count == 0)
		return add_block(directory, number);
	last = &directory->blocks[directory->block_count - 1];
	if (last->count < last->capacity)
		return 0;
	if (last->capacity < BLOCK_IDS_MAX)
		return grow_ids(last, last->capacity * 2);
	return add_block(directory, number);
}

int directory_append(struct directory *directory, const struct node *node)
{
	struct directory_block *last = NULL;

	if (reserve(directory, node_number(node)) < 0)
		return -ENOMEM;
	last = &directory->blocks[directory->block_count - 1];
	last->ids[last->count++] = node_store_id(node);
	directory->count++;
	if (node->kind == NODE_DIRECTORY && !node->is_staged)
		directory->subdirectories++;
	return 0;
}

/* --- searching --- */

/* The last block that does not begin above @number; else the first. */
static size_t find_block(const struct directory *directory, uint64_t number)
{
	size_t low = 0;
	size_t high = directory->block_count;

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (directory->blocks[middle].first > number)
			high = middle;
		else
			low = middle;
	}
	return low;
}

/* The first position in @block with a number above @cookie. As numbers differ, it is
 * as far from the block's beginning as @cookie is from its first number, or less:
 * just as far where the entries were added one after the other. */
static uint32_t find_position(const struct directory_block *block,
			      const struct node_store *store, uint64_t cookie)
{
	uint32_t low = 0;
	uint32_t high = block->count;

	if (cookie < block->first)
		return 0;
	if (cookie - block->first < high)
		high = (uint32_t)(cookie - block->first) + 1;
	if (node_number(node_of(block, store, high - 1)) <= cookie)
		return high;
	high--;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (node_number(node_of(block, store, middle)) > cookie)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct node *directory_next(const struct directory *directory,
			    const struct node_store *store, uint64_t cookie)
{
	size_t at = find_block(directory, cookie);
	uint32_t position = 0;

	if (at < directory->block_count)
		position = find_position(&directory->blocks[at], store, cookie);
	for (; at < directory->block_count; at++) {
		const struct directory_block *block = &directory->blocks[at];

		for (; position < block->count; position++) {
			struct node *node = node_of(block, store, position);

			if (!node->is_staged)
				return node;
		}
		position = 0;
	}
	return NULL;
}

/* --- removing --- */

static void drop_block(struct directory *directory, size_t at)
{
	struct directory_block *block = &directory->blocks[at];

	free(block->ids);
	directory->block_count--;
	memmove(block, block + 1, (directory->block_count - at) * sizeof(*block));
	if (directory->block_count > 0)
		return;
	free(directory->blocks);
	directory->blocks = NULL;
	directory->block_capacity = 0;
}

/* Puts a block and the next into one if that is half full then at most. */
static void join_next(struct directory *directory, size_t at)
{
	struct directory_block *block = &directory->blocks[at];
	const struct directory_block *next = block + 1;

	if (at + 1 >= directory->block_count ||
	    block->count + next->count > block->capacity / 2)
		return;
	memcpy(block->ids + block->count, next->ids, next->count * sizeof(uint32_t));
	block->count += next->count;
	drop_block(directory, at + 1);
}

void directory_remove(struct directory *directory, const struct node_store *store,
		      const struct node *node)
{
	size_t at = find_block(directory, node_number(node));
	struct directory_block *block = &directory->blocks[at];
	uint32_t position = find_position(block, store, node_number(node) - 1);

	block->count--;
	memmove(block->ids + position, block->ids + position + 1,
		(block->count - position) * sizeof(uint32_t));
	directory->count--;
	if (node->kind == NODE_DIRECTORY && !node->is_staged)
		directory->subdirectories--;
	if (block->count == 0) {
		drop_block(directory, at);
		return;
	}
	join_next(directory, at);
	if (at > 0)
		join_next(directory, at - 1);
}
