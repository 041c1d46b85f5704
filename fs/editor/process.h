/*
 * The editor: a second process that makes the system calls on the mount by which the
 * kernel updates its caches and raises the events. A thread will not do: if the daemon
 * were killed while it was serving such a call of its own, that thread would wait in
 * the kernel for ever and hold /dev/fuse open, and the mount would hang. A process
 * without a descriptor of /dev/fuse gets an error instead, since the kernel ends the
 * connection when the daemon's last descriptor is closed.
 */
#ifndef DMSFS_FS_EDITOR_PROCESS_H
#define DMSFS_FS_EDITOR_PROCESS_H

#include "fs/editor/seccomp.h"

/*
 * Runs in a child just forked, maybe from a process with threads, so it calls only
 * async-signal-safe functions. Closes every descriptor but @socket, ignores the
 * terminal's signals, drops its privileges, applies @filter (may be NULL), and carries
 * out commands until the socket is closed.
 */
_Noreturn void editor_process_run(int socket, const char *mountpoint,
				  const struct editor_filter *filter);

#endif
