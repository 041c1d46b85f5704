#include "tests/sim/base/raw.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

/* Behind the closing quote, or NULL. From one quote or backslash to the next, since
 * listings of a million records go through here. */
static const char *skip_string(const char *at, const char *end)
{
	const char *quote = NULL, *escape = NULL;

	at++;
	while (at < end) {
		quote = memchr(at, '"', (size_t)(end - at));
		if (!quote)
			return NULL;
		escape = memchr(at, '\\', (size_t)(quote - at));
		if (!escape)
			return quote + 1;
		at = escape + 2;
	}
	return NULL;
}

static const char *skip_nested(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		if (*at == '"') {
			at = skip_string(at, end);
			if (!at)
				return NULL;
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		if ((*at == '}' || *at == ']') && --depth == 0)
			return at + 1;
		at++;
	}
	return NULL;
}

static const char *skip_word(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && !memchr(" \t\r\n,:{}[]\"", *at, 12))
		at++;
	return at > start ? at : NULL;
}

static const char *skip_value(const char *at, const char *end)
{
	if (at >= end)
		return NULL;
	if (*at == '"')
		return skip_string(at, end);
	if (*at == '{' || *at == '[')
		return skip_nested(at, end);
	return skip_word(at, end);
}

static bool take(struct raw_cursor *cursor, struct span *value)
{
	const char *start = skip_space(cursor->at, cursor->end);
	const char *stop = skip_value(start, cursor->end);

	if (!stop)
		return false;
	value->at = start;
	value->len = (size_t)(stop - start);
	cursor->at = skip_space(stop, cursor->end);
	return true;
}

bool raw_whole(const char *text, size_t len, struct span *value)
{
	struct raw_cursor cursor = {.at = text, .end = text + len};

	return take(&cursor, value) && cursor.at == cursor.end;
}

bool raw_open(struct span value, struct raw_cursor *cursor)
{
	memset(cursor, 0, sizeof(*cursor));
	if (value.len < 2 || (*value.at != '{' && *value.at != '['))
		return false;
	cursor->at = value.at + 1;
	cursor->end = value.at + value.len - 1;
	cursor->is_object = *value.at == '{';
	return true;
}

static bool take_name(struct raw_cursor *cursor, struct span *name)
{
	if (!take(cursor, name) || *name->at != '"')
		return false;
	if (cursor->at >= cursor->end || *cursor->at != ':')
		return false;
	cursor->at++;
	return true;
}

bool raw_next(struct raw_cursor *cursor, struct span *name, struct span *value)
{
	cursor->at = skip_space(cursor->at, cursor->end);
	if (cursor->at >= cursor->end || cursor->is_broken)
		return false;
	cursor->is_broken = true;
	if (cursor->is_started && *cursor->at++ != ',')
		return false;
	cursor->is_started = true;
	memset(name, 0, sizeof(*name));
	if (cursor->is_object && !take_name(cursor, name))
		return false;
	if (!take(cursor, value))
		return false;
	cursor->is_broken = false;
	return true;
}

bool raw_is(struct span name, const char *text)
{
	size_t len = strlen(text);

	return name.len == len + 2 && memcmp(name.at + 1, text, len) == 0;
}

bool raw_find(struct span object, const char *name, struct span *value)
{
	struct raw_cursor cursor;
	struct span member_name, member;
	bool is_found = false;

	if (!raw_open(object, &cursor) || !cursor.is_object)
		return false;
	while (raw_next(&cursor, &member_name, &member)) {
		if (raw_is(member_name, name)) {
			*value = member;
			is_found = true;
		}
	}
	return is_found;
}

char *raw_text(struct span value)
{
	cJSON *json = NULL;
	char *text = NULL;

	if (value.len < 2 || *value.at != '"')
		return NULL;
	if (!memchr(value.at, '\\', value.len))
		return alloc_copy(value.at + 1, value.len - 2);
	json = cJSON_ParseWithLength(value.at, value.len);
	text = alloc_text(cJSON_GetStringValue(json));
	cJSON_Delete(json);
	return text;
}

char *raw_member_text(struct span object, const char *name)
{
	struct span value;

	return raw_find(object, name, &value) ? raw_text(value) : NULL;
}
