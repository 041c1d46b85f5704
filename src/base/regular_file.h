/*
 * Small files of the user's: settings, tokens and the caches of other AWS tools. Any of
 * them may hold secrets, and any may be replaced by something else while it is in use.
 */
#ifndef DMSFS_SRC_BASE_REGULAR_FILE_H
#define DMSFS_SRC_BASE_REGULAR_FILE_H

#include <sys/types.h>

#include "src/base/buffer.h"
#include "src/base/error.h"

/*
 * Reads a whole file into @buffer, up to its max_bytes, without waiting for anybody: a
 * FIFO, a device or a socket is refused, but that /dev/null is an empty file. (Nothing
 * helps against a network file system that does not respond.) -ENOENT if there is none,
 * -ENOMEM, or -EINVAL if it cannot be read or is too large: with "PATH: REASON" in
 * @error. The text is terminated.
 */
int regular_file_read(const char *path, struct buffer *buffer, struct error *error);

/* NULL where regular_file_read() could read a file of @mode, or a word for what it is
 * instead: "a FIFO". */
const char *regular_file_flaw(mode_t mode);

/*
 * Puts a file of mode 0600 with that text in the place of @path, at once and for
 * good: whoever reads sees the old one or the new one, whole. A symbolic link is
 * followed. -EINVAL with "PATH: REASON".
 */
int regular_file_replace(const char *path, const char *text, struct error *error);

#endif
