#include "src/base/trace.h"

#include <stdarg.h>
#include <stdio.h>

#include "src/base/error.h"

#define LINE_SIZE 1024

bool trace_is_wanted(const struct trace *trace)
{
	return trace->is_wanted && trace->is_wanted(trace->data);
}

void trace_write(const struct trace *trace, const char *format, ...)
{
	char line[LINE_SIZE];
	struct error shown;
	va_list arguments;

	if (!trace_is_wanted(trace))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	error_set(&shown, ERROR_NONE, "%s", line);
	trace->write(trace->data, shown.text);
}
