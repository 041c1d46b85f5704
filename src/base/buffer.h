/*
 * Bytes that arrive in pieces, up to a bound given at the start. No copy of them
 * is left in freed memory, as they may be credentials.
 */
#ifndef DMSFS_SRC_BASE_BUFFER_H
#define DMSFS_SRC_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Begins as {.max_bytes = N}, all else zero. */
struct buffer {
	char *data; /* owned, terminated beyond len; NULL before the first bytes */
	size_t len;
	size_t size;
	size_t max_bytes;
	bool is_over; /* more came than max_bytes */
	bool is_out_of_memory;
};

/* Appends @len bytes; false when the bound or the memory does not allow it, with
 * the flag for it set. No bytes at all still make data a string. */
bool buffer_append(struct buffer *buffer, const void *bytes, size_t len);

/* @len more bytes are expected: room for them is made at once, if the bound and the
 * memory allow it. */
void buffer_reserve(struct buffer *buffer, size_t len);

/* Hands data over, to be wiped and freed by the caller. */
char *buffer_take(struct buffer *buffer, size_t *len);

void buffer_fini(struct buffer *buffer);

#endif
