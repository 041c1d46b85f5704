/*
 * A mount of dmsfs as another program meets it: an ioctl, files to read, and inotify.
 * Its functions are handed in, so that what is made of them is tested without a mount.
 */
#ifndef DMSFS_FS_CLIENT_MOUNT_H
#define DMSFS_FS_CLIENT_MOUNT_H

#include <stdint.h>
#include <sys/types.h>

#include "fs/client/arguments.h"
#include "fs/client/target.h"
#include "fs/fuse/dmsfs_ioctl.h"

#define MOUNT_STATUS_SIZE 64
#define MOUNT_REASON_SIZE 1024

/* A connection's file as it was read. */
struct connection_file {
	char status[MOUNT_STATUS_SIZE];
	/* As it stands in the file: a further line begins with a space. Owned; NULL:
	 * there is none. */
	char *failure;
	ino_t inode;
	struct timespec changed; /* when it got this content */
};

struct client_mount {
	void *data;
	/* Gives the command and waits for the reply. 0 or a negative errno; @command is
	 * filled, or zeroed where nothing came. */
	int (*command)(void *data, enum client_kind kind, const struct target *target,
		       struct dmsfs_command *command);
	/* 0, and @file is for the caller to end; or a negative errno. Never waits for
	 * the network. */
	int (*read)(void *data, const struct target *target,
		    struct connection_file *file);
	/* 0, or the negative errno of a mount that is not there any more. @stale: why
	 * it may not show what the service says, or empty. */
	int (*check)(void *data, const struct target *target,
		     char stale[MOUNT_REASON_SIZE]);
	/* Waits until the target's file or one beside it changes, or until @until_ms. A
	 * change since the last call ends the wait at once. May return early. */
	void (*wait)(void *data, const struct target *target, int64_t until_ms);
	int64_t (*now_ms)(void *data);
};

void connection_file_fini(struct connection_file *file);

/* For one thread. */
struct watched_mount {
	int inotify; /* -1: none to be had; files are looked at every second all the
		      * same */
};

void watched_mount_init(struct watched_mount *watched);
void watched_mount_fini(struct watched_mount *watched);

/* The functions for a mount of this system; @watched is borrowed. */
struct client_mount watched_mount_functions(struct watched_mount *watched);

#endif
