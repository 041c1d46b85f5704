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

/* Where the new lines would take the file beyond this, they begin another one. */
#define CHANGES_MAX_BYTES ((size_t)1024 * 1024)

/* A line's text is cut here; in a burst that is larger than a few files, earlier, so
 * that its size follows from the number of its lines. */
#define CHANGES_TEXT_MAX_BYTES ((size_t)64 * 1024)
#define CHANGES_BURST_BYTES ((size_t)16 * 1024 * 1024)
#define CHANGES_BURST_TEXT_BYTES ((size_t)256)

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

/* Appends the lines of @newer. As above. */
int changes_join(struct changes *changes, const struct changes *newer);

/* Drops the first @len bytes, whole lines. */
void changes_drop(struct changes *changes, size_t len);

#endif
