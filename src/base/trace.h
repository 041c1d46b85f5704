/*
 * The lines that -d shows of the work in here: for people, without secrets, for whoever
 * started us to take. Whether they are wanted may change at any time.
 */
#ifndef DMSFS_SRC_BASE_TRACE_H
#define DMSFS_SRC_BASE_TRACE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "src/base/error.h"

/* All zero: nobody listens. Called by any thread; must not wait. */
struct trace {
	bool (*is_wanted)(void *data);
	void (*write)(void *data, const char *line);
	void (*warn)(void *data, const char *line); /* for the log; or NULL */
	void *data;				    /* borrowed */
};

static inline bool trace_is_wanted(const struct trace *trace)
{
	return trace->is_wanted && trace->is_wanted(trace->data);
}

/* One line, without a newline at its end, if it is wanted. Control characters in it
 * are written \xHH, since parts of it come from strangers. */
static inline __attribute__((format(printf, 2, 3))) void trace_write(
	const struct trace *trace, const char *format, ...)
{
	struct error shown = {0};
	char line[sizeof(shown.text)];
	va_list arguments;

	if (!trace_is_wanted(trace))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	error_set(&shown, ERROR_NONE, "%s", line);
	trace->write(trace->data, shown.text);
}

#endif
