/*
 * The FUSE session: mounts, serves with one thread, and unmounts.
 */
#ifndef DMSFS_FS_FUSE_SESSION_H
#define DMSFS_FS_FUSE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/fuse/operations.h"
#include "fs/tree/tree.h"

struct session;

struct session_options {
	struct operations_hooks hooks;
	/* SIGUSR1 came; called by the FUSE thread, must not wait. */
	void (*refreshed)(void *data);
	void (*debug_toggled)(void *data); /* the same for SIGUSR2 */
	void *data;
	const char *source;	   /* the device that the mount shows */
	const char *mount_options; /* more of them, comma separated, or NULL */
};

/*
 * 0, or a negative errno with one line in @reason (@size bytes). @tree is borrowed
 * for the session's lifetime.
 */
int session_new(const struct session_options *options, struct tree *tree,
		struct session **session, char *reason, size_t size);

/* Mounts on @mountpoint, an absolute path. As above. */
int session_mount(struct session *session, const char *mountpoint, char *reason,
		  size_t size);

/*
 * Serves until the mount is gone or a signal that ends the program comes. 0, or a
 * negative errno if the kernel's device failed.
 */
int session_run(struct session *session);

/* Unmounts, and closes /dev/fuse: calls on the mount that are under way end with
 * an error. */
void session_unmount(struct session *session);

void session_free(struct session *session);

#endif
