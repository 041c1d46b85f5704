#include "fs/content/document.h"

#include <stdbool.h>
#include <string.h>

#include "src/base/text.h"

/* Copies the part of @bytes that lies in the window. */
static void put_bytes(struct document_sink *sink, const char *bytes, size_t len)
{
	size_t begin = sink->len;
	size_t skipped = 0;

	sink->len += len;
	if (sink->len <= sink->offset)
		return;
	if (begin < sink->offset)
		skipped = sink->offset - begin;
	begin = begin + skipped - sink->offset;
	if (begin >= sink->size)
		return;
	len -= skipped;
	if (len > sink->size - begin)
		len = sink->size - begin;
	memcpy(sink->out + begin, bytes + skipped, len);
}

static void put_text(struct document_sink *sink, const char *text)
{
	put_bytes(sink, text, strlen(text));
}

static void put_escaped(struct document_sink *sink, const unsigned char *bytes,
			size_t count)
{
	static const char hex[] = "0123456789ABCDEF";
	char escape[4] = {'\\', 'x'};

	for (size_t i = 0; i < count; i++) {
		escape[2] = hex[bytes[i] >> 4];
		escape[3] = hex[bytes[i] & 0x0F];
		put_bytes(sink, escape, sizeof(escape));
	}
}

/* The bytes of the end of line at @text; 0: there is none. */
static size_t newline_length(const char *text)
{
	if (text[0] == '\n')
		return 1;
	return text[0] == '\r' && text[1] == '\n' ? 2 : 0;
}

/* The end of @value without the ends of line at its end. */
static const char *find_end(const char *value)
{
	const char *end = value + strlen(value);

	while (end > value && end[-1] == '\n') {
		end--;
		if (end > value && end[-1] == '\r')
			end--;
	}
	return end;
}

static void put_line(struct document_sink *sink, const char *line, const char *end)
{
	while (line < end) {
		size_t span = text_plain_span(line, end);
		struct text_unit unit;

		put_bytes(sink, line, span);
		line += span;
		if (line == end)
			break;
		unit = text_next(line);
		if (unit.is_safe || *line == '\t')
			put_bytes(sink, line, unit.count);
		else
			put_escaped(sink, unit.bytes, unit.count);
		line += unit.consumed;
	}
}

static bool is_blank(const char *line, const char *end)
{
	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	return line == end;
}

static void put_further_line(struct document_sink *sink, const char *line,
			     const char *end)
{
	put_bytes(sink, " ", 1);
	if (is_blank(line, end))
		put_bytes(sink, ".", 1);
	else if (end - line == 1 && *line == '.')
		put_escaped(sink, (const unsigned char *)".", 1);
	else
		put_line(sink, line, end);
	put_bytes(sink, "\n", 1);
}

/* The end of the line at @line; @end at the latest. */
static const char *find_line_end(const char *line, const char *end)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));

	if (!newline)
		return end;
	return newline > line && newline[-1] == '\r' ? newline - 1 : newline;
}

void document_field(struct document_sink *sink, const char *name, const char *value)
{
	const char *end = value ? find_end(value) : NULL;
	const char *line = value;
	const char *line_end = NULL;

	if (value == end)
		return;
	put_text(sink, name);
	put_bytes(sink, ":", 1);
	line_end = find_line_end(line, end);
	if (line_end > line)
		put_bytes(sink, " ", 1);
	put_line(sink, line, line_end);
	put_bytes(sink, "\n", 1);
	while (line_end < end) {
		line = line_end + newline_length(line_end);
		line_end = find_line_end(line, end);
		put_further_line(sink, line, line_end);
	}
}

static void put_connection(struct document_sink *sink,
			   const struct connection *connection)
{
	for (int i = 0; i < CONNECTION_FIELDS; i++) {
		enum connection_field field = (enum connection_field)i;

		document_field(sink, connection_field_name(field),
			       connection->field[field]);
	}
}

/* A plain text, as nearly all are, stands there as it is. */
static size_t field_size(const char *name, const char *value)
{
	struct document_sink sink = {.size = 0};
	const size_t len = value ? strlen(value) : 0;

	if (len > 0 && text_plain_span(value, value + len) == len)
		return strlen(name) + strlen(": ") + len + strlen("\n");
	document_field(&sink, name, value);
	return sink.len;
}

size_t document_size(const struct connection *connection)
{
	size_t size = 0;

	for (int i = 0; i < CONNECTION_FIELDS; i++)
		size += field_size(connection_field_name((enum connection_field)i),
				   connection->field[i]);
	return size;
}

size_t document_render(const struct connection *connection, char *out, size_t size)
{
	struct document_sink sink = {.out = out, .size = size};

	put_connection(&sink, connection);
	return sink.len;
}

size_t document_read(const struct connection *connection, char *out, size_t size,
		     off_t offset)
{
	struct document_sink sink = {.out = out, .size = size};
	size_t rest = 0;

	if (offset < 0)
		return 0;
	sink.offset = (size_t)offset;
	put_connection(&sink, connection);
	rest = sink.len > sink.offset ? sink.len - sink.offset : 0;
	return rest < size ? rest : size;
}
