/*
 * The links of .dmsfs/by-status: one for each connection that has a status, in the
 * directory of that status.
 */
#ifndef DMSFS_FS_CONTENT_STATUS_LINK_H
#define DMSFS_FS_CONTENT_STATUS_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "src/snapshot/names.h"
#include "src/snapshot/snapshot.h"

/* "../../../SOURCE/INSTANCE/ENDPOINT", terminated. */
#define LINK_TARGET_UP "../../../"
#define LINK_TARGET_SIZE (sizeof(LINK_TARGET_UP) - 1 + 3 * NAME_SIZE)

struct link {
	char status[NAME_SIZE]; /* the directory's name */
	char name[NAME_SIZE];
};

/*
 * The place of the link of @entry; false if it has none, as there is no connection or
 * no status. @source: the directory of its source, for the links of several sources;
 * NULL for those of one.
 */
bool link_of(const struct snapshot_entry *entry, const char *source, struct link *link);

void link_target(const struct snapshot_entry *entry, const char *source,
		 char target[LINK_TARGET_SIZE]);

/* The statuses that the API documents; their directories are always there. */
#define LINK_KNOWN_STATUSES 4
const char *link_known_status(size_t index);
bool link_is_known_status(const char *name);

#endif
