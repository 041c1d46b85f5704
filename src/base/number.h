/*
 * Numbers and bytes as people write them.
 */
#ifndef DMSFS_SRC_BASE_NUMBER_H
#define DMSFS_SRC_BASE_NUMBER_H

#include <stddef.h>

#define NUMBER_SIZE 32

/* Writes "1,234,567"; returns @text. */
const char *number_group(size_t number, char text[NUMBER_SIZE]);

/* Writes @len bytes as 2 * @len lower-case hex digits and a terminating NUL. */
void hex_encode(const unsigned char *bytes, size_t len, char *hex);

#endif
