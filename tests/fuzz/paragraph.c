#include "tests/fuzz/paragraph.h"

#include <string.h>

#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"

static void read_field(const char *at, const char *end, struct paragraph_line *line)
{
	const char *colon = memchr(at, ':', (size_t)(end - at));

	FUZZ_CHECK(colon && colon > at);
	line->name = at;
	line->name_len = (size_t)(colon - at);
	at = colon + 1;
	if (at < end) {
		FUZZ_CHECK(*at == ' ');
		at++;
	}
	line->value = at;
	line->len = (size_t)(end - at);
}

static void read_further(const char *at, const char *end, struct paragraph_line *line)
{
	line->name = NULL;
	line->name_len = 0;
	line->value = at + 1;
	line->len = (size_t)(end - at - 1);
	for (at++; at < end && (*at == ' ' || *at == '\t');)
		at++;
	FUZZ_CHECK(at < end);
}

bool paragraph_next(struct paragraph *paragraph, struct paragraph_line *line)
{
	const char *at = paragraph->at;
	const char *end;

	if (at == paragraph->end)
		return false;
	end = memchr(at, '\n', (size_t)(paragraph->end - at));
	FUZZ_CHECK(end && end > at);
	FUZZ_CHECK(expected_is_clean(at, (size_t)(end - at), "\t"));
	if (*at == ' ')
		read_further(at, end, line);
	else
		read_field(at, end, line);
	paragraph->at = end + 1;
	return true;
}

void paragraph_check(const char *text, size_t len, const char *const *names,
		     size_t name_count)
{
	struct paragraph paragraph = {text, text + len};
	struct paragraph_line line;
	size_t next = 0;

	while (paragraph_next(&paragraph, &line)) {
		if (!line.name) {
			FUZZ_CHECK(next > 0);
			continue;
		}
		while (next < name_count &&
		       (strlen(names[next]) != line.name_len ||
			memcmp(names[next], line.name, line.name_len) != 0))
			next++;
		FUZZ_CHECK(next < name_count);
		next++;
	}
}

/* As paragraph_next(), and goes over the further lines. */
static bool next_field(struct paragraph *paragraph, struct paragraph_line *line)
{
	bool is_there = false;

	do {
		is_there = paragraph_next(paragraph, line);
	} while (is_there && !line->name);
	return is_there;
}

bool paragraph_has_fields_of(const char *text, size_t len, const char *other,
			     size_t other_len)
{
	struct paragraph a = {text, text + len};
	struct paragraph b = {other, other + other_len};
	struct paragraph_line x = {.name = NULL};
	struct paragraph_line y = {.name = NULL};

	while (next_field(&a, &x)) {
		if (!next_field(&b, &y) || x.name_len != y.name_len ||
		    memcmp(x.name, y.name, x.name_len) != 0)
			return false;
	}
	return !next_field(&b, &y);
}
