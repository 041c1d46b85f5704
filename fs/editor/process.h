/*
 * The editor: a second process that makes the system calls on the mount by which
 * the kernel updates its caches and tells the watchers. Why not a thread: if the
 * daemon were killed while such a call of its own was being answered, that thread
 * would wait in the kernel for ever and hold /dev/fuse open, and the mount would
 * hang. A process that holds no descriptor of /dev/fuse gets an error instead,
 * since the kernel ends the connection with the daemon's last descriptor.
 */
#ifndef DMSFS_FS_EDITOR_PROCESS_H
#define DMSFS_FS_EDITOR_PROCESS_H

#include "fs/editor/seccomp.h"

/*
 * Runs in a child just forked, maybe from a process with threads, so it calls
 * nothing that is not async-signal-safe. Closes every descriptor but @socket,
 * ignores the terminal's signals, gives up what it does not need, to @filter (or NULL)
 * too, and answers orders until the socket ends.
 */
_Noreturn void editor_process_run(int socket, const char *mountpoint,
				  const struct editor_filter *filter);

#endif
