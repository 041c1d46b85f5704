/*
 * The names of Regions.
 */
#ifndef DMSFS_SRC_AWS_REGION_H
#define DMSFS_SRC_AWS_REGION_H

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define REGION_MAX 63 /* a label of a host name */

/* Whether @text can be the name of a Region, which becomes part of a host name; as
 * botocore's valid_host_label. */
static inline bool region_is_valid(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > REGION_MAX || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (; *text != '\0'; text++)
		if (!isascii(*text) || (!isalnum((unsigned char)*text) && *text != '-'))
			return false;
	return true;
}

#endif
