/*
 * Where the program speaks: on the terminal until it goes to the background, then to
 * syslog, tagged with the mountpoint; to the journal where that started it; or to a
 * file all the time.
 */
#ifndef DMSFS_FS_PROCESS_LOG_H
#define DMSFS_FS_PROCESS_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG, /* unless asked for, nobody wants to read it */
};

struct log;

/*
 * @path: a file to append to, made if it is not there, readable by its owner alone;
 * or NULL. 0 or a negative errno.
 */
int log_new(const char *path, struct log **log);
void log_free(struct log *log); /* takes NULL */

/* Lines of a file and of syslog bear the mountpoint from now on. Borrowed. */
void log_tag(struct log *log, const char *mountpoint);

/* From now on to syslog, unless a file was given. */
void log_leave_terminal(struct log *log);

/* Errors alone from now on (-q), and debugging where that is asked for. */
void log_be_quiet(struct log *log);

/* Whether debugging is written. Any thread. */
void log_set_debug(struct log *log, bool is_on);
bool log_is_debug(const struct log *log);

/* Whether a line of @level would be written. Any thread. */
bool log_is_wanted(const struct log *log, enum log_level level);

/* One line; control characters in it are for the caller to keep out. Any thread. */
void log_write(struct log *log, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
