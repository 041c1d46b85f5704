#define FUSE_USE_VERSION 312

#include "fs/process/fuse_log.h"

#include <fuse_log.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 2048

/* At file scope, since libfuse passes no data to its function. Set before there is a
 * thread. */
static struct log *log_sink;

static enum log_level level_of(enum fuse_log_level level)
{
	if (level >= FUSE_LOG_DEBUG)
		return LOG_LEVEL_DEBUG;
	if (level >= FUSE_LOG_NOTICE)
		return LOG_LEVEL_INFO;
	return level == FUSE_LOG_WARNING ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR;
}

static void write_message(enum fuse_log_level level, const char *format,
			  va_list arguments) __attribute__((format(printf, 2, 0)));

static void write_message(enum fuse_log_level fuse_level, const char *format,
			  va_list arguments)
{
	enum log_level level = level_of(fuse_level);
	char text[MESSAGE_SIZE];

	/* Most messages are debugging ones, for each request: drop them early. */
	if (!log_is_wanted(log_sink, level))
		return;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = '\0';
	log_write(log_sink, level, "%s", text);
}

void fuse_log_start(struct log *log)
{
	log_sink = log;
	fuse_set_log_func(write_message);
}

void fuse_log_stop(void)
{
	fuse_set_log_func(NULL);
	log_sink = NULL;
}
