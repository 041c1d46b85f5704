/*
 * Text of files in the form of Debian control files (deb822), made without a
 * buffer of its own: a sink counts what is written and copies what falls into a
 * window, so that the size of a file, all of it and any slice of it come out of one
 * way through the text.
 */
#ifndef DMSFS_FS_CONTENT_DOCUMENT_H
#define DMSFS_FS_CONTENT_DOCUMENT_H

#include <stddef.h>
#include <sys/types.h>

#include "src/dms/connection.h"

/* The window is the @size bytes from @offset on, copied to @out, which may be NULL
 * where @size is 0. Starts with @len 0; the caller sets the rest. */
struct document_sink {
	char *out;
	size_t size;
	size_t offset;
	size_t len; /* of all that was written, in the window or not */
};

/*
 * Writes "NAME: VALUE" and its end of line; nothing if @value is NULL or holds
 * nothing but newlines. @value is in the internal form of src/text.h:
 *
 *  - CRLF becomes a newline; newlines at the end are dropped.
 *  - A tab stays; what else the text rule does not show is written \xHH, byte by
 *    byte (a CR without a newline too).
 *  - A further line begins with one space. One that is empty, or holds nothing but
 *    spaces and tabs, is written " ." (a blank line would end the paragraph).
 *  - A further line that is a '.' itself is written " \x2E", since " ." would be
 *    read as an empty one.
 *  - A value that begins with a newline leaves the first line at "NAME:"; spaces
 *    at the start of the first line stay, though readers of deb822 drop them.
 */
void document_field(struct document_sink *sink, const char *name, const char *value);

/* The length of the file of @connection. Any thread; so are the next two. */
size_t document_size(const struct connection *connection);

/* Writes the file of @connection, not terminated and @size bytes at most, and
 * returns its whole length. */
size_t document_render(const struct connection *connection, char *out, size_t size);

/* Writes what stands from @offset on, @size bytes at most, and returns how many
 * bytes that is: 0 at the end and beyond. */
size_t document_read(const struct connection *connection, char *out, size_t size,
		     off_t offset);

#endif
