#include "fs/process/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
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

#define ERRNO_SIZE 128
#define LINE_SIZE PIPE_BUF
#define FULL_MS 100
#define FILE_FLAGS (O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY)
#define TAG_SIZE 256
#define PROGRAM "dmsfs"

enum target { TARGET_TERMINAL, TARGET_JOURNAL, TARGET_FILE, TARGET_SYSLOG };

struct log {
	enum target target;
	char *path; /* owned: the file's, without links, if it can be opened again */
	pthread_mutex_t lock; /* guards: fd once there are threads, lost, is_full */
	int fd;		      /* of the terminal, the journal or the file */
	unsigned long lost;   /* lines since the last one that could be written */
	bool is_full;	      /* as of the last line */
	void (*clear)(void *data); /* of the terminal; or NULL */
	void *clear_data;
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

static bool is_regular(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

static int open_log_file(struct log *log, const char *path)
{
	log->fd = open(path, FILE_FLAGS, 0600);
	if (log->fd < 0)
		return -errno;
	log->target = TARGET_FILE;
	if (is_regular(log->fd))
		log->path = realpath(path, NULL);
	return 0;
}

/*
 * After logrotate(8) has renamed the file, lines go to a new one at its path. Nothing
 * but a regular file is opened there, and no link is followed: whoever may write to the
 * directory by now must not have lines appended elsewhere.
 */
static void follow_rotation(struct log *log)
{
	struct stat at_path;
	struct stat opened;
	int fd = -1;

	if (!log->path || fstat(log->fd, &opened) < 0)
		return;
	if (lstat(log->path, &at_path) == 0 &&
	    (!S_ISREG(at_path.st_mode) ||
	     (at_path.st_ino == opened.st_ino && at_path.st_dev == opened.st_dev)))
		return;
	fd = open(log->path, FILE_FLAGS | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return;
	if (is_regular(fd))
		dup3(fd, log->fd, O_CLOEXEC);
	close(fd);
}

int log_new(const char *path, struct log **result)
{
	struct log *log = calloc(1, sizeof(*log));
	int r = 0;

	if (!log)
		return -ENOMEM;
	pthread_mutex_init(&log->lock, NULL);
	log->fd = STDERR_FILENO;
	log->is_coloured = takes_colours(log->fd);
	snprintf(log->tag, sizeof(log->tag), PROGRAM);
	log->target = is_journal(log->fd) ? TARGET_JOURNAL : TARGET_TERMINAL;
	if (path)
		r = open_log_file(log, path);
	if (r < 0)
		log_free(log);
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
	pthread_mutex_destroy(&log->lock);
	free(log->path);
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

void log_set_clear(struct log *log, void (*clear)(void *data), void *data)
{
	log_lock(log);
	log->clear = clear;
	log->clear_data = data;
	log_unlock(log);
}

void log_lock(struct log *log)
{
	pthread_mutex_lock(&log->lock);
}

void log_unlock(struct log *log)
{
	pthread_mutex_unlock(&log->lock);
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

static int format_line(const struct log *log, enum log_level level, const char *text,
		       char line[LINE_SIZE])
{
	char time_text[TIMESTAMP_SIZE];
	const char *colour = colour_of(log, level);
	int len = 0;

	if (log->target == TARGET_FILE)
		len = snprintf(line, LINE_SIZE, "%s %s: %s\n",
			       timestamp_format(time(NULL), time_text), log->tag, text);
	else if (log->target == TARGET_JOURNAL)
		len = snprintf(line, LINE_SIZE, "<%d>%s\n", priority_of(level), text);
	else
		len = snprintf(line, LINE_SIZE, "%s" PROGRAM ":%s %s\n", colour,
			       *colour ? "\033[m" : "", text);
	if (len < LINE_SIZE)
		return len;
	line[LINE_SIZE - 2] = '\n';
	return LINE_SIZE - 1;
}

/*
 * The thread that serves the mount must not wait for whoever reads the log. A pipe that
 * can be written to has room for PIPE_BUF bytes, which a line does not exceed. One that
 * is full gets a moment, and no more until there is room again.
 */
static bool has_room(struct log *log)
{
	struct pollfd fd = {.fd = log->fd, .events = POLLOUT};
	bool has_room = poll(&fd, 1, log->is_full ? 0 : FULL_MS) > 0 &&
			(fd.revents & POLLOUT) != 0;

	log->is_full = !has_room;
	return has_room;
}

static bool write_text(struct log *log, const char *text, int len)
{
	return has_room(log) && write(log->fd, text, (size_t)len) == len;
}

/* In one write, so that lines of several processes in one file do not mix. */
static void write_line(struct log *log, enum log_level level, const char *text)
{
	char line[LINE_SIZE];
	char lost[64];

	if (log->target == TARGET_FILE)
		follow_rotation(log);
	if (log->target == TARGET_TERMINAL && log->clear)
		log->clear(log->clear_data);
	if (log->lost > 0) {
		snprintf(lost, sizeof(lost), "warning: %lu line%s lost here", log->lost,
			 log->lost == 1 ? "" : "s");
		if (write_text(log, line,
			       format_line(log, LOG_LEVEL_WARNING, lost, line)))
			log->lost = 0;
	}
	if (log->lost > 0 ||
	    !write_text(log, line, format_line(log, level, text, line)))
		log->lost++;
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
	if (log->target == TARGET_SYSLOG) {
		syslog(priority_of(level), "%s", text);
	} else {
		log_lock(log);
		write_line(log, level, text);
		log_unlock(log);
	}
}

int log_failure(struct log *log, const char *failure, int r)
{
	char text[ERRNO_SIZE];

	log_write(log, LOG_LEVEL_ERROR, "%s: %s", failure,
		  strerror_r(-r, text, sizeof(text)));
	return r;
}

static bool is_trace_wanted(void *data)
{
	const struct log_source *source = data;

	return log_is_debug(source->log);
}

static void write_trace(void *data, const char *line)
{
	const struct log_source *source = data;

	log_write(source->log, LOG_LEVEL_DEBUG, "%s%s%s",
		  source->name ? source->name : "", source->name ? ": " : "", line);
}

static void write_warning(void *data, const char *line)
{
	const struct log_source *source = data;

	log_write(source->log, LOG_LEVEL_WARNING, "warning: %s%s%s",
		  source->name ? source->name : "", source->name ? ": " : "", line);
}

struct trace log_source_trace(struct log_source *source)
{
	return (struct trace){.is_wanted = is_trace_wanted,
			      .write = write_trace,
			      .warn = write_warning,
			      .data = source};
}
