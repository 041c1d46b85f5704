#include "fs/state/record_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/clock.h"
#include "src/base/digits.h"
#include "src/base/strings.h"
#include "src/base/text.h"
#include "src/dms/page.h"

#define MAGIC "dmsfs state "
#define VERSION_LINE MAGIC "1\n"
#define EMPTY_FIELD "\\e"
#define DIGEST_NAME "SHA-256: "
#define DIGEST_HEX_LEN (2 * sizeof(struct page_digest))
#define DIGEST_LINE_LEN (sizeof(DIGEST_NAME) - 1 + DIGEST_HEX_LEN + 1)
#define TIME_SIZE 32
#define FRACTION_DIGITS 9

/* Of a page in memory: so few that texts which repeat in it are found fast, and so many
 * that its memory goes back to the system with it. */
#define PAGE_CONNECTIONS 1000

/* Writing. A buffer that is full, or has no memory, says so in the end. */

static void put_string(struct buffer *out, const char *string)
{
	buffer_append(out, string, strlen(string));
}

static void put_escaped_byte(struct buffer *out, unsigned char byte)
{
	char escaped[8];

	if (byte == '\n' || byte == '\t' || byte == '\\')
		snprintf(escaped, sizeof(escaped), "\\%c",
			 byte == '\n' ? 'n' : (byte == '\t' ? 't' : '\\'));
	else
		snprintf(escaped, sizeof(escaped), "\\x%02X", byte);
	put_string(out, escaped);
}

/* All bytes of @text are there again after unescape(). */
static void put_text(struct buffer *out, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		const char *backslash = NULL;
		size_t plain = text_plain_span(text, end);
		struct text_unit unit;

		if (plain > 0)
			backslash = memchr(text, '\\', plain);
		if (backslash)
			plain = (size_t)(backslash - text);
		buffer_append(out, text, plain);
		text += plain;
		if (text == end)
			return;
		unit = text_next(text);
		if (unit.is_safe && *text != '\\')
			buffer_append(out, text, unit.consumed);
		else
			for (unsigned char i = 0; i < unit.consumed; i++)
				put_escaped_byte(out, (unsigned char)text[i]);
		text += unit.consumed;
	}
}

static void put_field(struct buffer *out, const char *name, const char *text)
{
	put_string(out, name);
	put_string(out, ": ");
	put_text(out, text);
	put_string(out, "\n");
}

static void put_number(struct buffer *out, const char *name, size_t number)
{
	char text[TIME_SIZE];

	snprintf(text, sizeof(text), "%zu", number);
	put_field(out, name, text);
}

/* By hand, since there are two for each connection. */
static const char *format_time(int64_t ns, char text[TIME_SIZE])
{
	uint64_t left = ns < 0 ? 0 : (uint64_t)ns;
	char *at = &text[TIME_SIZE - 1];

	*at = '\0';
	for (int digit = 0; digit <= FRACTION_DIGITS || left > 0; digit++) {
		if (digit == FRACTION_DIGITS)
			*--at = '.';
		*--at = (char)('0' + left % 10);
		left /= 10;
	}
	return at;
}

static int result_of(const struct buffer *buffer)
{
	if (buffer->is_out_of_memory)
		return -ENOMEM;
	return buffer->is_over ? -EFBIG : 0;
}

static int put_filter(struct buffer *out, const char *name, const char *const *values,
		      size_t count)
{
	struct string_key *keys = calloc(count + 1, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		keys[i].text = values[i];
	string_sort(keys, count);
	for (size_t i = 0; i < count; i++)
		if (!keys[i].is_repeat)
			put_field(out, name, keys[i].text);
	free(keys);
	return 0;
}

int record_text_identify(const char *region, const char *endpoint,
			 const struct dms_filters *filters, struct buffer *identity)
{
	int r = 0;

	put_field(identity, "Region", region);
	put_field(identity, "Endpoint", endpoint);
	r = put_filter(identity, "EndpointArn", filters->endpoint_arns,
		       filters->endpoint_arn_count);
	if (r == 0)
		r = put_filter(identity, "ReplicationInstanceArn",
			       filters->replication_instance_arns,
			       filters->replication_instance_arn_count);
	return r < 0 ? r : result_of(identity);
}

static void put_connection(struct buffer *out, const struct connection *connection,
			   const struct age *age)
{
	char time[TIME_SIZE];

	put_string(out, format_time(age->content_ns, time));
	put_string(out, "\t");
	put_string(out, format_time(age->status_ns, time));
	for (size_t f = 0; f < CONNECTION_FIELDS; f++) {
		const char *text = connection->field[f];

		put_string(out, "\t");
		if (text && *text == '\0')
			put_string(out, EMPTY_FIELD);
		else if (text)
			put_text(out, text);
	}
	put_string(out, "\n");
}

static void put_record(struct buffer *out, const struct record *record)
{
	const struct snapshot *snapshot = record->snapshot;
	char time[TIME_SIZE];

	put_field(out, "LastRefresh", format_time(record->refreshed_at_ns, time));
	put_field(out, "LastChange", format_time(record->changed_at_ns, time));
	put_field(out, "Ended", record->is_ended ? "yes" : "no");
	put_number(out, "Connections", snapshot_count(snapshot));
	put_number(out, "changes.1", record->old_changes.len);
	put_number(out, "changes", record->changes.len);
	put_string(out, "\n");
	for (size_t i = 0; i < snapshot_count(snapshot); i++)
		put_connection(out, snapshot_connection_at(snapshot, i),
			       &record->ages[i]);
	if (record->old_changes.len > 0)
		buffer_append(out, record->old_changes.text, record->old_changes.len);
	if (record->changes.len > 0)
		buffer_append(out, record->changes.text, record->changes.len);
}

static int digest_line(const char *text, size_t len, char line[DIGEST_LINE_LEN + 1])
{
	struct page_digest digest;
	char hex[DIGEST_HEX_LEN + 1];
	int r = page_digest_of(text, len, &digest);

	if (r == 0) {
		hex_encode(digest.bytes, sizeof(digest.bytes), hex);
		snprintf(line, DIGEST_LINE_LEN + 1, DIGEST_NAME "%s\n", hex);
	}
	return r;
}

int record_text_write(const struct record *record, const char *identity,
		      struct buffer *text)
{
	char line[DIGEST_LINE_LEN + 1];
	int r = 0;

	put_string(text, VERSION_LINE);
	put_string(text, identity);
	put_record(text, record);
	r = result_of(text);
	if (r == 0)
		r = digest_line(text->data, text->len, line);
	if (r == 0)
		put_string(text, line);
	return r < 0 ? r : result_of(text);
}

/* Reading. */

struct reader {
	char *at; /* terminated at @end */
	char *end;
};

static int hex_value(char digit)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* The byte of the escape after a backslash, and how long that is; false: none. */
static bool read_escape(const char *text, char *byte, size_t *len)
{
	int high = 0;
	int low = 0;

	*len = 1;
	switch (text[0]) {
	case '\\':
		*byte = '\\';
		return true;
	case 'n':
		*byte = '\n';
		return true;
	case 't':
		*byte = '\t';
		return true;
	case 'x':
		break;
	default:
		return false;
	}
	high = hex_value(text[1]);
	low = high < 0 ? -1 : hex_value(text[2]);
	*byte = (char)(high * 16 + low);
	*len = 3;
	return low >= 0 && *byte != '\0';
}

static bool unescape(char *text)
{
	char *out = strchr(text, '\\');

	if (!out)
		return true;
	for (const char *in = out; *in; out++) {
		size_t len = 0;

		if (*in != '\\') {
			*out = *in++;
			continue;
		}
		if (!read_escape(in + 1, out, &len))
			return false;
		in += 1 + len;
	}
	*out = '\0';
	return true;
}

/* The text up to @delimiter, terminated; NULL where there is none before the end. */
static char *take_part(char **at, char delimiter)
{
	char *part = *at;
	char *end = strchr(part, delimiter);

	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return part;
}

/* The value of the next line, which must be that field's. */
static char *take_field(struct reader *reader, const char *name)
{
	const size_t len = strlen(name);
	char *line = take_part(&reader->at, '\n');

	if (!line || strncmp(line, name, len) != 0 || strncmp(line + len, ": ", 2) != 0)
		return NULL;
	return line + len + 2;
}

static bool read_digits(const char *text, size_t len, int64_t max, int64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < len; i++) {
		const int64_t digit = text[i] - '0';

		if (digit < 0 || digit > 9 || *number > (max - digit) / 10)
			return false;
		*number = 10 * *number + digit;
	}
	return len > 0;
}

static bool read_time(const char *text, int64_t *ns)
{
	const char *point = text ? strchr(text, '.') : NULL;
	int64_t seconds = 0;
	int64_t fraction = 0;

	if (!point || strlen(point + 1) != FRACTION_DIGITS ||
	    !read_digits(text, (size_t)(point - text), INT64_MAX / NS_PER_S - 1,
			 &seconds) ||
	    !read_digits(point + 1, FRACTION_DIGITS, NS_PER_S - 1, &fraction))
		return false;
	*ns = seconds * NS_PER_S + fraction;
	return true;
}

static bool take_time(struct reader *reader, const char *name, int64_t *ns)
{
	return read_time(take_field(reader, name), ns);
}

/* Nothing has more bytes or lines than what is left. */
static bool take_number(struct reader *reader, const char *name, size_t *number)
{
	const char *text = take_field(reader, name);
	int64_t value = 0;

	if (!text || !read_digits(text, strlen(text), reader->end - reader->at, &value))
		return false;
	*number = (size_t)value;
	return true;
}

static bool take_flag(struct reader *reader, const char *name, bool *flag)
{
	const char *text = take_field(reader, name);

	*flag = text && strcmp(text, "yes") == 0;
	return *flag || (text && strcmp(text, "no") == 0);
}

static bool take_header(struct reader *reader, struct record *record, size_t *count)
{
	const char *blank = NULL;

	if (!take_time(reader, "LastRefresh", &record->refreshed_at_ns) ||
	    !take_time(reader, "LastChange", &record->changed_at_ns) ||
	    !take_flag(reader, "Ended", &record->is_ended) ||
	    !take_number(reader, "Connections", count) ||
	    !take_number(reader, "changes.1", &record->old_changes.len) ||
	    !take_number(reader, "changes", &record->changes.len))
		return false;
	blank = take_part(&reader->at, '\n');
	return blank && *blank == '\0';
}

static bool take_connection(struct reader *reader, struct connection *connection,
			    struct age *age)
{
	char *at = take_part(&reader->at, '\n');

	if (!at || !read_time(take_part(&at, '\t'), &age->content_ns) ||
	    !read_time(take_part(&at, '\t'), &age->status_ns))
		return false;
	for (size_t f = 0; f < CONNECTION_FIELDS; f++) {
		const bool is_last = f + 1 == CONNECTION_FIELDS;
		char *text = is_last ? at : take_part(&at, '\t');

		if (text && strcmp(text, EMPTY_FIELD) == 0)
			connection->field[f] = "";
		else if (!text || (is_last && strchr(text, '\t')) || !unescape(text))
			return false;
		else
			connection->field[f] = *text ? text : NULL;
	}
	return true;
}

static int take_page(struct reader *reader, size_t count, struct age *ages,
		     struct page **page)
{
	struct connection connections[PAGE_CONNECTIONS];

	for (size_t i = 0; i < count; i++)
		if (!take_connection(reader, &connections[i], &ages[i]))
			return -EBADMSG;
	return page_new(connections, count, NULL, page);
}

/* The names follow from the listing, so the order of the lines is that of the paths. */
static bool is_in_order(const struct snapshot *snapshot, struct page *const *pages,
			size_t count)
{
	size_t at = 0;

	for (size_t p = 0; p < count; p++)
		for (size_t i = 0; i < page_count(pages[p]); i++, at++)
			if (at == snapshot_count(snapshot) ||
			    snapshot_connection_at(snapshot, at) !=
				    page_at(pages[p], i))
				return false;
	return true;
}

static int take_pages(struct reader *reader, size_t left, struct age *ages,
		      struct page **pages)
{
	int r = 0;

	while (r == 0 && left > 0) {
		const size_t count = left < PAGE_CONNECTIONS ? left : PAGE_CONNECTIONS;

		r = take_page(reader, count, ages, pages++);
		ages += count;
		left -= count;
	}
	return r;
}

static int take_connections(struct reader *reader, size_t count, struct record *record)
{
	const size_t pages_max = count / PAGE_CONNECTIONS + 1;
	struct page **pages = calloc(pages_max, sizeof(struct page *));
	size_t made = 0;
	int r = 0;

	record->ages = calloc(count + 1, sizeof(*record->ages));
	if (!pages || !record->ages)
		r = -ENOMEM;
	if (r == 0)
		r = take_pages(reader, count, record->ages, pages);
	while (pages && made < pages_max && pages[made])
		made++;
	if (r == 0)
		r = snapshot_of_listing(pages, made, NULL, &record->snapshot);
	if (r == 0 && !is_in_order(record->snapshot, pages, made))
		r = -EBADMSG;
	while (made > 0)
		page_unref(pages[--made]);
	free(pages);
	return r;
}

static int take_lines(struct reader *reader, struct record_lines *lines)
{
	const size_t left = (size_t)(reader->end - reader->at);

	if (lines->len > left || (lines->len > 0 && reader->at[lines->len - 1] != '\n'))
		return -EBADMSG;
	if (lines->len == 0)
		return 0;
	lines->text = malloc(lines->len);
	if (!lines->text)
		return -ENOMEM;
	memcpy(lines->text, reader->at, lines->len);
	reader->at += lines->len;
	return 0;
}

/* Also a newer version must be whole to be taken for one. */
static int check_digest(const char *text, size_t len)
{
	char line[DIGEST_LINE_LEN + 1];
	size_t body_len = len < DIGEST_LINE_LEN ? 0 : len - DIGEST_LINE_LEN;
	int r = 0;

	if (len < DIGEST_LINE_LEN || memchr(text, '\0', len))
		return -EBADMSG;
	r = digest_line(text, body_len, line);
	if (r < 0)
		return r;
	return memcmp(text + body_len, line, DIGEST_LINE_LEN) == 0 ? 0 : -EBADMSG;
}

static int read_record(struct reader *reader, struct record *record)
{
	size_t count = 0;
	int r = take_header(reader, record, &count) ? 0 : -EBADMSG;

	if (r == 0)
		r = take_connections(reader, count, record);
	if (r == 0)
		r = take_lines(reader, &record->old_changes);
	if (r == 0)
		r = take_lines(reader, &record->changes);
	if (r == 0 && reader->at != reader->end)
		r = -EBADMSG;
	return r;
}

/* A prefix: the line after it has no name that an identity has. */
static bool skip_prefix(struct reader *reader, const char *prefix)
{
	const size_t len = strlen(prefix);

	if (strncmp(reader->at, prefix, len) != 0)
		return false;
	reader->at += len;
	return true;
}

int record_text_read(char *text, size_t len, const char *identity,
		     struct record *record)
{
	struct reader reader = {.at = text, .end = text + len};
	int r = check_digest(text, len);

	*record = (struct record){.snapshot = NULL};
	if (r < 0)
		return r;
	if (!skip_prefix(&reader, VERSION_LINE))
		return skip_prefix(&reader, MAGIC) ? -EPROTONOSUPPORT : -EBADMSG;
	if (!skip_prefix(&reader, identity) ||
	    strncmp(reader.at, "LastRefresh: ", strlen("LastRefresh: ")) != 0)
		return -EXDEV;
	reader.end = text + len - DIGEST_LINE_LEN;
	*reader.end = '\0';
	r = read_record(&reader, record);
	if (r < 0)
		record_fini(record);
	return r;
}
