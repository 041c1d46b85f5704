/*
 * What a mount remembers across restarts: the connections it showed, since when each is
 * as it is, and the lines of .dmsfs/changes.
 */
#ifndef DMSFS_FS_STATE_RECORD_H
#define DMSFS_FS_STATE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/snapshot/snapshot.h"

/* Since when a connection shows its content, and has its status: since 1970. */
struct age {
	int64_t content_ns;
	int64_t status_ns;
};

/* Whole lines. */
struct record_lines {
	char *text; /* owned; NULL: none */
	size_t len;
};

/* Times are in nanoseconds since 1970. */
struct record {
	struct snapshot *snapshot; /* a reference */
	struct age *ages;	   /* owned; one for each entry, in their order */
	int64_t refreshed_at_ns;   /* when the last listing ended */
	int64_t changed_at_ns;	   /* when it last had a difference; 0: never yet */
	bool is_ended; /* the mount ended in order: it looked until @refreshed_at_ns */
	struct record_lines changes;
	struct record_lines old_changes; /* of changes.1 */
};

/* Clears it, too. */
void record_fini(struct record *record);

/*
 * The ages of the connections of @after: where a path of @before shows the same
 * content, or the same status, since then; else since @now_ns. @before may be NULL, and
 * so may @ages. Owned by the caller; NULL: no memory.
 */
struct age *record_follow(const struct snapshot *before, const struct age *ages,
			  const struct snapshot *after, int64_t now_ns);

/* Whether the connections of @listed can be those of the account that @saved is of, as
 * far as their ARNs name one. */
bool record_is_of_account(const struct snapshot *saved, const struct snapshot *listed);

#endif
