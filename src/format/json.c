#include "src/format/json.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/secret.h"
#include "src/base/text.h"

#define EXCERPT_SIZE 96

enum verdict {
	VERDICT_GOOD,
	VERDICT_CUT_SHORT,
	VERDICT_BROKEN,
	VERDICT_TOO_DEEP,
	VERDICT_TOO_MANY,
};

/* The text that is parsed, for the errors. */
struct text {
	const char *start;
	size_t len;
	size_t blanks; /* at its start */
	enum json_secrecy secrecy;
};

/* A walk over the text that copies it in the form that cJSON gets right. */
struct scan {
	const unsigned char *at;
	const unsigned char *end;
	unsigned char *out;
	unsigned depth;
	size_t values;
};

static void copy_bytes(struct scan *scan, size_t count)
{
	memcpy(scan->out, scan->at, count);
	scan->out += count;
	scan->at += count;
}

/* Puts @bytes in the place of @consumed bytes. */
static void replace_bytes(struct scan *scan, size_t consumed, const char *bytes)
{
	scan->out = mempcpy(scan->out, bytes, strlen(bytes));
	scan->at += consumed;
}

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The value of an escape \uXXXX at @at, or -1 if there is none. */
static int unicode_escape(const unsigned char *at, const unsigned char *end)
{
	int value = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static bool is_high_surrogate(int unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

static enum verdict scan_unicode(struct scan *scan)
{
	static const char nul[] = {(char)TEXT_ESCAPE, TEXT_ESCAPE_NUL, '\0'};
	int unit = unicode_escape(scan->at, scan->end);

	if (unit < 0)
		return scan->end - scan->at < 6 ? VERDICT_CUT_SHORT : VERDICT_BROKEN;
	if (unit == 0)
		replace_bytes(scan, 6, nul);
	else if (is_high_surrogate(unit) &&
		 is_low_surrogate(unicode_escape(scan->at + 6, scan->end)))
		copy_bytes(scan, 12);
	else if (is_high_surrogate(unit) || is_low_surrogate(unit))
		replace_bytes(scan, 6, "\xEF\xBF\xBD");
	else
		copy_bytes(scan, 6);
	return VERDICT_GOOD;
}

static enum verdict scan_escape(struct scan *scan)
{
	if (scan->end - scan->at < 2)
		return VERDICT_CUT_SHORT;
	if (scan->at[1] == 'u')
		return scan_unicode(scan);
	copy_bytes(scan, 2);
	return VERDICT_GOOD;
}

/* The bytes that a string holds as they are, which is nearly all. */
static void copy_plain(struct scan *scan)
{
	static const bool is_special[UCHAR_MAX + 1] = {
		['"'] = true, ['\\'] = true, ['\0'] = true, [TEXT_ESCAPE] = true};
	const unsigned char *at = scan->at;

	while (at < scan->end && !is_special[*at])
		at++;
	copy_bytes(scan, (size_t)(at - scan->at));
}

static enum verdict scan_string(struct scan *scan)
{
	static const char escape[] = {(char)TEXT_ESCAPE, (char)TEXT_ESCAPE, '\0'};
	enum verdict verdict = VERDICT_GOOD;

	copy_bytes(scan, 1);
	while (verdict == VERDICT_GOOD) {
		copy_plain(scan);
		if (scan->at == scan->end)
			break;
		if (*scan->at == '"') {
			copy_bytes(scan, 1);
			return VERDICT_GOOD;
		}
		if (*scan->at == '\0')
			verdict = VERDICT_BROKEN; /* cJSON would end there */
		else if (*scan->at == '\\')
			verdict = scan_escape(scan);
		else
			replace_bytes(scan, 1, escape);
	}
	return verdict == VERDICT_GOOD ? VERDICT_CUT_SHORT : verdict;
}

/* One byte outside of strings. */
static enum verdict scan_structure(struct scan *scan)
{
	unsigned char c = *scan->at;

	if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
		return VERDICT_BROKEN;
	if (c == '{' || c == '[') {
		if (++scan->depth > JSON_DEPTH_MAX)
			return VERDICT_TOO_DEEP;
	} else if (c == '}' || c == ']') {
		if (scan->depth-- == 0)
			return VERDICT_BROKEN;
	}
	if (c == ',' || c == '{' || c == '[') {
		if (++scan->values > JSON_VALUES_MAX)
			return VERDICT_TOO_MANY;
	}
	copy_bytes(scan, 1);
	return VERDICT_GOOD;
}

static enum verdict scan_text(struct scan *scan)
{
	while (scan->at < scan->end) {
		enum verdict verdict = *scan->at == '"' ? scan_string(scan)
							: scan_structure(scan);

		if (verdict != VERDICT_GOOD)
			return verdict;
	}
	*scan->out = '\0';
	return scan->depth > 0 ? VERDICT_CUT_SHORT : VERDICT_GOOD;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool looks_like_json(const struct text *text)
{
	return text->blanks < text->len && strchr("{[\"", text->start[text->blanks]);
}

/* The start of a text that is no JSON, such as the page of a proxy, as one line. */
static void excerpt(const struct text *text, char out[EXCERPT_SIZE])
{
	char start[2 * EXCERPT_SIZE] = "";
	const char *at = start;
	size_t used = 0;
	size_t len = text->len - text->blanks;

	memcpy(start, text->start + text->blanks,
	       len < sizeof(start) ? len : sizeof(start) - 1);
	while (*at && used + sizeof(((struct text_unit *)NULL)->bytes) < EXCERPT_SIZE) {
		struct text_unit unit = text_next(at);

		if (unit.is_safe)
			memcpy(out + used, unit.bytes, unit.count);
		else
			out[used] = is_blank(*at) ? ' ' : '?';
		used += unit.is_safe ? unit.count : 1;
		at += unit.consumed;
		if (out[used - 1] == ' ')
			while (is_blank(*at))
				at++;
	}
	out[used] = '\0';
}

static int refuse_text(const struct text *text, size_t offset, struct error *error)
{
	char start[EXCERPT_SIZE];

	if (text->blanks == text->len)
		return error_set(error, ERROR_RESPONSE, "empty");
	if (looks_like_json(text))
		return error_set(error, ERROR_RESPONSE, "not JSON near byte %zu",
				 offset);
	if (text->secrecy == JSON_SECRET)
		return error_set(error, ERROR_RESPONSE, "not JSON");
	excerpt(text, start);
	return error_set(error, ERROR_RESPONSE, "not JSON: it begins with \"%s\"",
			 start);
}

static int explain_verdict(enum verdict verdict, const struct scan *scan,
			   const struct text *text, struct error *error)
{
	if (!looks_like_json(text))
		verdict = VERDICT_BROKEN;
	switch (verdict) {
	case VERDICT_CUT_SHORT:
		return error_set(error, ERROR_RESPONSE, "cut short after %zu bytes",
				 text->len);
	case VERDICT_TOO_DEEP:
		return error_set(error, ERROR_RESPONSE, "nested deeper than %d levels",
				 JSON_DEPTH_MAX);
	case VERDICT_TOO_MANY:
		return error_set(error, ERROR_RESPONSE,
				 "a JSON text of more than %d values", JSON_VALUES_MAX);
	case VERDICT_GOOD:
	case VERDICT_BROKEN:
		break;
	}
	return refuse_text(text, text->len - (size_t)(scan->end - scan->at), error);
}

/* The size of the text once rewritten: each byte 0xFF becomes two. */
static size_t rewritten_size(const char *text, size_t len)
{
	const char *end = text + len;
	const char *at = memchr(text, TEXT_ESCAPE, len);
	size_t size = len + 1;

	while (at) {
		size++;
		at++;
		at = memchr(at, TEXT_ESCAPE, (size_t)(end - at));
	}
	return size;
}

static int parse_rewritten(const char *rewritten, const struct text *text, cJSON **root,
			   struct error *error)
{
	const char *end = rewritten;
	cJSON *tree;

	/* cJSON does not tell what it failed for; malloc(3) does. */
	errno = 0;
	tree = cJSON_ParseWithOpts(rewritten, &end, false);
	if (!tree && errno == ENOMEM)
		return error_set(error, ERROR_MEMORY, "too large for the memory");
	if (!tree)
		return refuse_text(text, (size_t)(end - rewritten), error);
	while (is_blank(*end))
		end++;
	if (*end) {
		cJSON_Delete(tree);
		return error_set(error, ERROR_RESPONSE,
				 "followed by something else near byte %zu",
				 (size_t)(end - rewritten));
	}
	*root = tree;
	return 0;
}

static size_t count_blanks(const char *text, size_t len)
{
	size_t blanks = 0;

	while (blanks < len && is_blank(text[blanks]))
		blanks++;
	return blanks;
}

int json_parse(const char *start, size_t len, enum json_secrecy secrecy, cJSON **root,
	       struct error *error)
{
	struct text text = {start, len, count_blanks(start, len), secrecy};
	size_t size = rewritten_size(start, len);
	unsigned char *rewritten = malloc(size);
	struct scan scan = {
		.at = (const unsigned char *)start,
		.end = (const unsigned char *)start + len,
		.out = rewritten,
	};
	enum verdict verdict;
	int r;

	*root = NULL;
	if (!rewritten)
		return error_set(error, ERROR_MEMORY, "too large for the memory");
	verdict = scan_text(&scan);
	if (verdict == VERDICT_GOOD)
		r = parse_rewritten((char *)rewritten, &text, root, error);
	else
		r = explain_verdict(verdict, &scan, &text, error);
	secret_free_bytes(rewritten, size);
	return r;
}

static void wipe_strings(cJSON *item)
{
	if (item->valuestring)
		explicit_bzero(item->valuestring, strlen(item->valuestring));
	for (cJSON *child = item->child; child; child = child->next)
		wipe_strings(child);
}

void json_wipe(cJSON *root)
{
	if (root)
		wipe_strings(root);
	cJSON_Delete(root);
}

const char *json_type(const cJSON *item)
{
	if (cJSON_IsNull(item))
		return "null";
	if (cJSON_IsBool(item))
		return "a boolean";
	if (cJSON_IsNumber(item))
		return "a number";
	if (cJSON_IsString(item))
		return "a string";
	if (cJSON_IsArray(item))
		return "a list";
	if (cJSON_IsObject(item))
		return "an object";
	return "missing";
}

const cJSON *json_member(const cJSON *object, const char *name)
{
	/* Older cJSON reads the names that the items of a list do not have. */
	return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name)
				      : NULL;
}

bool json_number(const cJSON *object, const char *name, double *value)
{
	const cJSON *item = json_member(object, name);

	if (!item || !cJSON_IsNumber(item))
		return false;
	*value = item->valuedouble;
	return true;
}

const char *json_string(const cJSON *object, const char *name)
{
	const char *value = cJSON_GetStringValue(json_member(object, name));

	return value && *value ? value : NULL;
}
