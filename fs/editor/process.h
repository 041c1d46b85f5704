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

/*
 * Runs in a child that was forked while there was one thread. Wipes the environment,
 * closes every descriptor but @socket, ignores the terminal's signals, drops its
 * privileges, filters its system calls (seccomp.h), and carries out commands until the
 * socket is closed.
 */
_Noreturn void editor_process_run(int socket, const char *mountpoint);

/*
 * The same in this program executed anew, which has nothing of the daemon's memory,
 * where keys may be. For a child just forked, whatever threads there were: it calls
 * only async-signal-safe functions. It needs /proc.
 */
_Noreturn void editor_process_execute(int socket, char *mountpoint);

/* Where the program was executed so, carries out the commands and does not return. The
 * first call of main(). */
void editor_process_enter(int argc, char *const argv[]);

#endif
