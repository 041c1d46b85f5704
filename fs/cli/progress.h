/*
 * The progress line of the first listing. Only a terminal shows it.
 */
#ifndef DMSFS_FS_CLI_PROGRESS_H
#define DMSFS_FS_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "src/fetcher/fetcher.h"

struct progress {
	FILE *out;
	const char *region; /* borrowed */
	bool is_wanted;	    /* @out is a terminal, and not -q */
	bool is_visible;    /* to be removed before other output */
};

void progress_init(struct progress *progress, FILE *out, const char *region,
		   bool is_quiet);

/* The callback with which a listing reports its pages. */
struct dms_progress progress_of_listing(struct progress *progress);

/* Removes the line, before anything else is written. */
void progress_clear(struct progress *progress);

#endif
