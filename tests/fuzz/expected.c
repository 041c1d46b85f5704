#include "tests/fuzz/expected.h"

#include <string.h>

struct sequence {
	uint8_t first[2]; /* from, to */
	uint8_t second[2];
	uint8_t len;
};

static const struct sequence well_formed[] = {
	{{0x00, 0x7F}, {0x00, 0xFF}, 1}, {{0xC2, 0xDF}, {0x80, 0xBF}, 2},
	{{0xE0, 0xE0}, {0xA0, 0xBF}, 3}, {{0xE1, 0xEC}, {0x80, 0xBF}, 3},
	{{0xED, 0xED}, {0x80, 0x9F}, 3}, {{0xEE, 0xEF}, {0x80, 0xBF}, 3},
	{{0xF0, 0xF0}, {0x90, 0xBF}, 4}, {{0xF1, 0xF3}, {0x80, 0xBF}, 4},
	{{0xF4, 0xF4}, {0x80, 0x8F}, 4},
};

static bool is_within(uint8_t byte, const uint8_t range[2])
{
	return byte >= range[0] && byte <= range[1];
}

static bool is_sequence(const struct sequence *sequence, const uint8_t *bytes,
			size_t len)
{
	static const uint8_t further[2] = {0x80, 0xBF};

	if (sequence->len > len || !is_within(bytes[0], sequence->first))
		return false;
	if (sequence->len > 1 && !is_within(bytes[1], sequence->second))
		return false;
	for (size_t i = 2; i < sequence->len; i++)
		if (!is_within(bytes[i], further))
			return false;
	return true;
}

static size_t well_formed_length(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < sizeof(well_formed) / sizeof(well_formed[0]); i++)
		if (is_sequence(&well_formed[i], bytes, len))
			return well_formed[i].len;
	return 0;
}

size_t expected_unit(const uint8_t *bytes, size_t len)
{
	size_t taken = well_formed_length(bytes, len);

	return taken > 0 ? taken : 1;
}

/* C1 controls, then U+202A to 202E and U+2066 to 2069, by their bytes. */
static bool is_control(const uint8_t *bytes, size_t len)
{
	if (len == 1)
		return bytes[0] < 0x20 || bytes[0] == 0x7F;
	if (len == 2)
		return bytes[0] == 0xC2 && bytes[1] < 0xA0;
	if (len != 3 || bytes[0] != 0xE2)
		return false;
	return (bytes[1] == 0x80 && bytes[2] >= 0xAA && bytes[2] <= 0xAE) ||
	       (bytes[1] == 0x81 && bytes[2] >= 0xA6 && bytes[2] <= 0xA9);
}

size_t expected_character(const uint8_t *bytes, size_t len)
{
	size_t taken = well_formed_length(bytes, len);

	return taken > 0 && !is_control(bytes, taken) ? taken : 0;
}

bool expected_is_clean(const char *text, size_t len, const char *more)
{
	const uint8_t *bytes = (const uint8_t *)text;

	for (size_t at = 0; at < len;) {
		size_t taken = expected_character(bytes + at, len - at);

		if (taken == 0 && (text[at] == '\0' || !strchr(more, text[at])))
			return false;
		at += taken > 0 ? taken : 1;
	}
	return true;
}

/* @escape and two digits for each of the bytes. */
static size_t put_escaped(const uint8_t *bytes, size_t len, const char *escape,
			  char *out)
{
	static const char hex[] = "0123456789ABCDEF";
	char *at = out;

	for (size_t i = 0; i < len; i++) {
		at = mempcpy(at, escape, strlen(escape));
		*at++ = hex[bytes[i] / 16];
		*at++ = hex[bytes[i] % 16];
	}
	return (size_t)(at - out);
}

size_t expected_name(const uint8_t *bytes, size_t len, char *out)
{
	char *end = out;

	for (size_t at = 0; at < len;) {
		size_t taken = expected_unit(bytes + at, len - at);
		bool is_shown = expected_character(bytes + at, len - at) > 0 &&
				bytes[at] != '/' && bytes[at] != '%' &&
				!(at == 0 && bytes[at] == '.');

		if (is_shown)
			end = mempcpy(end, bytes + at, taken);
		else
			end += put_escaped(bytes + at, taken, "%", end);
		at += taken;
	}
	*end = '\0';
	return (size_t)(end - out);
}

size_t expected_line(const uint8_t *bytes, size_t len, char *out)
{
	char *end = out;

	for (size_t at = 0; at < len;) {
		size_t taken = expected_unit(bytes + at, len - at);

		if (expected_character(bytes + at, len - at) > 0 || bytes[at] == '\t')
			end = mempcpy(end, bytes + at, taken);
		else
			end += put_escaped(bytes + at, taken, "\\x", end);
		at += taken;
	}
	*end = '\0';
	return (size_t)(end - out);
}
