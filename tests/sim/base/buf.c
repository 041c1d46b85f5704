#include "tests/sim/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

void buf_fini(struct buf *buf)
{
	free(buf->at);
	memset(buf, 0, sizeof(*buf));
}

static void reserve(struct buf *buf, size_t more)
{
	size_t need = buf->len + more + 1;

	if (need <= buf->cap)
		return;
	buf->cap = need > 2 * buf->cap ? need : 2 * buf->cap;
	buf->at = alloc_resized(buf->at, buf->cap, 1);
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	reserve(buf, len);
	if (len > 0)
		memcpy(buf->at + buf->len, bytes, len);
	buf->len += len;
	buf->at[buf->len] = '\0';
}

void buf_adds(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		abort();
	reserve(buf, (size_t)len);
	va_start(args, format);
	vsnprintf(buf->at + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

void buf_add_json(struct buf *buf, const char *text)
{
	buf_adds(buf, "\"");
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			buf_addf(buf, "\\%c", *c);
		else if ((unsigned char)*c < 0x20)
			buf_addf(buf, "\\u%04x", (unsigned char)*c);
		else
			buf_add(buf, c, 1);
	}
	buf_adds(buf, "\"");
}
