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

/*
 * Some tools write fips-us-west-2 or us-west-2-fips for the FIPS endpoint of us-west-2.
 * Makes such a name that of the Region, in place, as botocore does; returns whether it
 * was one.
 */
static inline bool region_remove_fips(char *region)
{
	static const char *const marks[] = {"fips-", "-fips"};
	size_t mark_len = strlen(marks[0]);
	bool is_changed = false;

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		char *found = strstr(region, marks[i]);

		if (!found)
			continue;
		memmove(found, found + mark_len, strlen(found + mark_len) + 1);
		is_changed = true;
	}
	return is_changed;
}

#endif
