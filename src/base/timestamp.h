/*
 * Times as services and files write them, ISO 8601.
 */
#ifndef DMSFS_SRC_BASE_TIMESTAMP_H
#define DMSFS_SRC_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads "2026-11-23T14:19:57Z" into seconds since 1970. A blank may stand for
 * the T, a fraction of a second is dropped, and the zone is Z, +HH:MM, +HHMM
 * or, for UTC, absent. False for anything else.
 */
bool timestamp_parse(const char *text, int64_t *seconds);

#define TIMESTAMP_SIZE 32

/* Writes @seconds as "2026-11-23T14:19:57Z"; returns @text. */
const char *timestamp_format(int64_t seconds, char text[TIMESTAMP_SIZE]);

#endif
