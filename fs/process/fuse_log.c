#define FUSE_USE_VERSION 312

#include "fs/process/fuse_log.h"

#include <fuse_log.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 2048

/* The one pointer that hangs off nothing, since libfuse hands on no data. Set before
 * there is a thread. */
static struct log *heard_by;

static enum log_level level_of(enum fuse_log_level level)
{
	if (level >= FUSE_LOG_DEBUG)
		return LOG_LEVEL_DEBUG;
	if (level >= FUSE_LOG_NOTICE)
		return LOG_LEVEL_INFO;
	return level == FUSE_LOG_WARNING ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR;
}

static void take(enum fuse_log_level level, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

static void take(enum fuse_log_level fuse_level, const char *format, va_list arguments)
{
	enum log_level level = level_of(fuse_level);
	char text[MESSAGE_SIZE];

	/* Most are of requests, and to be quick about. */
	if (!log_is_wanted(heard_by, level))
		return;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = '\0';
	log_write(heard_by, level, "%s", text);
}

void fuse_messages_start(struct log *log)
{
	heard_by = log;
	fuse_set_log_func(take);
}

void fuse_messages_stop(void)
{
	fuse_set_log_func(NULL);
	heard_by = NULL;
}
