#include "src/base/strings.h"

#include <stdlib.h>
#include <string.h>

/* Each block is twice as large as the one before, up to the second: many an arena has a
 * few strings. */
#define BLOCK_MIN_BYTES ((size_t)224)
#define BLOCK_MAX_BYTES ((size_t)4000)

/* The newest block is the first one, and the only one with room. */
struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	char bytes[];
};

static struct arena_block *add_block(struct arena *arena, size_t needed)
{
	size_t size = arena->blocks ? 2 * arena->blocks->size : BLOCK_MIN_BYTES;
	struct arena_block *block = NULL;

	if (size > BLOCK_MAX_BYTES)
		size = BLOCK_MAX_BYTES;
	if (size < needed)
		size = needed;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	*block = (struct arena_block){.next = arena->blocks, .size = size};
	arena->blocks = block;
	return block;
}

const char *arena_copy(struct arena *arena, const char *text, size_t len)
{
	struct arena_block *block = arena->blocks;
	char *copy;

	if (!block || block->size - block->used <= len)
		block = add_block(arena, len + 1);
	if (!block)
		return NULL;
	copy = block->bytes + block->used;
	memcpy(copy, text, len);
	copy[len] = '\0';
	block->used += len + 1;
	return copy;
}

void arena_fini(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}

static int compare_strings(const void *a, const void *b)
{
	const char *left = ((const struct string_key *)a)->text;
	const char *right = ((const struct string_key *)b)->text;

	return left == right ? 0 : strcmp(left, right);
}

/* Stops where two keys are out of order. */
static bool mark_repeats(struct string_key *keys, size_t count)
{
	int order = -1;

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			order = compare_strings(&keys[i - 1], &keys[i]);
		if (order > 0)
			return false;
		keys[i].is_repeat = order == 0;
	}
	return true;
}

/* Many are in order as they come, and a comparison of neighbours is due anyway. */
void string_sort(struct string_key *keys, size_t count)
{
	if (mark_repeats(keys, count))
		return;
	qsort(keys, count, sizeof(*keys), compare_strings);
	mark_repeats(keys, count);
}

size_t string_run_end(const struct string_key *keys, size_t count, size_t first)
{
	size_t end = first + 1;

	while (end < count && keys[end].is_repeat)
		end++;
	return end;
}
