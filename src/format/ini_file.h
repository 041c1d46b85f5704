/*
 * An AWS configuration file, read as botocore reads it: Python's RawConfigParser
 * (strict, delimiters = and :, no comments behind a value), and a value that
 * begins with an empty line is one level of nested KEY = VALUE lines.
 *
 * This is no work for inih: it cuts the names of sections and keys at 49 bytes,
 * so that two profiles become one, takes every indented line behind the first key
 * for a continuation, and cuts lines at 200 bytes where it is built as it comes,
 * far below the length of a session token.
 */
#ifndef DMSFS_SRC_FORMAT_INI_FILE_H
#define DMSFS_SRC_FORMAT_INI_FILE_H

#include <stddef.h>

#include "src/base/error.h"

#define INI_FILE_MAX_BYTES ((size_t)1024 * 1024)

struct ini_file;

/*
 * Parses @len bytes at @text; @name stands for the file in messages. -EINVAL with
 * file and line in @error, never with text of the file, which may be a secret.
 */
int ini_file_parse(const char *text, size_t len, const char *name,
		   struct ini_file **file, struct error *error);

/* The same for a file. -ENOENT, without an error, if there is none; -EACCES with
 * ERROR_CONFIG if it cannot be read or is larger than INI_FILE_MAX_BYTES. */
int ini_file_read(const char *path, struct ini_file **file, struct error *error);

/* Wipes all values: some are secrets. Takes NULL. */
void ini_file_free(struct ini_file *file);

/* The sections in the order of the file, or NULL from the last one on. [DEFAULT],
 * whose keys every section inherits, is none of them. Borrowed. */
const char *ini_file_section(const struct ini_file *file, size_t index);

/*
 * The value of @key (lower-case, as keys are kept) in @section, or of the nested
 * @child of it, as spelled in the file; @child may be NULL. NULL if there is
 * none; a key with nested lines has no value of its own. Borrowed.
 */
const char *ini_file_get(const struct ini_file *file, const char *section,
			 const char *key, const char *child);

#endif
