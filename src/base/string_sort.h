/*
 * Sorts strings by bytes, fast where they share long beginnings, as ARNs do, and
 * where many are equal, as names of instances are.
 */
#ifndef DMSFS_SRC_BASE_STRING_SORT_H
#define DMSFS_SRC_BASE_STRING_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct string_key {
	const char *text;
	uint64_t window; /* the sort's own: the bytes that are compared next */
	uint32_t index;	 /* the caller's own, carried along */
	bool is_repeat;	 /* result: the key before has the same text */
};

/* The order among keys of the same text is not said. */
void string_sort(struct string_key *keys, size_t count);

/* The end of the run of keys of one text that begins at @first; sorted keys. */
size_t string_run_end(const struct string_key *keys, size_t count, size_t first);

#endif
