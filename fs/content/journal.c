#include "fs/content/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/digits.h"
#include "src/base/text.h"

#define CAPACITY_MIN 4096

void journal_fini(struct journal *journal)
{
	free(journal->text);
	*journal = (struct journal){.text = NULL};
}

static bool journal_reserve(struct journal *journal, size_t len)
{
	size_t capacity = journal->capacity ? journal->capacity : CAPACITY_MIN;
	char *text = NULL;

	while (capacity - journal->len < len)
		capacity *= 2;
	if (capacity == journal->capacity)
		return true;
	text = realloc(journal->text, capacity);
	if (!text)
		return false;
	journal->text = text;
	journal->capacity = capacity;
	return true;
}

/* Writes nothing more once it is out of memory. */
static void put_bytes(struct journal *journal, const char *bytes, size_t len)
{
	if (journal->is_out_of_memory || !journal_reserve(journal, len)) {
		journal->is_out_of_memory = true;
		return;
	}
	memcpy(journal->text + journal->len, bytes, len);
	journal->len += len;
}

static void put_string(struct journal *journal, const char *string)
{
	put_bytes(journal, string, strlen(string));
}

static void put_escaped(struct journal *journal, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";
	const char escaped[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

	if (byte == '\n')
		put_string(journal, "\\n");
	else if (byte == '\t')
		put_string(journal, "\\t");
	else
		put_bytes(journal, escaped, sizeof(escaped));
}

static void put_unit(struct journal *journal, const struct text_unit *unit)
{
	if (unit->is_safe) {
		put_bytes(journal, (const char *)unit->bytes, unit->count);
		return;
	}
	for (unsigned char i = 0; i < unit->count; i++)
		put_escaped(journal, unit->bytes[i]);
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
static void put_text(struct journal *journal, const char *text)
{
	size_t limit = journal->len < JOURNAL_BURST_BYTES ? JOURNAL_TEXT_MAX_BYTES
							  : JOURNAL_BURST_TEXT_BYTES;
	size_t start = journal->len;
	const char *end = text ? text + trimmed_len(text) : NULL;

	if (text == end)
		put_string(journal, "-");
	while (text < end) {
		struct text_unit unit = text_next(text);
		size_t before = journal->len;

		if (*text != '\r' || text[1] != '\n')
			put_unit(journal, &unit);
		if (journal->len - start > limit) {
			journal->len = before;
			return;
		}
		text += unit.consumed;
	}
}

static void put_field(struct journal *journal, const struct snapshot_entry *entry,
		      enum connection_field field)
{
	put_string(journal, "\t");
	put_text(journal, entry->connection ? entry->connection->field[field] : NULL);
}

static void put_path(struct journal *journal, int64_t time_s,
		     const struct snapshot_entry *entry)
{
	char time[TIMESTAMP_SIZE];

	put_string(journal, timestamp_format(time_s, time));
	put_string(journal, "\t");
	put_string(journal, entry->instance);
	put_string(journal, "/");
	put_string(journal, entry->endpoint);
}

/* 0, or -ENOMEM and the text as it was. */
static int journal_end(struct journal *journal, size_t len_before)
{
	if (!journal->is_out_of_memory)
		return 0;
	journal->is_out_of_memory = false;
	journal->len = len_before;
	return -ENOMEM;
}

int journal_append_change(struct journal *journal, int64_t time_s,
			  const struct diff_change *change)
{
	size_t start = journal->len;

	put_path(journal, time_s, &change->after);
	put_field(journal, &change->before, CONNECTION_STATUS);
	put_field(journal, &change->after, CONNECTION_STATUS);
	put_field(journal, &change->after, CONNECTION_LAST_FAILURE_MESSAGE);
	put_string(journal, "\n");
	return journal_end(journal, start);
}

int journal_append_gap(struct journal *journal, int64_t time_s, int64_t since_s,
		       bool is_exact)
{
	size_t start = journal->len;
	char time[TIMESTAMP_SIZE];

	put_string(journal, timestamp_format(time_s, time));
	put_string(journal, "\t.\t-\t-\tnot watched since ");
	put_string(journal, timestamp_format(since_s, time));
	put_string(journal, is_exact ? "\n" : " or later\n");
	return journal_end(journal, start);
}

/* "ok", or the name of the errno where commands may end with it. */
static const char *result_name(int r)
{
	static const struct {
		int r;
		const char *name;
	} names[] = {
		{0, "ok"},
		{-EPERM, "EPERM"},
		{-EINVAL, "EINVAL"},
		{-ENOENT, "ENOENT"},
		{-EALREADY, "EALREADY"},
		{-EBUSY, "EBUSY"},
		{-EACCES, "EACCES"},
		{-ENOKEY, "ENOKEY"},
		{-EKEYEXPIRED, "EKEYEXPIRED"},
		{-EDQUOT, "EDQUOT"},
		{-ETIMEDOUT, "ETIMEDOUT"},
		{-EHOSTUNREACH, "EHOSTUNREACH"},
		{-ECANCELED, "ECANCELED"},
		{-ENOMEM, "ENOMEM"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].r == r)
			return names[i].name;
	return "EIO";
}

int journal_append_command(struct journal *journal,
			   const struct journal_command *command)
{
	size_t start = journal->len;
	char time[TIMESTAMP_SIZE];
	char caller[64];

	snprintf(caller, sizeof(caller), "\t%ju\t%jd\t", (uintmax_t)command->uid,
		 (intmax_t)command->pid);
	put_string(journal, timestamp_format(command->time_s, time));
	put_string(journal, caller);
	put_string(journal, command->verb);
	put_string(journal, " ");
	put_text(journal, command->path);
	put_string(journal, "\t");
	put_string(journal, result_name(command->r));
	put_string(journal, "\t");
	put_text(journal, command->text);
	put_string(journal, "\t");
	put_text(journal, command->request_id);
	put_string(journal, "\n");
	return journal_end(journal, start);
}

int journal_join(struct journal *journal, const struct journal *newer)
{
	size_t start = journal->len;

	if (newer->len > 0)
		put_bytes(journal, newer->text, newer->len);
	return journal_end(journal, start);
}

/* Behind the time; of a command also behind user, process and verb. @end where the line
 * is none of ours. */
static const char *find_path(const char *line, const char *end, bool is_of_command)
{
	const char *at = line;

	for (int fields = is_of_command ? 4 : 1; at < end && fields > 0; fields--) {
		at = memchr(at, fields == 1 && is_of_command ? ' ' : '\t',
			    (size_t)(end - at));
		at = at ? at + 1 : end;
	}
	return at;
}

int journal_join_source(struct journal *journal, const struct journal *newer,
			bool is_of_commands, const char *source)
{
	const char *line = newer->text;
	const char *end = newer->text + newer->len;
	size_t start = journal->len;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *next = newline ? newline + 1 : end;
		const char *path = find_path(line, next, is_of_commands);

		put_bytes(journal, line, (size_t)(path - line));
		if (path < next) {
			put_string(journal, source);
			put_string(journal, "/");
		}
		put_bytes(journal, path, (size_t)(next - path));
		line = next;
	}
	return journal_end(journal, start);
}

void journal_drop(struct journal *journal, size_t from, size_t len)
{
	size_t capacity = CAPACITY_MIN;
	char *text = journal->text + from;

	journal->len -= len;
	memmove(text, text + len, journal->len - from);
	while (capacity < journal->len)
		capacity *= 2;
	text = realloc(journal->text, capacity);
	if (!text)
		return;
	journal->text = text;
	journal->capacity = capacity;
}
