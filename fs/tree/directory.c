#include "fs/tree/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/array.h"

void directory_free(struct directory *directory)
{
	if (!directory)
		return;
	free(directory->ids);
	free(directory);
}

int directory_append(struct directory *directory, const struct node *node)
{
	uint32_t *ids = directory->ids;

	/* Half and more of the array is free at its beginning. */
	if (directory->first > directory->count) {
		memcpy(ids, ids + directory->first, directory->count * sizeof(*ids));
		directory->first = 0;
	}
	ids = array_grow(ids, directory->first + directory->count, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	directory->ids = ids;
	ids[directory->first + directory->count] = node_store_id(node);
	directory->count++;
	if (node->kind == NODE_DIRECTORY && !node->is_staged)
		directory->subdirectories++;
	return 0;
}

/* The first entry with a number above @cookie. As numbers differ, it is as far from
 * the first entry as @cookie is from that entry's number, or less: just as far where
 * the entries were added one after the other. */
static size_t find_position(const struct directory *directory,
			    const struct node_store *store, uint64_t cookie)
{
	const uint32_t *ids = NULL;
	size_t low = 0;
	size_t high = directory->count;
	uint64_t first = 0;

	if (high == 0)
		return 0;
	ids = directory->ids + directory->first;
	first = node_number(node_store_at(store, ids[0]));
	if (cookie < first)
		return 0;
	if (cookie - first < high) {
		high = (size_t)(cookie - first) + 1;
		if (node_number(node_store_at(store, ids[high - 1])) <= cookie)
			return high;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (node_number(node_store_at(store, ids[middle])) > cookie)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct node *directory_next(const struct directory *directory,
			    const struct node_store *store, uint64_t cookie)
{
	size_t at = find_position(directory, store, cookie);

	for (; at < directory->count; at++) {
		struct node *node =
			node_store_at(store, directory->ids[directory->first + at]);

		if (!node->is_staged)
			return node;
	}
	return NULL;
}

/* Moves the shorter part: entries mostly go in the order in which they came. */
void directory_remove(struct directory *directory, const struct node_store *store,
		      const struct node *node)
{
	size_t at = find_position(directory, store, node_number(node) - 1);
	uint32_t *ids = directory->ids + directory->first;

	directory->count--;
	if (at < directory->count - at) {
		memmove(ids + 1, ids, at * sizeof(*ids));
		directory->first++;
	} else {
		memmove(ids + at, ids + at + 1, (directory->count - at) * sizeof(*ids));
	}
	if (node->kind == NODE_DIRECTORY && !node->is_staged)
		directory->subdirectories--;
}
