/*
 * The directory to mount on: whether dmsfs can mount there, checked before the service
 * is asked.
 */
#ifndef DMSFS_FS_PROCESS_MOUNTPOINT_H
#define DMSFS_FS_PROCESS_MOUNTPOINT_H

#include <stddef.h>

struct mountpoint {
	char *path; /* owned; absolute, without links */
	int fd;	    /* of the directory, until the release; or -1 */
	int lock;   /* holds a lock on it, or -1 */
	/* The directory itself, whatever lies at the path by now. */
	char target[32];
};

/*
 * Checks @path and opens it. 0; else a negative errno with one line in @reason (@size
 * bytes) that names the path and the cause: missing, not a directory, a mount point
 * already, a dead mount, one that does not answer within ten seconds, not writable.
 * mountpoint_fini() is due whatever the result.
 */
int mountpoint_open(const char *path, struct mountpoint *mountpoint, char *reason,
		    size_t size);
void mountpoint_fini(struct mountpoint *mountpoint);

/*
 * Just before the mount: keeps others that start here from mounting, and checks that
 * nobody has mounted, nor moved or replaced the directory, since it was opened. As
 * above. Waits for twelve seconds at most.
 */
int mountpoint_lock(struct mountpoint *mountpoint, char *reason, size_t size);

/* Just after: lets go of the lock and of the directory below the mount. */
void mountpoint_release(struct mountpoint *mountpoint);

/*
 * Unmounts what is mounted at @path, which is no link, though it may be in use: by a
 * system call, else by fusermount3 within four seconds. 0; or a negative errno and
 * @reason as above.
 */
int mountpoint_detach(const char *path, char *reason, size_t size);

/* Looks at what is at @path, for two seconds at most: 0; -ENOTCONN for a dead mount,
 * whose connection is over; -ETIMEDOUT; or another negative errno. */
int mountpoint_look(const char *path);

/*
 * Detaches a dead mount at @path, a FUSE mount whose daemon has died. 0, also when
 * there is none; else a negative errno and @reason as above.
 */
int mountpoint_clear(const char *path, char *reason, size_t size);

#endif
