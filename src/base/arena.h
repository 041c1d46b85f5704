/*
 * An arena: strings that are all freed together. Starts zeroed; one thread.
 */
#ifndef DMSFS_SRC_BASE_ARENA_H
#define DMSFS_SRC_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/* A terminated copy of @len bytes, which lives as long as the arena; NULL: no
 * memory. */
const char *arena_copy(struct arena *arena, const char *text, size_t len);

/* Frees all of them; the arena may be used again. */
void arena_fini(struct arena *arena);

#endif
