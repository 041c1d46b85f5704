/*
 * The text of a state, as it may stand in a file: with its digest, so that the bytes
 * before that are read. What is read is written as a text that is read as the same.
 */
#include <errno.h>
#include <string.h>

#include "fs/state/record_text.h"
#include "src/base/digits.h"
#include "tests/fuzz/fuzz.h"

#define DIGEST_NAME "SHA-256: "

static const char identity[] = "Region: r\nEndpoint: e\n";

static int read_copy(const char *text, size_t len, struct record *record)
{
	char *copy = malloc(len + 1);
	int r = 0;

	FUZZ_CHECK(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	r = record_text_read(copy, len, identity, record);
	free(copy);
	FUZZ_CHECK(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT || r == -EXDEV);
	FUZZ_CHECK(r == 0 || !record->snapshot);
	return r;
}

static void append_digest(struct buffer *text)
{
	char line[sizeof(DIGEST_NAME) + 2 * sizeof(struct page_digest) + 1] =
		DIGEST_NAME;
	struct page_digest digest;

	FUZZ_CHECK(page_digest_of(text->data, text->len, &digest) == 0);
	hex_encode(digest.bytes, sizeof(digest.bytes), line + sizeof(DIGEST_NAME) - 1);
	line[sizeof(line) - 2] = '\n';
	FUZZ_CHECK(buffer_append(text, line, sizeof(line) - 1));
}

static void check_lines(const struct record_lines *lines)
{
	FUZZ_CHECK(!lines->text == (lines->len == 0));
	FUZZ_CHECK(lines->len == 0 || lines->text[lines->len - 1] == '\n');
}

static void write_text(const struct record *record, struct buffer *text)
{
	*text = (struct buffer){.max_bytes = SIZE_MAX / 2};
	FUZZ_CHECK(record_text_write(record, identity, text) == 0);
}

static void check_record(const struct record *record)
{
	struct record again;
	struct buffer text;
	struct buffer same;

	check_lines(&record->changes);
	check_lines(&record->old_changes);
	write_text(record, &text);
	FUZZ_CHECK(read_copy(text.data, text.len, &again) == 0);
	write_text(&again, &same);
	FUZZ_CHECK(text.len == same.len);
	FUZZ_CHECK(memcmp(text.data, same.data, text.len) == 0);
	record_fini(&again);
	buffer_fini(&text);
	buffer_fini(&same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer text = {.max_bytes = SIZE_MAX / 2};
	struct record record;

	FUZZ_CHECK(buffer_append(&text, data, size));
	if (read_copy(text.data, text.len, &record) == 0)
		record_fini(&record);
	append_digest(&text);
	if (read_copy(text.data, text.len, &record) == 0) {
		check_record(&record);
		record_fini(&record);
	}
	buffer_fini(&text);
	return 0;
}
