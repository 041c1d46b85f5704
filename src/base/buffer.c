#include "src/base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/secret.h"

#define BUFFER_MIN_BYTES ((size_t)4096)

/* Secrets by hand, since realloc() would leave the old bytes in the heap. */
static bool move(struct buffer *buffer, size_t size)
{
	char *data = buffer->is_public ? realloc(buffer->data, size) : malloc(size);

	if (!data)
		return false;
	if (buffer->data && !buffer->is_public) {
		memcpy(data, buffer->data, buffer->len);
		secret_free_bytes(buffer->data, buffer->len);
	}
	buffer->data = data;
	buffer->size = size;
	return true;
}

/* Never beyond the bound, so that whatever there is room for is within it. */
static bool grow(struct buffer *buffer, size_t needed)
{
	size_t size = buffer->size ? buffer->size : BUFFER_MIN_BYTES;

	while (size < needed)
		size *= 2;
	if (size - 1 > buffer->max_bytes)
		size = buffer->max_bytes + 1;
	if (move(buffer, size))
		return true;
	buffer->is_out_of_memory = true;
	return false;
}

void buffer_reserve(struct buffer *buffer, size_t len)
{
	if (len <= buffer->max_bytes - buffer->len && buffer->len + len >= buffer->size)
		move(buffer, buffer->len + len + 1);
}

bool buffer_make_room(struct buffer *buffer, size_t len)
{
	if (len > buffer->max_bytes - buffer->len) {
		buffer->is_over = true;
		return false;
	}
	return grow(buffer, buffer->len + len + 1);
}

char *buffer_take(struct buffer *buffer, size_t *len)
{
	char *data = buffer->data;

	if (len)
		*len = buffer->len;
	buffer->data = NULL;
	buffer->len = 0;
	buffer->size = 0;
	return data;
}

void buffer_fini(struct buffer *buffer)
{
	if (buffer->is_public)
		free(buffer->data);
	else
		secret_free_bytes(buffer->data, buffer->size);
	buffer->data = NULL;
	buffer->len = 0;
	buffer->size = 0;
}
