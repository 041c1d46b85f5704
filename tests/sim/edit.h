/*
 * Edits of the listing in use, as control calls describe them (main.c says how). Values
 * go in as the JSON text that was given, so that hostile ones arrive untouched.
 */
#ifndef DMS_SIM_EDIT_H
#define DMS_SIM_EDIT_H

#include <stddef.h>

#include "tests/sim/listing.h"

/* Edits that wait for the next listing to begin. */
struct deferred_edit {
	char *text;
	size_t len;
	struct deferred_edit *next;
};

/* NULL, or what is wrong with @edits (static), an array. */
const char *edits_check(struct span edits);

/* Applies @edits, which edits_check() passed; the number of records touched. */
size_t edits_apply(struct listing *listing, struct span edits);

void deferred_edits_add(struct deferred_edit **list, struct span edits);
void deferred_edits_apply(struct deferred_edit **list, struct listing *listing);
void deferred_edits_clear(struct deferred_edit **list);

#endif
