#include "tests/fuzz/parts.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

struct part parts_next(struct parts *parts)
{
	const uint8_t *stop = memchr(parts->at, PARTS_END,
				     (size_t)(parts->end - parts->at));
	struct part part = {.bytes = parts->at};

	part.len = (size_t)((stop ? stop : parts->end) - parts->at);
	parts->at = stop ? stop + 1 : parts->end;
	return part;
}

char *part_copy(const struct part *part)
{
	char *text = malloc(part->len + 1);

	FUZZ_CHECK(text);
	memcpy(text, part->bytes, part->len);
	text[part->len] = '\0';
	return text;
}
