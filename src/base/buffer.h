/*
 * Bytes that arrive in pieces, up to a bound given at the start. No copy of them
 * is left in freed memory, as they may be credentials.
 */
#ifndef DMSFS_SRC_BASE_BUFFER_H
#define DMSFS_SRC_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Begins as {.max_bytes = N}, all else but is_public zero. */
struct buffer {
	char *data; /* owned, terminated beyond len; NULL before the first bytes */
	size_t len;
	size_t size;
	size_t max_bytes;
	bool is_public; /* set at the start: no secret, so that nothing is wiped */
	bool is_over;	/* more came than max_bytes */
	bool is_out_of_memory;
};

/* Makes room for @len bytes more and a terminator. False when the bound or the memory
 * does not allow it, with the flag for it set. */
bool buffer_make_room(struct buffer *buffer, size_t len);

/* Appends @len bytes; false as above. No bytes at all still make data a string. Inline,
 * as most pieces are short and of a length that the compiler knows. */
static inline bool buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
	if ((!buffer->data || len >= buffer->size - buffer->len) &&
	    !buffer_make_room(buffer, len))
		return false;
	memcpy(buffer->data + buffer->len, bytes, len);
	buffer->len += len;
	buffer->data[buffer->len] = '\0';
	return true;
}

/* @len more bytes are expected: room for them is made at once, if the bound and the
 * memory allow it. */
void buffer_reserve(struct buffer *buffer, size_t len);

/* Hands data over, to be wiped and freed by the caller. */
char *buffer_take(struct buffer *buffer, size_t *len);

void buffer_fini(struct buffer *buffer);

#endif
