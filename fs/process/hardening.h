/*
 * The privileges that the program drops, since it holds keys.
 *
 * It cannot set no_new_privs for the daemon: a user's daemon unmounts by fusermount3,
 * which is set-uid root, and any daemon may have to run a credential_process, which may
 * be sudo. So the daemon has no filter of system calls either, which a user cannot have
 * without no_new_privs, and which the credential_process would inherit.
 */
#ifndef DMSFS_FS_PROCESS_HARDENING_H
#define DMSFS_FS_PROCESS_HARDENING_H

/*
 * Resets what the parent may have left: standard descriptors that are closed are opened
 * on /dev/null, or they would be given to a socket; and SIGCHLD is not ignored, or no
 * child could be waited for.
 */
void hardening_reset_inherited(void);

/*
 * No core is written, and other processes of the same user can neither trace this
 * one nor read its memory and environment. Children inherit the first, and the second
 * until they execute another program.
 */
void hardening_apply(void);

/*
 * For the daemon once it has mounted, before it starts a thread: it keeps only the
 * capabilities to unmount, to read the AWS files and to kill a credential_process.
 * A program that root executes has all of them again.
 */
void hardening_drop_for_daemon(void);

/* For the editor: it keeps only the capabilities to edit files that are shown as
 * another user's, and sets no_new_privs. Async-signal-safe. */
void hardening_drop_for_editor(void);

#endif
