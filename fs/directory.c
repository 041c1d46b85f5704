#include "directory.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS_MIN 8

void directory_free(struct directory *directory)
{
	if (directory)
		free(directory->slots);
	free(directory);
}

static bool is_gap(uintptr_t slot)
{
	return slot & 1;
}

static struct node *node_of(uintptr_t slot)
{
	return (struct node *)slot;
}

static uint64_t number_of(uintptr_t slot)
{
	return is_gap(slot) ? (uint64_t)slot >> 1 : node_number(node_of(slot));
}

static void close_gaps(struct directory *directory)
{
	size_t kept = 0;

	for (size_t i = 0; i < directory->used; i++) {
		if (!is_gap(directory->slots[i]))
			directory->slots[kept++] = directory->slots[i];
	}
	directory->used = kept;
}

int directory_reserve(struct directory *directory)
{
	uintptr_t *slots = NULL;
	size_t capacity = directory->capacity ? directory->capacity * 2 : SLOTS_MIN;

	if (directory->used < directory->capacity)
		return 0;
	slots = reallocarray(directory->slots, capacity, sizeof(uintptr_t));
	if (!slots)
		return -ENOMEM;
	directory->slots = slots;
	directory->capacity = capacity;
	return 0;
}

void directory_append(struct directory *directory, struct node *node)
{
	directory->slots[directory->used++] = (uintptr_t)node;
	directory->live++;
	if (node->kind == NODE_DIRECTORY && !node->is_staged)
		directory->subdirectories++;
}

/* The first slot whose number is above @cookie. */
static size_t search(const struct directory *directory, uint64_t cookie)
{
	size_t low = 0;
	size_t high = directory->used;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (number_of(directory->slots[middle]) > cookie)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool is_hidden(uintptr_t slot)
{
	return is_gap(slot) || node_of(slot)->is_staged;
}

struct node *directory_next(const struct directory *directory, uint64_t cookie)
{
	size_t slot = search(directory, cookie);

	while (slot < directory->used && is_hidden(directory->slots[slot]))
		slot++;
	return slot < directory->used ? node_of(directory->slots[slot]) : NULL;
}

void directory_remove(struct directory *directory, const struct node *node)
{
	size_t slot = search(directory, node_number(node) - 1);

	directory->slots[slot] = (uintptr_t)(node_number(node) << 1 | 1);
	directory->live--;
	if (node->kind == NODE_DIRECTORY && !node->is_staged)
		directory->subdirectories--;
	if (directory->used > SLOTS_MIN && directory->live < directory->used / 2)
		close_gaps(directory);
}
