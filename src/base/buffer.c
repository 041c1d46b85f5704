#include "src/base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/secret.h"

#define BUFFER_MIN_BYTES ((size_t)4096)

/* By hand, since realloc() would leave the old bytes in the heap. */
static bool move(struct buffer *buffer, size_t size)
{
	char *data = malloc(size);

	if (!data)
		return false;
	if (buffer->data) {
		memcpy(data, buffer->data, buffer->len);
		secret_free_bytes(buffer->data, buffer->len);
	}
	buffer->data = data;
	buffer->size = size;
	return true;
}

static bool grow(struct buffer *buffer, size_t needed)
{
	size_t size = buffer->size ? buffer->size : BUFFER_MIN_BYTES;

	while (size < needed)
		size *= 2;
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

bool buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
	if (len > buffer->max_bytes - buffer->len) {
		buffer->is_over = true;
		return false;
	}
	if (buffer->len + len >= buffer->size && !grow(buffer, buffer->len + len + 1))
		return false;
	memcpy(buffer->data + buffer->len, bytes, len);
	buffer->len += len;
	buffer->data[buffer->len] = '\0';
	return true;
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
	secret_free_bytes(buffer->data, buffer->size);
	buffer->data = NULL;
	buffer->len = 0;
	buffer->size = 0;
}
