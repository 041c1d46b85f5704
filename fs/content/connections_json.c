#include "fs/content/connections_json.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"

#define ESCAPE_SIZE 8

#define MEMBER_SIZE 64

/* The order in which the AWS CLI prints them. */
static const enum connection_field order[CONNECTION_FIELDS] = {
	CONNECTION_REPLICATION_INSTANCE_ARN,
	CONNECTION_ENDPOINT_ARN,
	CONNECTION_STATUS,
	CONNECTION_LAST_FAILURE_MESSAGE,
	CONNECTION_ENDPOINT_IDENTIFIER,
	CONNECTION_REPLICATION_INSTANCE_IDENTIFIER,
};

/* A member of each connection's object. */
struct member {
	enum connection_field field;
	char start[MEMBER_SIZE]; /* after another one: , "name": " */
	size_t start_len;
};

/* What the first one does not have. */
#define SEPARATOR ", "
#define SEPARATOR_LEN (sizeof(SEPARATOR) - 1)

static void write_members(struct member members[CONNECTION_FIELDS])
{
	for (size_t i = 0; i < CONNECTION_FIELDS; i++) {
		struct member *member = &members[i];

		member->field = order[i];
		member->start_len = (size_t)snprintf(
			member->start, sizeof(member->start), SEPARATOR "\"%s\": \"",
			connection_field_name(order[i]));
	}
}

static bool append_string(struct buffer *json, const char *string)
{
	return buffer_append(json, string, strlen(string));
}

static bool append_escape(struct buffer *json, unsigned code_unit)
{
	static const char short_escapes[][3] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
		['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
	char escape[ESCAPE_SIZE];

	if (code_unit < sizeof(short_escapes) / sizeof(*short_escapes) &&
	    short_escapes[code_unit][0] != '\0')
		return append_string(json, short_escapes[code_unit]);
	snprintf(escape, sizeof(escape), "\\u%04x", code_unit);
	return append_string(json, escape);
}

/* C1, and the two of the BMP that are no characters. */
static bool is_escaped(const struct text_unit *unit, unsigned *code_unit)
{
	const unsigned char *bytes = unit->bytes;

	if (unit->count == 2)
		*code_unit = (bytes[0] & 0x1FU) << 6 | (bytes[1] & 0x3FU);
	else if (unit->count == 3)
		*code_unit = (bytes[0] & 0x0FU) << 12 | (bytes[1] & 0x3FU) << 6 |
			     (bytes[2] & 0x3FU);
	return (unit->count == 2 && *code_unit < 0xA0) ||
	       (unit->count == 3 && *code_unit >= 0xFFFE);
}

static bool append_unit(struct buffer *json, const struct text_unit *unit)
{
	unsigned code_unit = unit->bytes[0];

	if (unit->count == 1 && code_unit > SCHAR_MAX)
		return append_string(json, "\xEF\xBF\xBD");
	if (unit->count == 1 || is_escaped(unit, &code_unit))
		return append_escape(json, code_unit);
	return buffer_append(json, unit->bytes, unit->count);
}

static bool append_text(struct buffer *json, const char *text)
{
	const char *end = text + strlen(text);
	bool is_appended = true;

	while (is_appended && text < end) {
		size_t len = text_quotable_span(text, end);

		if (len > 0) {
			is_appended = buffer_append(json, text, len);
			text += len;
		} else {
			struct text_unit unit = text_next(text);

			is_appended = append_unit(json, &unit);
			text += unit.consumed;
		}
	}
	return is_appended && buffer_append(json, "\"", 1);
}

static bool append_connection(struct buffer *json,
			      const struct member members[CONNECTION_FIELDS],
			      const struct connection *connection, bool is_first)
{
	bool is_appended = append_string(json, is_first ? "\n{" : ",\n{");
	size_t skipped = SEPARATOR_LEN;

	for (size_t i = 0; is_appended && i < CONNECTION_FIELDS; i++) {
		const struct member *member = &members[i];
		const char *text = connection->field[member->field];

		if (!text)
			continue;
		is_appended = buffer_append(json, member->start + skipped,
					    member->start_len - skipped) &&
			      append_text(json, text);
		skipped = 0;
	}
	return is_appended && buffer_append(json, "}", 1);
}

bool connections_json_render(struct snapshot *const *snapshots, size_t count,
			     struct buffer *json)
{
	struct member members[CONNECTION_FIELDS];
	bool is_appended = append_string(json, "{\"Connections\": [");
	bool is_first = true;

	write_members(members);
	for (size_t i = 0; i < count; i++) {
		size_t connections = snapshots[i] ? snapshot_count(snapshots[i]) : 0;

		for (size_t j = 0; is_appended && j < connections; j++) {
			is_appended = append_connection(
				json, members, snapshot_connection_at(snapshots[i], j),
				is_first);
			is_first = false;
		}
	}
	return is_appended && append_string(json, is_first ? "]}\n" : "\n]}\n");
}
