/*
 * Memory that held a secret.
 */
#ifndef DMSFS_SRC_BASE_SECRET_H
#define DMSFS_SRC_BASE_SECRET_H

#include <stdlib.h>
#include <string.h>

/* Overwrites @size bytes, then frees them. Takes NULL. */
static inline void secret_free_bytes(void *bytes, size_t size)
{
	if (bytes)
		explicit_bzero(bytes, size);
	free(bytes);
}

/* The same for a string. */
static inline void secret_free(char *text)
{
	secret_free_bytes(text, text ? strlen(text) : 0);
}

#endif
