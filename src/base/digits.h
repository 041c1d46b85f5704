/*
 * Times, numbers and bytes as they are written: ISO 8601, 1,234 and hex.
 */
#ifndef DMSFS_SRC_BASE_DIGITS_H
#define DMSFS_SRC_BASE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads "2026-11-23T14:19:57Z" into seconds since 1970. A blank may stand for the T,
 * the seconds may be left out, and a fraction of one is dropped; the zone is Z, UTC,
 * GMT, +HH:MM, +HHMM, +HH or, for UTC, absent. 20261123T141957Z and the form of RFC
 * 1123, "Mon, 23 Nov 2026 14:19:57 GMT", are read, too. False for anything else.
 */
bool timestamp_parse(const char *text, int64_t *seconds);

#define TIMESTAMP_SIZE 32

/* Writes @seconds as "2026-11-23T14:19:57Z"; returns @text. */
const char *timestamp_format(int64_t seconds, char text[TIMESTAMP_SIZE]);

#define NUMBER_SIZE 32

/* Writes "1,234,567"; returns @text. */
const char *number_group(size_t number, char text[NUMBER_SIZE]);

/* Writes @len bytes as 2 * @len lower-case hex digits and a terminating NUL. */
void hex_encode(const unsigned char *bytes, size_t len, char *hex);

#endif
