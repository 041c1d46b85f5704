/*
 * The progress of the first listings, a line for each source. Only a terminal shows it.
 * If it has too few rows for all, or several sources are listed on a dumb one, it shows
 * a single line, or nothing.
 */
#ifndef DMSFS_FS_CLI_PROGRESS_H
#define DMSFS_FS_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fs/process/log.h"
#include "src/fetcher/fetcher.h"

struct progress;

struct progress_line {
	const char *name; /* borrowed: Region or source; set by the caller */
	struct progress *progress;
	/* guarded by the lock of its log */
	size_t pages;
	size_t connections;
	bool is_ended;
	const char *ending; /* borrowed; NULL: none to be told */
};

struct progress {
	FILE *out;
	struct log *log; /* borrowed; its lock guards: the terminal, the lines, below */
	struct progress_line *lines; /* borrowed */
	size_t count;
	bool is_wanted; /* @out is a terminal that can show it, and not -q */
	size_t visible; /* lines to be removed before other output */
};

/* @lines, whose names are set, stay where they are until progress_fini(). Until then
 * they are removed before each line of @log, which goes to the same terminal. */
void progress_init(struct progress *progress, FILE *out, struct log *log,
		   struct progress_line *lines, size_t count, bool is_quiet);
void progress_fini(struct progress *progress);

/* The callback with which the listing of a line reports its pages. Any thread. */
struct dms_progress progress_of_listing(struct progress_line *line);

/* Notes that the listing of a line has ended, for good or until it begins again. The
 * only line is removed. Any thread. */
void progress_end_line(struct progress_line *line, const char *ending);

#endif
