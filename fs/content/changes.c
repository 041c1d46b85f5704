#include "fs/content/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"
#include "src/base/timestamp.h"

#define CAPACITY_MIN 4096

void changes_fini(struct changes *changes)
{
	free(changes->text);
	*changes = (struct changes){.text = NULL};
}

static int reserve(struct changes *changes, size_t len)
{
	size_t capacity = changes->capacity ? changes->capacity : CAPACITY_MIN;
	char *text = NULL;

	while (capacity - changes->len < len)
		capacity *= 2;
	if (capacity == changes->capacity)
		return 0;
	text = realloc(changes->text, capacity);
	if (!text)
		return -ENOMEM;
	changes->text = text;
	changes->capacity = capacity;
	return 0;
}

static int put(struct changes *changes, const char *bytes, size_t len)
{
	int r = reserve(changes, len);

	if (r == 0) {
		memcpy(changes->text + changes->len, bytes, len);
		changes->len += len;
	}
	return r;
}

static int put_string(struct changes *changes, const char *string)
{
	return put(changes, string, strlen(string));
}

static int put_byte(struct changes *changes, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";
	const char escaped[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

	if (byte == '\n')
		return put_string(changes, "\\n");
	if (byte == '\t')
		return put_string(changes, "\\t");
	return put(changes, escaped, sizeof(escaped));
}

static int put_unit(struct changes *changes, const struct text_unit *unit)
{
	int r = 0;

	if (unit->is_safe)
		return put(changes, (const char *)unit->bytes, unit->count);
	for (unsigned char i = 0; r == 0 && i < unit->count; i++)
		r = put_byte(changes, unit->bytes[i]);
	return r;
}

/* The length without the newlines, and carriage returns before them, at the end. */
static size_t trimmed_len(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '\n')
		len -= len > 1 && text[len - 2] == '\r' ? 2 : 1;
	return len;
}

/* By the text rule, on one line; what is absent is a hyphen. */
static int put_text(struct changes *changes, const char *text)
{
	const char *end = text ? text + trimmed_len(text) : NULL;
	int r = 0;

	if (text == end)
		return put_string(changes, "-");
	while (r == 0 && text < end) {
		struct text_unit unit = text_next(text);

		if (*text != '\r' || text[1] != '\n')
			r = put_unit(changes, &unit);
		text += unit.consumed;
	}
	return r;
}

static const char *field_of(const struct snapshot_entry *entry,
			    enum connection_field field)
{
	return entry->connection ? entry->connection->field[field] : NULL;
}

static int put_field(struct changes *changes, const struct snapshot_entry *entry,
		     enum connection_field field)
{
	int r = put_string(changes, "\t");

	return r < 0 ? r : put_text(changes, field_of(entry, field));
}

static int put_path(struct changes *changes, int64_t time_s,
		    const struct snapshot_entry *entry)
{
	char time[TIMESTAMP_SIZE];
	int r = put_string(changes, timestamp_format(time_s, time));

	if (r == 0)
		r = put_string(changes, "\t");
	if (r == 0)
		r = put_string(changes, entry->instance);
	if (r == 0)
		r = put_string(changes, "/");
	return r < 0 ? r : put_string(changes, entry->endpoint);
}

/* Drops the oldest lines beyond the bound. */
static void trim(struct changes *changes)
{
	const char *newline = NULL;
	size_t cut = 0;

	if (changes->len <= CHANGES_MAX_BYTES)
		return;
	/* The byte before what fits: if it ends a line, nothing more is to go. */
	cut = changes->len - CHANGES_MAX_BYTES - 1;
	newline = memchr(changes->text + cut, '\n', changes->len - cut);
	cut = newline ? (size_t)(newline - changes->text) + 1 : changes->len;
	memmove(changes->text, changes->text + cut, changes->len - cut);
	changes->len -= cut;
}

int changes_append(struct changes *changes, int64_t time_s,
		   const struct diff_change *change)
{
	size_t start = changes->len;
	int r = put_path(changes, time_s, &change->after);

	if (r == 0)
		r = put_field(changes, &change->before, CONNECTION_STATUS);
	if (r == 0)
		r = put_field(changes, &change->after, CONNECTION_STATUS);
	if (r == 0)
		r = put_field(changes, &change->after, CONNECTION_LAST_FAILURE_MESSAGE);
	if (r == 0)
		r = put_string(changes, "\n");
	if (r < 0)
		changes->len = start;
	/* A burst is not to make it grow without bound. */
	else if (changes->len > 2 * CHANGES_MAX_BYTES)
		trim(changes);
	return r;
}

int changes_join(struct changes *changes, const struct changes *newer)
{
	int r = newer->len > 0 ? put(changes, newer->text, newer->len) : 0;

	if (r == 0)
		trim(changes);
	return r;
}
