/*
 * The FUSE session: mounts, and serves with one thread.
 */
#ifndef DMSFS_FS_FUSE_SESSION_H
#define DMSFS_FS_FUSE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/fuse/request.h"
#include "fs/tree/tree.h"

struct session;

struct session_options {
	struct request_hooks hooks;
	/* On SIGUSR1 and SIGUSR2; called by the FUSE thread, must not wait. */
	void (*refreshed)(void *data);
	void (*debug_toggled)(void *data);
	/* Called by the FUSE thread when @timer, a timerfd or -1, can be read, which it
	 * is to do. Must not wait. */
	void (*expired)(void *data);
	int timer;
	void *data;
	const char *source;	   /* shown as the mount's device */
	const char *mount_options; /* further ones, separated by commas, or NULL */
	bool are_others_admitted;  /* by one of them */
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

/* The descriptor of /dev/fuse, which stays that number until session_free(). Any
 * thread. */
int session_fd(const struct session *session);

/* Serves until the mount is gone or a signal ends the program. 0, or a negative errno
 * if /dev/fuse failed. */
int session_run(struct session *session);

/* Whether the mount is gone, or its connection aborted. */
bool session_is_cut(const struct session *session);

/* Closes /dev/fuse: system calls on the mount that are under way end with an error. The
 * dead mount is for the caller to detach. */
void session_close(struct session *session);

void session_free(struct session *session);

#endif
