#include "fs/content/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/digits.h"
#include "src/base/text.h"

#define CAPACITY_MIN 4096

void changes_fini(struct changes *changes)
{
	free(changes->text);
	*changes = (struct changes){.text = NULL};
}

static bool changes_reserve(struct changes *changes, size_t len)
{
	size_t capacity = changes->capacity ? changes->capacity : CAPACITY_MIN;
	char *text = NULL;

	while (capacity - changes->len < len)
		capacity *= 2;
	if (capacity == changes->capacity)
		return true;
	text = realloc(changes->text, capacity);
	if (!text)
		return false;
	changes->text = text;
	changes->capacity = capacity;
	return true;
}

/* Writes nothing more once it is out of memory. */
static void put_bytes(struct changes *changes, const char *bytes, size_t len)
{
	if (changes->is_out_of_memory || !changes_reserve(changes, len)) {
		changes->is_out_of_memory = true;
		return;
	}
	memcpy(changes->text + changes->len, bytes, len);
	changes->len += len;
}

static void put_string(struct changes *changes, const char *string)
{
	put_bytes(changes, string, strlen(string));
}

static void put_escaped(struct changes *changes, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";
	const char escaped[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

	if (byte == '\n')
		put_string(changes, "\\n");
	else if (byte == '\t')
		put_string(changes, "\\t");
	else
		put_bytes(changes, escaped, sizeof(escaped));
}

static void put_unit(struct changes *changes, const struct text_unit *unit)
{
	if (unit->is_safe) {
		put_bytes(changes, (const char *)unit->bytes, unit->count);
		return;
	}
	for (unsigned char i = 0; i < unit->count; i++)
		put_escaped(changes, unit->bytes[i]);
}

/* The length without the newlines, and carriage returns before them, at the end. */
static size_t trimmed_len(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '\n')
		len -= len > 1 && text[len - 2] == '\r' ? 2 : 1;
	return len;
}

/* By the text rule, on one line; a hyphen for an absent text. */
static void put_text(struct changes *changes, const char *text)
{
	const char *end = text ? text + trimmed_len(text) : NULL;

	if (text == end)
		put_string(changes, "-");
	while (text < end) {
		struct text_unit unit = text_next(text);

		if (*text != '\r' || text[1] != '\n')
			put_unit(changes, &unit);
		text += unit.consumed;
	}
}

static void put_field(struct changes *changes, const struct snapshot_entry *entry,
		      enum connection_field field)
{
	put_string(changes, "\t");
	put_text(changes, entry->connection ? entry->connection->field[field] : NULL);
}

static void put_path(struct changes *changes, int64_t time_s,
		     const struct snapshot_entry *entry)
{
	char time[TIMESTAMP_SIZE];

	put_string(changes, timestamp_format(time_s, time));
	put_string(changes, "\t");
	put_string(changes, entry->instance);
	put_string(changes, "/");
	put_string(changes, entry->endpoint);
}

/* Drops the oldest lines beyond the bound. */
static void changes_trim(struct changes *changes)
{
	const char *newline = NULL;
	size_t cut = 0;

	if (changes->len <= CHANGES_MAX_BYTES)
		return;
	/* From the byte before the part that fits: if it ends a line, all of that is
	 * kept. */
	cut = changes->len - CHANGES_MAX_BYTES - 1;
	newline = memchr(changes->text + cut, '\n', changes->len - cut);
	cut = newline ? (size_t)(newline - changes->text) + 1 : changes->len;
	memmove(changes->text, changes->text + cut, changes->len - cut);
	changes->len -= cut;
}

/* 0, or -ENOMEM and the text as it was. */
static int changes_end(struct changes *changes, size_t len_before)
{
	if (!changes->is_out_of_memory)
		return 0;
	changes->is_out_of_memory = false;
	changes->len = len_before;
	return -ENOMEM;
}

int changes_append(struct changes *changes, int64_t time_s,
		   const struct diff_change *change)
{
	size_t start = changes->len;
	int r = 0;

	put_path(changes, time_s, &change->after);
	put_field(changes, &change->before, CONNECTION_STATUS);
	put_field(changes, &change->after, CONNECTION_STATUS);
	put_field(changes, &change->after, CONNECTION_LAST_FAILURE_MESSAGE);
	put_string(changes, "\n");
	r = changes_end(changes, start);
	/* A burst must not make it grow without bound. */
	if (r == 0 && changes->len > 2 * CHANGES_MAX_BYTES)
		changes_trim(changes);
	return r;
}

int changes_join(struct changes *changes, const struct changes *newer)
{
	size_t start = changes->len;
	int r = 0;

	if (newer->len > 0)
		put_bytes(changes, newer->text, newer->len);
	r = changes_end(changes, start);
	if (r == 0)
		changes_trim(changes);
	return r;
}
