/*
 * The directory to mount on: whether dmsfs can mount there, checked before the service
 * is asked.
 */
#ifndef DMSFS_FS_PROCESS_MOUNTPOINT_H
#define DMSFS_FS_PROCESS_MOUNTPOINT_H

#include <stddef.h>

/*
 * Checks @path and allocates its absolute form for the caller. 0; else a negative errno
 * with one line in @reason (@size bytes) that names the path and the cause: missing,
 * not a directory, a mount point already, a dead mount, one that does not answer within
 * two seconds, not writable.
 */
int mountpoint_resolve(const char *path, char **absolute, char *reason, size_t size);

/*
 * Unmounts what is mounted at @path, which is no link, though it may be in use: by a
 * system call, else by fusermount3 within four seconds. 0; or a negative errno and
 * @reason as above.
 */
int mountpoint_detach(const char *path, char *reason, size_t size);

/*
 * Detaches a dead mount at @path, a FUSE mount whose daemon has died. 0, also when
 * there is none; else a negative errno and @reason as above.
 */
int mountpoint_clear(const char *path, char *reason, size_t size);

#endif
