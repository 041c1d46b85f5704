/*
 * Markers: where the next page begins, sealed with a key of this process, so that a
 * client can neither make one up nor use one for other filters than its own.
 */
#ifndef DMS_SIM_MARKER_H
#define DMS_SIM_MARKER_H

#include <stdint.h>

#define MARKER_KEY_LEN 32
#define MARKER_SIZE 48

struct marker {
	uint64_t position; /* number of the first record of the page */
	uint32_t page;	   /* of the listing, from 1 */
};

/* @scope is the action with its filters. */
void marker_seal(const unsigned char key[MARKER_KEY_LEN], const char *scope,
		 const struct marker *marker, char text[MARKER_SIZE]);

/* 0, or -EINVAL for anything that marker_seal() did not make for @key and @scope. */
int marker_open(const unsigned char key[MARKER_KEY_LEN], const char *scope,
		const char *text, struct marker *marker);

#endif
