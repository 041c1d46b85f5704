/*
 * .dmsfs/changes: a line for every change seen, newest last.
 *
 *   TIME <tab> INSTANCE/ENDPOINT <tab> OLD STATUS <tab> NEW STATUS <tab> TEXT
 */
#ifndef DMSFS_FS_CONTENT_CHANGES_H
#define DMSFS_FS_CONTENT_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/snapshot/diff.h"

/* The newest whole lines that fit are kept. */
#define CHANGES_MAX_BYTES ((size_t)1024 * 1024)

struct changes {
	char *text; /* owned */
	size_t len;
	size_t capacity;
	bool is_out_of_memory; /* while a line is written */
};

void changes_fini(struct changes *changes);

/* Appends the line of a change that was seen at @time_s (seconds since 1970). 0, or
 * -ENOMEM and the text as it was. */
int changes_append(struct changes *changes, int64_t time_s,
		   const struct diff_change *change);

/* Appends the lines of @newer, and drops the oldest beyond the bound. As above. */
int changes_join(struct changes *changes, const struct changes *newer);

#endif
