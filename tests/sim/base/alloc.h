/*
 * Memory for the sim: a test's server has nothing better to do without memory than to
 * say so and end, so these never return NULL.
 */
#ifndef DMS_SIM_ALLOC_H
#define DMS_SIM_ALLOC_H

#include <stddef.h>

void *alloc_zeroed(size_t count, size_t size);
void *alloc_resized(void *at, size_t count, size_t size);
char *alloc_copy(const char *text, size_t len); /* NUL-terminated */
char *alloc_text(const char *text);		/* NULL gives NULL */

#endif
