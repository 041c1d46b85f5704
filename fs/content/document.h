/*
 * The text of files, in the form of Debian control files (deb822). A sink counts the
 * bytes that are written and copies those that fall into a window, so that the size of
 * a file, all of it and any part of it are made by the same code, without a buffer.
 */
#ifndef DMSFS_FS_CONTENT_DOCUMENT_H
#define DMSFS_FS_CONTENT_DOCUMENT_H

#include <stddef.h>
#include <sys/types.h>

#include "src/dms/connection.h"

/* The window is the @size bytes from @offset on, copied to @out, which may be NULL if
 * @size is 0. Starts with @len 0; the caller sets the rest. */
struct document_sink {
	char *out;
	size_t size;
	size_t offset;
	size_t len; /* of all that was written, in the window or outside */
};

/*
 * Writes "NAME: VALUE" and its end of line; nothing if @value is NULL or holds
 * nothing but newlines. @value is in the internal form of text.h:
 *
 *  - CRLF becomes a newline; newlines at the end are dropped.
 *  - A tab stays; all else that the text rule does not show is written as \xHH, byte
 *    by byte (also a CR without a newline).
 *  - Each further line begins with one space. An empty one, or one of spaces and tabs
 *    alone, is written as " ." (a blank line would end the paragraph).
 *  - A further line that is a '.' itself is written as " \x2E", since " ." stands for
 *    an empty one.
 *  - If a value begins with a newline, the first line is "NAME:" alone; spaces at the
 *    start of the first line stay, though readers of deb822 drop them.
 */
void document_field(struct document_sink *sink, const char *name, const char *value);

/* The length of the file of @connection. Any thread; so are the next two. */
size_t document_size(const struct connection *connection);

/* Writes the file of @connection, not terminated and @size bytes at most, and
 * returns its whole length. */
size_t document_render(const struct connection *connection, char *out, size_t size);

/* Writes the part from @offset on, @size bytes at most, and returns its length: 0 at
 * the end and beyond. */
size_t document_read(const struct connection *connection, char *out, size_t size,
		     off_t offset);

#endif
