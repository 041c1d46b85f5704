/*
 * Many strings: kept in one place, and sorted.
 */
#ifndef DMSFS_SRC_BASE_STRINGS_H
#define DMSFS_SRC_BASE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

/* Strings that are all freed together. Starts zeroed; for one thread. */
struct arena {
	struct arena_block *blocks;
};

/* A terminated copy of @len bytes, which lives as long as the arena; NULL: no
 * memory. */
const char *arena_copy(struct arena *arena, const char *text, size_t len);

/* Frees all of them; the arena may be used again. */
void arena_fini(struct arena *arena);

struct string_key {
	const char *text;
	uint32_t index; /* the caller's own, carried along */
	bool is_repeat; /* result: the key before has the same text */
};

/* Sorts by bytes. The order among keys of the same text is not said. */
void string_sort(struct string_key *keys, size_t count);

/* The end of the run of keys of one text that begins at @first; sorted keys. */
size_t string_run_end(const struct string_key *keys, size_t count, size_t first);

#endif
