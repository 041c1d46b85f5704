/*
 * An input that stands for several texts: each ends in 0x1E, or with the input.
 */
#ifndef DMSFS_TESTS_FUZZ_PARTS_H
#define DMSFS_TESTS_FUZZ_PARTS_H

#include <stddef.h>
#include <stdint.h>

#define PARTS_END 0x1E

struct parts {
	const uint8_t *at;
	const uint8_t *end;
};

struct part {
	const uint8_t *bytes;
	size_t len;
};

/* The next one; an empty one beyond the last. */
struct part parts_next(struct parts *parts);

/* Terminated, for free(3). */
char *part_copy(const struct part *part);

#endif
