/*
 * The differences between two snapshots: found once, in one walk over both, and read by
 * all that act on them.
 */
#ifndef DMSFS_SRC_SNAPSHOT_DIFF_H
#define DMSFS_SRC_SNAPSHOT_DIFF_H

#include <stddef.h>

#include "src/snapshot/snapshot.h"

/* Kinds of differences at a path, as bits. An absent connection has no status, no text
 * and no identity, so that one that comes or goes differs in all that it has. */
enum diff_kind {
	DIFF_STATUS = 1 << 0,
	DIFF_TEXT = 1 << 1,	/* of the last failure */
	DIFF_IDENTITY = 1 << 2, /* an identifier or an ARN */
	/* The link in by-status comes, goes, or has another status or name. It may be
	 * all that differs, since whoever shared the link's name came or went. */
	DIFF_LINK = 1 << 3,
	/* The first change in an instance that @before does not have, and the last in
	 * an instance that @after does not have. */
	DIFF_INSTANCE_COMES = 1 << 4,
	DIFF_INSTANCE_GOES = 1 << 5,
};
#define DIFF_CONTENT (DIFF_STATUS | DIFF_TEXT | DIFF_IDENTITY)

struct diff_change {
	/* Both bear the names of the path; the connection and the link are NULL in
	 * @before if it appeared, and in @after if it went away. */
	struct snapshot_entry before;
	struct snapshot_entry after;
	unsigned kinds; /* 0: equal, but the record is another copy */
};

struct diff {
	struct diff_change *changes; /* owned; in path order */
	size_t count;
	size_t different;	 /* of the changes, those with any kind */
	struct snapshot *before; /* references, for the entries; @before may be NULL */
	struct snapshot *after;
};

/*
 * Fills @diff, to diff_fini(), with one change for each path where the snapshots show
 * different things or different copies of a record. @before may be NULL, which stands
 * for an empty one. 0, or -ENOMEM with nothing to free. Any thread.
 */
int snapshot_diff(struct snapshot *before, struct snapshot *after, struct diff *diff);

void diff_fini(struct diff *diff);

#endif
