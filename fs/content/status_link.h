/*
 * The links of .dmsfs/by-status: for each connection that has a status one, in
 * the directory of that status.
 */
#ifndef DMSFS_FS_CONTENT_STATUS_LINK_H
#define DMSFS_FS_CONTENT_STATUS_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "src/snapshot/names.h"
#include "src/snapshot/snapshot.h"

/* "../../../INSTANCE/ENDPOINT" and its end. */
#define LINK_TARGET_UP "../../../"
#define LINK_TARGET_SIZE (sizeof(LINK_TARGET_UP) - 1 + 2 * NAME_SIZE)

struct link {
	char status[NAME_SIZE]; /* the directory's name */
	char name[NAME_SIZE];
};

/* Where the link of @entry is; false if it has none, for want of a
 * connection or a status. */
bool link_of(const struct snapshot_entry *entry, struct link *link);

bool link_equal(const struct link *a, const struct link *b);

void link_target(const struct snapshot_entry *entry, char target[LINK_TARGET_SIZE]);

/* The statuses that the API names, whose directories are always there. */
#define LINK_KNOWN_STATUSES 4
const char *link_known_status(size_t index);
bool link_is_known_status(const char *name);

#endif
