/*
 * The directory to mount on: whether it can serve, before anything is asked of
 * the service.
 */
#ifndef DMSFS_FS_PROCESS_MOUNTPOINT_H
#define DMSFS_FS_PROCESS_MOUNTPOINT_H

#include <stddef.h>

/*
 * Checks @path and gives its absolute form, allocated for the caller. 0; else a
 * negative errno with one line in @reason (@size bytes) that names the path and
 * the cause: missing, no directory, a mount point already, a mount whose program
 * has died, not writable by who mounts.
 */
int mountpoint_resolve(const char *path, char **absolute, char *reason, size_t size);

/*
 * Unmounts what lies at @path if it is a FUSE mount whose program has died, as root by
 * itself, else by fusermount3. 0, also when there is none; else a negative errno and
 * @reason as above.
 */
int mountpoint_clear(const char *path, char *reason, size_t size);

#endif
