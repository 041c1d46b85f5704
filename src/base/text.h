/*
 * The text rule: how text from foreign databases is made safe to show.
 *
 * Inside the program a text is a terminated string of bytes that need not be
 * UTF-8. JSON may write a NUL (\u0000), which such a string cannot hold, so the
 * internal form has one escape byte, 0xFF, which is never part of UTF-8:
 * 0xFF 0x01 stands for a NUL and 0xFF 0xFF for the byte 0xFF itself. Only the
 * page parser writes these pairs, only text_next() reads them.
 */
#ifndef DMSFS_SRC_BASE_TEXT_H
#define DMSFS_SRC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_ESCAPE 0xFF
#define TEXT_ESCAPE_NUL 0x01

struct text_unit {
	unsigned char bytes[4]; /* what the unit stands for, @count bytes */
	unsigned char count;	/* 1 to 4 */
	unsigned char consumed; /* how many bytes of the string it took, 1 to 4 */
	/*
	 * Shown as it stands: well-formed UTF-8 that is no control character (C0,
	 * DEL, C1; newline and tab count as control here) and no bidirectional
	 * control (U+202A to 202E, U+2066 to 2069). Else each byte is escaped.
	 */
	bool is_safe;
};

/* The next unit of @text, which must not be at its end. Ill-formed bytes come
 * one at a time. Overlong forms, surrogates and code points above U+10FFFF are
 * ill-formed. */
struct text_unit text_next(const char *text);

/* The number of bytes from @text to @end, up to the first that is not printable ASCII
 * (0x20 to 0x7E): a fast way over the common case. */
size_t text_plain_span(const char *text, const char *end);

/* The same, up to the first quotation mark or backslash: what a quoted text holds as it
 * is. */
size_t text_quotable_span(const char *text, const char *end);

#endif
