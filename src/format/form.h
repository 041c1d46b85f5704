/*
 * Parameters as a query or a form carries them: NAME=VALUE&NAME=VALUE, each byte
 * but the unreserved ones of RFC 3986 percent-encoded.
 */
#ifndef DMSFS_SRC_FORMAT_FORM_H
#define DMSFS_SRC_FORMAT_FORM_H

#include <stdbool.h>

#include "src/base/buffer.h"

/* Appends a parameter; false as buffer_append() is. */
bool form_add(struct buffer *form, const char *name, const char *value);

#endif
