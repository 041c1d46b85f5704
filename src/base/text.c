#include "src/base/text.h"

#include <stdint.h>
#include <string.h>

struct range {
	uint32_t first;
	uint32_t last;
};

/* C0, DEL with C1, and the two runs of bidirectional controls. */
static const struct range unsafe_ranges[] = {
	{0x00, 0x1F},
	{0x7F, 0x9F},
	{0x202A, 0x202E},
	{0x2066, 0x2069},
};

static bool is_unsafe(uint32_t code_point)
{
	size_t i;

	for (i = 0; i < sizeof(unsafe_ranges) / sizeof(unsafe_ranges[0]); i++)
		if (code_point >= unsafe_ranges[i].first &&
		    code_point <= unsafe_ranges[i].last)
			return true;
	return false;
}

/* The length of the sequence that @lead begins, 0 if it begins none. */
static unsigned int sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

/* Whether a sequence of @len bytes stands for @code_point in its shortest form and
 * for a code point that may be written at all. */
static bool is_well_formed(uint32_t code_point, unsigned int len)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

	return code_point >= smallest[len] && code_point <= 0x10FFFF &&
	       !(code_point >= 0xD800 && code_point <= 0xDFFF);
}

/*
 * Decodes the sequence at @bytes: its length, or 0 if it is ill-formed. A sequence
 * cut short by the end of the string stops at the terminator, which is no
 * continuation byte.
 */
static unsigned int decode(const unsigned char *bytes, uint32_t *code_point)
{
	unsigned int len = sequence_length(bytes[0]);
	unsigned int i;

	if (len <= 1) {
		*code_point = bytes[0];
		return len;
	}
	*code_point = bytes[0] & (0x7FU >> len);
	for (i = 1; i < len; i++) {
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
		*code_point = *code_point << 6 | (bytes[i] & 0x3FU);
	}
	return is_well_formed(*code_point, len) ? len : 0;
}

static struct text_unit single_byte(unsigned char byte, unsigned char consumed)
{
	return (struct text_unit){.bytes = {byte}, .count = 1, .consumed = consumed};
}

struct text_unit text_next(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	struct text_unit unit = {.is_safe = false};
	uint32_t code_point = 0;
	unsigned int len, i;

	if (bytes[0] == TEXT_ESCAPE && bytes[1] == TEXT_ESCAPE_NUL)
		return single_byte('\0', 2);
	if (bytes[0] == TEXT_ESCAPE && bytes[1] == TEXT_ESCAPE)
		return single_byte(TEXT_ESCAPE, 2);

	len = decode(bytes, &code_point);
	if (len == 0)
		return single_byte(bytes[0], 1);
	for (i = 0; i < len; i++)
		unit.bytes[i] = bytes[i];
	unit.count = (unsigned char)len;
	unit.consumed = (unsigned char)len;
	unit.is_safe = !is_unsafe(code_point);
	return unit;
}

/* The same byte eight times. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t load_word(const char *bytes)
{
	uint64_t word = 0;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/*
 * Eight bytes at once. The top bit of one that is no printable ASCII is set in the
 * result: it is set already, or 0x20 less than the byte borrows it, or one more than
 * DEL reaches it. Others may be set above the first such byte. Where none is set, all
 * are printable.
 */
static uint64_t find_unprintable(uint64_t word)
{
	return (word | (word - EACH(0x20)) | (word + EACH(1))) & EACH(0x80);
}

static uint64_t find_unquotable(uint64_t word)
{
	return find_unprintable(word) | (((word ^ EACH('"')) - EACH(1)) & EACH(0x80)) |
	       (((word ^ EACH('\\')) - EACH(1)) & EACH(0x80));
}

static bool is_printable(char byte)
{
	return byte >= 0x20 && byte <= 0x7E;
}

size_t text_plain_span(const char *text, const char *end)
{
	const char *at = text;

	while (end - at >= (ptrdiff_t)sizeof(uint64_t) &&
	       !find_unprintable(load_word(at)))
		at += sizeof(uint64_t);
	while (at < end && is_printable(*at))
		at++;
	return (size_t)(at - text);
}

size_t text_quotable_span(const char *text, const char *end)
{
	const char *at = text;

	while (end - at >= (ptrdiff_t)sizeof(uint64_t) &&
	       !find_unquotable(load_word(at)))
		at += sizeof(uint64_t);
	while (at < end && is_printable(*at) && *at != '"' && *at != '\\')
		at++;
	return (size_t)(at - text);
}
