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

/* By the text rule, on one line; a hyphen for an absent text. It is cut after a whole
 * character. */
static void put_text(struct changes *changes, const char *text)
{
	size_t limit = changes->len < CHANGES_BURST_BYTES ? CHANGES_TEXT_MAX_BYTES
							  : CHANGES_BURST_TEXT_BYTES;
	size_t start = changes->len;
	const char *end = text ? text + trimmed_len(text) : NULL;

	if (text == end)
		put_string(changes, "-");
	while (text < end) {
		struct text_unit unit = text_next(text);
		size_t before = changes->len;

		if (*text != '\r' || text[1] != '\n')
			put_unit(changes, &unit);
		if (changes->len - start > limit) {
			changes->len = before;
			return;
		}
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

	put_path(changes, time_s, &change->after);
	put_field(changes, &change->before, CONNECTION_STATUS);
	put_field(changes, &change->after, CONNECTION_STATUS);
	put_field(changes, &change->after, CONNECTION_LAST_FAILURE_MESSAGE);
	put_string(changes, "\n");
	return changes_end(changes, start);
}

int changes_join(struct changes *changes, const struct changes *newer)
{
	size_t start = changes->len;

	if (newer->len > 0)
		put_bytes(changes, newer->text, newer->len);
	return changes_end(changes, start);
}

void changes_drop(struct changes *changes, size_t len)
{
	size_t capacity = CAPACITY_MIN;
	char *text = NULL;

	changes->len -= len;
	memmove(changes->text, changes->text + len, changes->len);
	while (capacity < changes->len)
		capacity *= 2;
	text = realloc(changes->text, capacity);
	if (!text)
		return;
	changes->text = text;
	changes->capacity = capacity;
}
