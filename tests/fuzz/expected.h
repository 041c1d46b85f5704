/*
 * What the text rule makes of bytes, told a second time and in another way: by the
 * table of well-formed byte sequences of the Unicode standard (table 3-7), over raw
 * bytes instead of the internal form of src/text.h.
 */
#ifndef DMSFS_TESTS_FUZZ_EXPECTED_H
#define DMSFS_TESTS_FUZZ_EXPECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes the character at @bytes (@len of them, at least one) takes; 0 if
 * none that may be shown as it stands begins there, and one byte is to be escaped.
 * A newline and a tab are none. */
size_t expected_character(const uint8_t *bytes, size_t len);

/* The bytes at @bytes that belong together, at least one: a character, or all of
 * one that is well-formed and may not be shown, or one that is ill-formed. */
size_t expected_unit(const uint8_t *bytes, size_t len);

/* Whether @text is made of such characters alone, and of those in @more. */
bool expected_is_clean(const char *text, size_t len, const char *more);

/* Writes @len bytes as names of files have them, with no bound on the length and
 * terminated, into @out of at least 3 * len + 1 bytes; returns the length. */
size_t expected_name(const uint8_t *bytes, size_t len, char *out);

/* Writes one line of a value as documents have it, of at least 4 * len + 1. */
size_t expected_line(const uint8_t *bytes, size_t len, char *out);

#endif
