/*
 * The lines that -d shows of the work in here: for people, without secrets, for whoever
 * started us to take. Whether they are wanted may change at any time.
 */
#ifndef DMSFS_SRC_BASE_TRACE_H
#define DMSFS_SRC_BASE_TRACE_H

#include <stdbool.h>

/* All zero: nobody listens. Called by any thread; must not wait. */
struct trace {
	bool (*is_wanted)(void *data);
	void (*write)(void *data, const char *line);
	void *data; /* borrowed */
};

bool trace_is_wanted(const struct trace *trace);

/* One line, without a newline at its end, if it is wanted. Control characters in it
 * are written \xHH, since parts of it come from strangers. */
void trace_write(const struct trace *trace, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
