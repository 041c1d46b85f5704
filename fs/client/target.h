/*
 * The connections that a command is about: from paths as users write them to the file
 * or directory that takes the ioctl.
 */
#ifndef DMSFS_FS_CLIENT_TARGET_H
#define DMSFS_FS_CLIENT_TARGET_H

#include <stddef.h>
#include <sys/types.h>

#include "src/base/error.h"

/* All owned; absolute paths without symbolic links. */
struct target {
	char *opened;  /* the connection's file, or a directory if there is none yet */
	char *name;    /* as dmsfs_command has it; empty for a file */
	char *root;    /* of the mount */
	char *path;    /* where the connection's file is or will be */
	char *shown;   /* the path below the root, safe on a terminal */
	dev_t device;  /* of the mount */
	size_t source; /* in targets.sources */
};

/* Begins zeroed. */
struct targets {
	struct target *items;
	size_t count;
	size_t found; /* with those that were there already */
	/* As target_source() has them. Each is a service of its own, which may hang. */
	char **sources; /* owned; array.h */
	size_t source_count;
	void *known; /* their paths, for tsearch(3) */
};

/*
 * Appends what @path stands for: one connection, or all below a directory. A connection
 * that is there already is not added again. 0, or a negative errno with "PATH: REASON"
 * in @error, of the first failure; what else a directory has is added all the same.
 */
int targets_add(struct targets *targets, const char *path, struct error *error);

/* Looks for the file of @target at @path from the root of the mount, as the mount says.
 * It is shown as the user named it all the same. 0 or -ENOMEM. */
int target_move(struct target *target, const char *path);

/*
 * The directory whose .dmsfs tells the state of @target: that of its source where the
 * mount has several, else the root. For the caller to free(); NULL without memory.
 */
char *target_source(const struct target *target);

void targets_fini(struct targets *targets);

#endif
