/*
 * What the terminal shows of the first listing: a line that moves while it runs,
 * on a terminal only, and a summary when it is done.
 */
#ifndef DMSFS_FS_CLI_PROGRESS_H
#define DMSFS_FS_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "src/dms/dms.h"

struct progress {
	FILE *out;
	const char *region; /* borrowed */
	bool is_shown;	    /* a moving line is wanted, and @out is a terminal */
	bool is_begun;	    /* a moving line stands there */
};

void progress_init(struct progress *progress, FILE *out, const char *region,
		   bool is_quiet);

/* The form in which a listing reports its pages. */
struct dms_progress progress_of_listing(struct progress *progress);

/* Takes the moving line away, before anything else is written. */
void progress_clear(struct progress *progress);

/* A count with a comma for every three digits; @out has room for it. */
#define PROGRESS_COUNT_SIZE 32
const char *progress_count(size_t count, char out[PROGRESS_COUNT_SIZE]);

#endif
