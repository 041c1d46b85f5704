#include "src/base/strings.h"

#include <stdlib.h>
#include <string.h>

/* Each block is twice as large as the one before, up to the second: many an arena has a
 * few strings. */
#define BLOCK_MIN_BYTES ((size_t)224)
#define BLOCK_MAX_BYTES ((size_t)4000)
#define HEAD_BYTES 4
#define BITS_A_BYTE 8
#define RANGE_MIN 32 /* fewer keys are left to qsort(3) */
#define ROUNDS_MAX 16

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

/* How many bytes all of them begin with. */
static size_t common_length(const struct string_key *keys, size_t count)
{
	const char *first = keys[0].text;
	size_t common = strlen(first);

	for (size_t i = 1; i < count && common > 0; i++) {
		const char *text = keys[i].text;
		size_t len = 0;

		if (strncmp(text, first, common) == 0)
			continue;
		while (text[len] == first[len])
			len++;
		common = len;
	}
	return common;
}

/* The bytes where texts begin to differ, as a number in the order of the texts. */
static uint32_t head_of(const char *text)
{
	uint32_t head = 0;

	for (size_t i = 0; i < HEAD_BYTES; i++) {
		head = head << BITS_A_BYTE | (unsigned char)*text;
		text += *text != '\0';
	}
	return head >> 1;
}

/* By the digits of the head, from the lowest on: an even number, so that the keys are
 * back in their place in the end. */
static void sort_by_head(struct string_key *keys, struct string_key *spare,
			 size_t count)
{
	for (unsigned shift = 0; shift < HEAD_BYTES * BITS_A_BYTE;
	     shift += BITS_A_BYTE) {
		struct string_key *from = keys;
		size_t starts[UINT8_MAX + 2] = {0};

		for (size_t i = 0; i < count; i++)
			starts[(uint8_t)(from[i].head >> shift) + 1]++;
		for (size_t digit = 0; digit <= UINT8_MAX; digit++)
			starts[digit + 1] += starts[digit];
		for (size_t i = 0; i < count; i++)
			spare[starts[(uint8_t)(from[i].head >> shift)]++] = from[i];
		keys = spare;
		spare = from;
	}
}

static size_t head_run_end(const struct string_key *keys, size_t count, size_t first)
{
	size_t end = first + 1;

	while (end < count && keys[end].head == keys[first].head)
		end++;
	return end;
}

/* Texts such as ARNs have a long start in common: what comes behind it sorts nearly
 * all, and the others are sorted by what comes behind that. Where texts are made so
 * that this takes ever more rounds, @rounds bounds them. */
static void sort_range(struct string_key *keys, struct string_key *spare, size_t count,
		       unsigned rounds)
{
	size_t common = 0;
	size_t end = 0;

	if (count < RANGE_MIN || rounds == 0) {
		qsort(keys, count, sizeof(*keys), compare_strings);
		return;
	}
	common = common_length(keys, count);
	for (size_t i = 0; i < count; i++)
		keys[i].head = head_of(keys[i].text + common) & INT32_MAX;
	sort_by_head(keys, spare, count);
	for (size_t first = 0; first < count; first = end) {
		end = head_run_end(keys, count, first);
		/* If all heads are equal, so are all texts. */
		if (end - first > 1 && end - first < count)
			sort_range(keys + first, spare, end - first, rounds - 1);
	}
}

/* Many are in order as they come, and a comparison of neighbours is due anyway. */
void string_sort(struct string_key *keys, size_t count)
{
	struct string_key *spare = NULL;

	if (mark_repeats(keys, count))
		return;
	spare = reallocarray(NULL, count, sizeof(*spare));
	sort_range(keys, spare, count, spare ? ROUNDS_MAX : 0);
	free(spare);
	mark_repeats(keys, count);
}

size_t string_run_end(const struct string_key *keys, size_t count, size_t first)
{
	size_t end = first + 1;

	while (end < count && keys[end].is_repeat)
		end++;
	return end;
}
