/*
 * Bytes as hex digits.
 */
#ifndef DMSFS_SRC_BASE_HEX_H
#define DMSFS_SRC_BASE_HEX_H

#include <stddef.h>

/* Writes @len bytes as 2 * @len lower-case digits and a terminating NUL. */
void hex_encode(const unsigned char *bytes, size_t len, char *hex);

#endif
