/*
 * The log: lines go to the terminal until the program is in the background, and then to
 * syslog, tagged with the mountpoint; to the journal if that holds stderr; or to a file
 * from the start, and to a new one at its path once that was renamed.
 *
 * A line that cannot be written, or for which a pipe has no room, is lost; the next one
 * that can be written comes after a line with their number. SIGPIPE and SIGXFSZ are for
 * the program to ignore.
 */
#ifndef DMSFS_FS_PROCESS_LOG_H
#define DMSFS_FS_PROCESS_LOG_H

#include <stdbool.h>

#include "src/base/trace.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG, /* written only when debugging is on */
};

struct log;

/*
 * @path: a file to append to, made if it is not there, readable by its owner alone;
 * or NULL. 0 or a negative errno.
 */
int log_new(const char *path, struct log **log);
void log_free(struct log *log); /* takes NULL */

/* Tags lines in a file and in syslog with the mountpoint from now on. Copied. */
void log_tag(struct log *log, const char *mountpoint);

/* Lines go to syslog from now on, unless a file was given. */
void log_leave_terminal(struct log *log);

/*
 * From now on @clear is called, with the log locked, before each line that goes to the
 * terminal, to remove what stands there. NULL: no more.
 */
void log_set_clear(struct log *log, void (*clear)(void *data), void *data);

/* Nobody else writes a line until log_unlock(), nor must the caller. For what else is
 * written to the terminal. Any thread. */
void log_lock(struct log *log);
void log_unlock(struct log *log);

/* From now on only errors are written (-q), and debugging while that is on. */
void log_be_quiet(struct log *log);

/* Whether debugging is written. Any thread. */
void log_set_debug(struct log *log, bool is_on);
bool log_is_debug(const struct log *log);

/* Turns debugging on or off, with a line that says by what. Any thread. */
void log_toggle_debug(struct log *log, const char *cause);

/* Whether a line of @level would be written. Any thread. */
bool log_is_wanted(const struct log *log, enum log_level level);

/* One line; control characters in it are for the caller to keep out. Any thread. */
void log_write(struct log *log, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes "FAILURE: the text of the negative errno @r" as an error, and returns @r. */
int log_failure(struct log *log, const char *failure, int r);

/* The lines about one source. All borrowed. */
struct log_source {
	struct log *log;
	const char *name; /* stands in front of them; NULL: the only source */
};

/* Writes the lines of a trace to that log. Borrows @source. */
struct trace log_source_trace(struct log_source *source);

#endif
