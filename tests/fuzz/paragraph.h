/*
 * A reader of one paragraph of deb822, for what dmsfs writes.
 */
#ifndef DMSFS_TESTS_FUZZ_PARAGRAPH_H
#define DMSFS_TESTS_FUZZ_PARAGRAPH_H

#include <stdbool.h>
#include <stddef.h>

struct paragraph {
	const char *at;
	const char *end;
};

struct paragraph_line {
	const char *name; /* NULL: a further line */
	size_t name_len;
	const char *value; /* without the colon and one blank, or the one blank */
	size_t len;
};

/*
 * The next line; false at the end. What no line of a paragraph may be is a
 * finding: blank, without an end, no field and not indented, or with a byte that
 * the text rule does not let through.
 */
bool paragraph_next(struct paragraph *paragraph, struct paragraph_line *line);

/* Reads all of @text as paragraph_next() does, and finds the fields of @names
 * alone, each once at most and in that order. */
void paragraph_check(const char *text, size_t len, const char *const *names,
		     size_t name_count);

/* Whether two texts have the same fields in the same order. */
bool paragraph_has_fields_of(const char *text, size_t len, const char *other,
			     size_t other_len);

#endif
