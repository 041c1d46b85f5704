/*
 * Files that grow by lines, newest last, whose fields are separated by tabs; "-" is an
 * absent one.
 *
 * .dmsfs/changes has a line for every change seen:
 *   TIME  INSTANCE/ENDPOINT  OLD STATUS  NEW STATUS  TEXT
 * and one for each time in which nobody looked, before the changes of that time:
 *   TIME  .  -  -  TEXT
 * .dmsfs/commands has one for every command, the refused ones too:
 *   TIME  UID  PID  test INSTANCE/ENDPOINT  RESULT  TEXT  REQUEST ID
 * In those of several sources paths begin with SOURCE/.
 */
#ifndef DMSFS_FS_CONTENT_JOURNAL_H
#define DMSFS_FS_CONTENT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/snapshot/diff.h"

/* Where the new lines would take the file beyond this, they begin another one. */
#define JOURNAL_MAX_BYTES ((size_t)1024 * 1024)

/* A line's text is cut here; in a burst that is larger than a few files, earlier, so
 * that its size follows from the number of its lines. */
#define JOURNAL_TEXT_MAX_BYTES ((size_t)64 * 1024)
#define JOURNAL_BURST_BYTES ((size_t)16 * 1024 * 1024)
#define JOURNAL_BURST_TEXT_BYTES ((size_t)256)

/* Texts are as they came, or NULL. */
struct journal_command {
	int64_t time_s; /* since 1970 */
	uid_t uid;	/* of the caller */
	pid_t pid;
	const char *verb; /* not NULL, nor the path */
	const char *path;
	int r; /* written as "ok", or by its name */
	const char *text;
	const char *request_id;
};

struct journal {
	char *text; /* owned */
	size_t len;
	size_t capacity;
	bool is_out_of_memory; /* while a line is written */
};

void journal_fini(struct journal *journal);

/* Appends the line of a change that was seen at @time_s (seconds since 1970). 0, or
 * -ENOMEM and the text as it was. */
int journal_append_change(struct journal *journal, int64_t time_s,
			  const struct diff_change *change);

/* The line of a time in which nobody looked, since @since_s (or later than that, unless
 * @is_exact). As above. */
int journal_append_gap(struct journal *journal, int64_t time_s, int64_t since_s,
		       bool is_exact);

/* The same for a command. */
int journal_append_command(struct journal *journal,
			   const struct journal_command *command);

/* Appends the lines of @newer. As above. */
int journal_join(struct journal *journal, const struct journal *newer);

/* The same, with "@source/" in front of each path; @newer has lines of commands, or of
 * changes. As above. */
int journal_join_source(struct journal *journal, const struct journal *newer,
			bool is_of_commands, const char *source);

/* Drops @len bytes behind the first @from, whole lines. */
void journal_drop(struct journal *journal, size_t from, size_t len);

#endif
