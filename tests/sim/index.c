#include "tests/sim/index.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

void index_fini(struct index *index)
{
	for (size_t i = 0; i < index->group_count; i++)
		free(index->groups[i].arn);
	free(index->groups);
	free(index->table);
	free(index->block);
	memset(index, 0, sizeof(*index));
}

/* FNV-1a */
static size_t hash(const char *text, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3;
	return (size_t)(sum ^ sum >> 32);
}

/* The slot that holds @arn, or the free one where it belongs. */
static uint32_t *slot(const struct index *index, const char *arn, size_t len)
{
	size_t mask = index->table_size - 1;

	for (size_t at = hash(arn, len) & mask;; at = (at + 1) & mask) {
		uint32_t number = index->table[at];
		const char *known = NULL;

		if (number == INDEX_NONE)
			return &index->table[at];
		known = index->groups[number].arn;
		if (strncmp(known, arn, len) == 0 && !known[len])
			return &index->table[at];
	}
}

static void widen(struct index *index)
{
	size_t size = index->table_size ? 2 * index->table_size : 64;

	index->table = alloc_resized(index->table, size, sizeof(*index->table));
	memset(index->table, 0xff, size * sizeof(*index->table));
	index->table_size = size;
	for (size_t i = 0; i < index->group_count; i++) {
		const char *arn = index->groups[i].arn;

		*slot(index, arn, strlen(arn)) = (uint32_t)i;
	}
}

static uint32_t add_group(struct index *index, const char *arn, size_t len)
{
	if (index->group_count == index->group_cap) {
		index->group_cap = index->group_cap ? 2 * index->group_cap : 16;
		index->groups = alloc_resized(index->groups, index->group_cap,
					      sizeof(*index->groups));
	}
	index->groups[index->group_count] = (struct group){
		.arn = alloc_copy(arn, len),
	};
	return (uint32_t)index->group_count++;
}

uint32_t index_count(struct index *index, const char *arn, size_t len)
{
	uint32_t *at = NULL;

	if (2 * index->group_count >= index->table_size)
		widen(index);
	at = slot(index, arn, len);
	if (*at == INDEX_NONE)
		*at = add_group(index, arn, len);
	index->groups[*at].count++;
	return *at;
}

void index_reserve(struct index *index)
{
	size_t total = 0;

	for (size_t i = 0; i < index->group_count; i++)
		total += index->groups[i].count;
	index->block = alloc_resized(index->block, total, sizeof(*index->block));
	total = 0;
	for (size_t i = 0; i < index->group_count; i++) {
		index->groups[i].members = index->block + total;
		total += index->groups[i].count;
		index->groups[i].count = 0;
	}
}

void index_add(struct index *index, uint32_t group, uint32_t record)
{
	struct group *g = &index->groups[group];

	g->members[g->count++] = record;
}

uint32_t index_find(const struct index *index, const char *arn)
{
	return index->table_size ? *slot(index, arn, strlen(arn)) : INDEX_NONE;
}
