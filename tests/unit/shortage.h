/*
 * Memory that runs short when a test asks for it: which allocation is to fail, of
 * those that our own objects make, in any thread, or cJSON for them; a thread that is
 * started counts as one. For programs that are linked with the arguments of
 * meson.build that lead these calls here.
 */
#ifndef DMSFS_TESTS_UNIT_SHORTAGE_H
#define DMSFS_TESTS_UNIT_SHORTAGE_H

#include <stddef.h>

#include "src/base/error.h"

/* From here on the allocation of that number fails, and that one alone; 0: none. */
void shortage_begin(size_t number);

/* Ends it; returns how many allocations there were. */
size_t shortage_end(void);

/*
 * Runs @task with none of its allocations failing, which must be well, then with each
 * of them: it is to do without, or to fail with -ENOMEM and ERROR_MEMORY in @error.
 * @prepare, or NULL, is run before each. Returns how often it failed. That nothing is
 * lost then is for AddressSanitizer to tell.
 */
size_t shortage_starve(int (*task)(void *data, struct error *error),
		       void (*prepare)(void *data), void *data);

/* What this thread allocates between the two does not count: a test's own. */
void shortage_pause(void);
void shortage_resume(void);

#endif
