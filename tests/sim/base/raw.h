/*
 * JSON taken apart without being understood: where a value begins and ends. A record
 * must reach the client byte for byte, with its \u0000, its lone surrogates and its
 * bytes that are no UTF-8, and every JSON library drops or refuses some of these.
 */
#ifndef DMS_SIM_RAW_H
#define DMS_SIM_RAW_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *at; /* borrowed */
	size_t len;
};

/* Steps through an object or an array: set @inside by raw_open(). */
struct raw_cursor {
	const char *at;
	const char *end;
	bool is_object;
	bool is_started;
	bool is_broken; /* set when the text turned out not to be JSON */
};

/* The one value that @text holds, without the white space around it. */
bool raw_whole(const char *text, size_t len, struct span *value);

/* False when @value is neither an object nor an array. */
bool raw_open(struct span value, struct raw_cursor *cursor);

/* The next member or element; @name (with its quotes) is empty in an array. False at
 * the end and when broken. */
bool raw_next(struct raw_cursor *cursor, struct span *name, struct span *value);

/* The last member called @name of an object. */
bool raw_find(struct span object, const char *name, struct span *value);

/* @name with its quotes, as raw_next() gives it, against plain text. */
bool raw_is(struct span name, const char *text);

/* What a JSON string says, for the caller to free, or NULL when it is no string. It
 * ends at the first NUL that the string holds. */
char *raw_text(struct span value);

/* The text of a member that is a string, or NULL. */
char *raw_member_text(struct span object, const char *name);

#endif
