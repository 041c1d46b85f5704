#include "tests/sim/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *at)
{
	if (!at) {
		fputs("dms-sim: out of memory\n", stderr);
		abort();
	}
	return at;
}

void *alloc_zeroed(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size));
}

void *alloc_resized(void *at, size_t count, size_t size)
{
	return checked(reallocarray(at, count ? count : 1, size));
}

char *alloc_copy(const char *text, size_t len)
{
	char *copy = alloc_zeroed(len + 1, 1);

	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

char *alloc_text(const char *text)
{
	return text ? alloc_copy(text, strlen(text)) : NULL;
}
