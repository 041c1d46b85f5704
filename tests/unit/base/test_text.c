#include "src/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t encode(uint32_t code_point, char out[5])
{
	size_t len = 0;

	if (code_point < 0x80) {
		out[len++] = (char)code_point;
	} else if (code_point < 0x800) {
		out[len++] = (char)(0xC0 | code_point >> 6);
		out[len++] = (char)(0x80 | (code_point & 0x3F));
	} else if (code_point < 0x10000) {
		out[len++] = (char)(0xE0 | code_point >> 12);
		out[len++] = (char)(0x80 | (code_point >> 6 & 0x3F));
		out[len++] = (char)(0x80 | (code_point & 0x3F));
	} else {
		out[len++] = (char)(0xF0 | code_point >> 18);
		out[len++] = (char)(0x80 | (code_point >> 12 & 0x3F));
		out[len++] = (char)(0x80 | (code_point >> 6 & 0x3F));
		out[len++] = (char)(0x80 | (code_point & 0x3F));
	}
	out[len] = '\0';
	return len;
}

static bool may_be_shown(uint32_t code_point)
{
	switch (code_point) {
	case 0x202A: /* LRE */
	case 0x202B: /* RLE */
	case 0x202C: /* PDF */
	case 0x202D: /* LRO */
	case 0x202E: /* RLO */
	case 0x2066: /* LRI */
	case 0x2067: /* RLI */
	case 0x2068: /* FSI */
	case 0x2069: /* PDI */
	case 0x7F:   /* DEL */
		return false;
	default:
		return code_point >= 0x20 && !(code_point >= 0x80 && code_point < 0xA0);
	}
}

static void takes_every_code_point_whole_and_judges_it(void **)
{
	uint32_t code_point;

	for (code_point = 1; code_point <= 0x10FFFF; code_point++) {
		char text[5];
		size_t len = encode(code_point, text);
		struct text_unit unit;

		if (code_point >= 0xD800 && code_point <= 0xDFFF)
			continue;
		unit = text_next(text);
		if (unit.count != len || unit.consumed != len ||
		    memcmp(unit.bytes, text, len) != 0 ||
		    unit.is_safe != may_be_shown(code_point))
			fail_msg("U+%04X: %u bytes of %zu, %s", code_point, unit.count,
				 len, unit.is_safe ? "shown" : "escaped");
	}
}

static void takes_ill_formed_bytes_one_at_a_time(void **)
{
	static const char *const texts[] = {
		"\x80",		    /* a continuation byte alone */
		"\xBF",		    /* the same */
		"\xC0\xAF",	    /* overlong '/' */
		"\xC1\xBF",	    /* overlong */
		"\xC3",		    /* cut short by the end */
		"\xC3(",	    /* cut short by a character */
		"\xE0\x80\xAF",	    /* overlong '/' */
		"\xE0\x9F\xBF",	    /* overlong */
		"\xE2\x82",	    /* cut short */
		"\xED\xA0\x80",	    /* U+D800 */
		"\xED\xBF\xBF",	    /* U+DFFF */
		"\xF0\x80\x80\xAF", /* overlong '/' */
		"\xF0\x8F\xBF\xBF", /* overlong */
		"\xF4\x90\x80\x80", /* U+110000 */
		"\xF5\x80\x80\x80", /* beyond */
		"\xF8\x88\x80\x80", /* a lead byte of old */
		"\xFE",		    /* never */
		"\xFF",		    /* an escape byte that escapes nothing */
		"\xFFz",	    /* the same */
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct text_unit unit = text_next(texts[i]);

		if (unit.consumed != 1 || unit.count != 1 || unit.is_safe ||
		    unit.bytes[0] != (unsigned char)texts[i][0])
			fail_msg("text %zu: took %u bytes, %s", i, unit.consumed,
				 unit.is_safe ? "shown" : "escaped");
	}
}

static void reads_the_pairs_of_the_internal_form(void **)
{
	struct text_unit nul = text_next("\xFF\x01z");
	struct text_unit byte = text_next("\xFF\xFF\x01");

	assert_int_equal(nul.consumed, 2);
	assert_int_equal(nul.count, 1);
	assert_int_equal(nul.bytes[0], 0);
	assert_false(nul.is_safe);
	assert_int_equal(byte.consumed, 2);
	assert_int_equal(byte.count, 1);
	assert_int_equal(byte.bytes[0], 0xFF);
	assert_false(byte.is_safe);
}

/* The copy has not a byte to spare, so that a sanitizer sees a read beyond it. */
static void never_reads_beyond_the_end(void **)
{
	int round;

	srandom(1);
	for (round = 0; round < 20000; round++) {
		size_t len = (size_t)random() % 8 + 1;
		char *text = malloc(len + 1);
		size_t at = 0, i;

		assert_non_null(text);
		for (i = 0; i < len; i++)
			text[i] = (char)(random() % 2 ? random() % 255 + 1 : 0xF0);
		text[len] = '\0';
		while (at < len)
			at += text_next(text + at).consumed;
		assert_int_equal(at, len);
		free(text);
	}
}

static size_t span_of(size_t (*span)(const char *, const char *), const char *text)
{
	return span(text, text + strlen(text));
}

static void spans_printable_ascii_alone(void **)
{
	static const struct {
		const char *text;
		size_t span;
	} cases[] = {
		{"", 0},     {"plain ~text!", 12}, {"a\tb", 1}, {"ab\n", 2},
		{"\x7F", 0}, {"caf\xC3\xA9", 3},   {"\x1F", 0}, {" ", 1},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(span_of(text_plain_span, cases[i].text),
				 cases[i].span);
}

static void spans_what_quoted_texts_hold_as_it_is(void **)
{
	static const struct {
		const char *text;
		size_t span;
	} cases[] = {
		{"", 0},     {"plain ~text!", 12}, {"a\"b", 1},
		{"ab\\", 2}, {"caf\xC3\xA9\"", 3}, {"\"", 0},
		{"a\nb", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(span_of(text_quotable_span, cases[i].text),
				 cases[i].span);
}

/* Any byte, at any place among those that are looked at together. */
static void ends_a_span_at_each_byte_that_is_not_in_it(void **)
{
	char text[25];

	for (size_t at = 0; at < sizeof(text); at++) {
		for (unsigned byte = 0; byte <= UINT8_MAX; byte++) {
			const bool is_plain = byte >= 0x20 && byte < 0x7F;
			const bool is_quotable = is_plain && byte != '"' &&
						 byte != '\\';

			memset(text, byte % 2 ? '~' : ' ', sizeof(text));
			text[at] = (char)byte;
			assert_int_equal(text_plain_span(text, text + sizeof(text)),
					 is_plain ? sizeof(text) : at);
			assert_int_equal(text_quotable_span(text, text + sizeof(text)),
					 is_quotable ? sizeof(text) : at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_code_point_whole_and_judges_it),
		cmocka_unit_test(takes_ill_formed_bytes_one_at_a_time),
		cmocka_unit_test(reads_the_pairs_of_the_internal_form),
		cmocka_unit_test(never_reads_beyond_the_end),
		cmocka_unit_test(spans_printable_ascii_alone),
		cmocka_unit_test(spans_what_quoted_texts_hold_as_it_is),
		cmocka_unit_test(ends_a_span_at_each_byte_that_is_not_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
