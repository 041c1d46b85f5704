/*
 * Small files that hold secrets: tokens and the caches of other AWS tools.
 */
#ifndef DMSFS_SRC_BASE_SECRET_FILE_H
#define DMSFS_SRC_BASE_SECRET_FILE_H

#include "src/base/buffer.h"
#include "src/base/error.h"

/*
 * Reads a whole file into @buffer, up to its max_bytes. -ENOENT if there is none;
 * -EINVAL if it cannot be read or is too large: both with "PATH: REASON" in
 * @error. The text is terminated.
 */
int secret_file_read(const char *path, struct buffer *buffer, struct error *error);

/*
 * Puts a file of mode 0600 with that text in the place of @path, at once and for
 * good: whoever reads sees the old one or the new one, whole. A symbolic link is
 * followed. -EINVAL with "PATH: REASON".
 */
int secret_file_replace(const char *path, const char *text, struct error *error);

#endif
