#include "fs/process/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "src/base/digits.h"
#include "src/base/error.h"

#define LINE_SIZE 4096
#define TAG_SIZE 256
#define PROGRAM "dmsfs"

enum target { TARGET_TERMINAL, TARGET_JOURNAL, TARGET_FILE, TARGET_SYSLOG };

struct log {
	enum target target;
	int fd; /* of the terminal, the journal or the file */
	bool is_quiet;
	bool is_coloured; /* the terminal takes colours, and its owner allows them */
	atomic_bool is_debug;
	char tag[TAG_SIZE]; /* openlog(3) keeps the address */
};

/* JOURNAL_STREAM holds device and inode of the stream that leads to the journal:
 * systemd.exec(5). */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat stat;
	char own[64];

	if (!stream || fstat(fd, &stat) < 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)stat.st_dev,
		 (uintmax_t)stat.st_ino);
	return strcmp(own, stream) == 0;
}

/* https://no-color.org */
static bool takes_colours(int fd)
{
	const char *refusal = getenv("NO_COLOR");
	const char *kind = getenv("TERM");

	return isatty(fd) && (!refusal || *refusal == '\0') && kind &&
	       strcmp(kind, "dumb") != 0;
}

static int open_log_file(struct log *log, const char *path)
{
	log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
		       0600);
	if (log->fd < 0)
		return -errno;
	log->target = TARGET_FILE;
	return 0;
}

int log_new(const char *path, struct log **result)
{
	struct log *log = calloc(1, sizeof(*log));
	int r = 0;

	if (!log)
		return -ENOMEM;
	log->fd = STDERR_FILENO;
	log->is_coloured = takes_colours(log->fd);
	snprintf(log->tag, sizeof(log->tag), PROGRAM);
	log->target = is_journal(log->fd) ? TARGET_JOURNAL : TARGET_TERMINAL;
	if (path)
		r = open_log_file(log, path);
	if (r < 0)
		free(log);
	else
		*result = log;
	return r;
}

void log_free(struct log *log)
{
	if (!log)
		return;
	if (log->target == TARGET_SYSLOG)
		closelog();
	else if (log->target == TARGET_FILE)
		close(log->fd);
	free(log);
}

void log_tag(struct log *log, const char *mountpoint)
{
	struct error shown;

	error_set(&shown, ERROR_NONE, PROGRAM " %s", mountpoint);
	snprintf(log->tag, sizeof(log->tag), "%.*s", TAG_SIZE - 1, shown.text);
}

void log_leave_terminal(struct log *log)
{
	if (log->target == TARGET_FILE)
		return;
	openlog(log->tag, LOG_PID, LOG_DAEMON);
	log->target = TARGET_SYSLOG;
}

void log_be_quiet(struct log *log)
{
	log->is_quiet = true;
}

void log_set_debug(struct log *log, bool is_on)
{
	atomic_store(&log->is_debug, is_on);
}

bool log_is_debug(const struct log *log)
{
	return atomic_load(&log->is_debug);
}

void log_toggle_debug(struct log *log, const char *cause)
{
	bool is_on = log_is_debug(log);

	/* The line counts as debugging, so that it is written with -q, too. */
	log_set_debug(log, true);
	log_write(log, LOG_LEVEL_DEBUG, "%s turned debugging %s", cause,
		  is_on ? "off" : "on");
	log_set_debug(log, !is_on);
}

bool log_is_wanted(const struct log *log, enum log_level level)
{
	if (level == LOG_LEVEL_DEBUG)
		return log_is_debug(log);
	return level == LOG_LEVEL_ERROR || !log->is_quiet;
}

static int priority_of(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_WARNING:
		return LOG_WARNING;
	case LOG_LEVEL_INFO:
		return LOG_INFO;
	case LOG_LEVEL_DEBUG:
		break;
	}
	return LOG_DEBUG;
}

/* The escape sequence before "dmsfs:"; "" for none. */
static const char *colour_of(const struct log *log, enum log_level level)
{
	if (!log->is_coloured || level > LOG_LEVEL_WARNING)
		return "";
	return level == LOG_LEVEL_ERROR ? "\033[1;31m" : "\033[1;33m";
}

/* In one write, so that lines of several processes in one file do not mix. */
static void write_line(const struct log *log, enum log_level level, const char *text)
{
	char line[LINE_SIZE + 64];
	char time_text[TIMESTAMP_SIZE];
	const char *colour = colour_of(log, level);
	int len = 0;

	if (log->target == TARGET_FILE)
		len = snprintf(line, sizeof(line), "%s %s: %s\n",
			       timestamp_format(time(NULL), time_text), log->tag, text);
	else if (log->target == TARGET_JOURNAL)
		len = snprintf(line, sizeof(line), "<%d>%s\n", priority_of(level),
			       text);
	else
		len = snprintf(line, sizeof(line), "%s" PROGRAM ":%s %s\n", colour,
			       *colour ? "\033[m" : "", text);
	/* A failure could be reported nowhere. */
	if (write(log->fd, line, (size_t)len) < 0)
		return;
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list arguments;

	if (!log_is_wanted(log, level))
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (log->target == TARGET_SYSLOG)
		syslog(priority_of(level), "%s", text);
	else
		write_line(log, level, text);
}
