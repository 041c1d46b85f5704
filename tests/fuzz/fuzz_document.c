/*
 * A connection as text: whatever its fields hold, a reader gets them back, and a
 * part of the text is the part of the whole.
 */
#include <string.h>

#include "fs/content/document.h"
#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/paragraph.h"
#include "tests/fuzz/records.h"

/* The length of a value without the ends of line that close it. */
static size_t trimmed(const struct records_raw *raw)
{
	size_t len = raw->len;

	while (len > 0 && raw->bytes[len - 1] == '\n') {
		len--;
		if (len > 0 && raw->bytes[len - 1] == '\r')
			len--;
	}
	return len;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t")] == '\0';
}

/* What must stand for the line of @len bytes, in memory for free(3). */
static char *expected_value(const uint8_t *bytes, size_t len, bool is_first)
{
	char *text = malloc(4 * len + sizeof("\\x2E"));

	FUZZ_CHECK(text);
	expected_line(bytes, len, text);
	if (!is_first && is_blank(text))
		memcpy(text, ".", sizeof("."));
	else if (!is_first && strcmp(text, ".") == 0)
		memcpy(text, "\\x2E", sizeof("\\x2E"));
	return text;
}

static void check_line(struct paragraph *paragraph, const char *name,
		       const uint8_t *bytes, size_t len)
{
	struct paragraph_line line = {0};
	char *expected = expected_value(bytes, len, name != NULL);

	FUZZ_CHECK(paragraph_next(paragraph, &line));
	FUZZ_CHECK((line.name != NULL) == (name != NULL));
	if (name)
		FUZZ_CHECK(line.name_len == strlen(name) &&
			   memcmp(line.name, name, line.name_len) == 0);
	FUZZ_CHECK(line.len == strlen(expected));
	FUZZ_CHECK(memcmp(line.value, expected, line.len) == 0);
	free(expected);
}

static void check_field(struct paragraph *paragraph, const char *name,
			const struct records_raw *raw)
{
	const uint8_t *at = raw->bytes;
	const uint8_t *end = at + trimmed(raw);
	const uint8_t *newline;

	if (at == end)
		return;
	do {
		size_t len;

		newline = memchr(at, '\n', (size_t)(end - at));
		len = (size_t)((newline ? newline : end) - at);
		if (newline && len > 0 && at[len - 1] == '\r')
			len--;
		check_line(paragraph, name, at, len);
		name = NULL;
		at = newline ? newline + 1 : end;
	} while (newline);
}

/* A buffer of the slice's very size, for the sanitizer. */
static void check_slice(const struct connection *connection, const char *whole,
			size_t whole_len, size_t offset, size_t size)
{
	size_t rest = offset < whole_len ? whole_len - offset : 0;
	size_t expected = rest < size ? rest : size;
	char *slice = malloc(size + (size == 0));

	FUZZ_CHECK(slice);
	FUZZ_CHECK(document_read(connection, slice, size, (off_t)offset) == expected);
	FUZZ_CHECK(expected == 0 || memcmp(slice, whole + offset, expected) == 0);
	free(slice);
}

static void check_connection(const struct connection *connection,
			     const struct records_raw *raw)
{
	size_t len = document_size(connection);
	char *text = malloc(len + (len == 0));
	struct paragraph paragraph = {text, text + len};

	FUZZ_CHECK(text);
	FUZZ_CHECK(document_render(connection, text, len) == len);
	for (int f = 0; f < CONNECTION_FIELDS; f++)
		check_field(&paragraph, connection_field_name((enum connection_field)f),
			    &raw[f]);
	FUZZ_CHECK(paragraph.at == paragraph.end);
	check_slice(connection, text, len, len / 2, len / 3);
	check_slice(connection, text, len, raw[0].len, raw[CONNECTION_FIELDS - 1].len);
	check_slice(connection, text, len, len > 0 ? len - 1 : 0, 2);
	check_slice(connection, text, len, len + 1, 1);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct records records;

	records_read(data, size, &records);
	for (size_t i = 0; i < records.count; i++)
		check_connection(&records.connections[i], records.raw[i]);
	records_fini(&records);
	return 0;
}
