/*
 * What the program gives up, since it holds keys.
 *
 * What it can not give up: a user's daemon unmounts in the end by fusermount3, which
 * is set-uid root, and anybody's may have to run a credential_process, which may be
 * sudo. So neither may be deprived of new privileges, which is what a user needs for a
 * filter of system calls; and any filter would be the credential_process's, too.
 */
#ifndef DMSFS_FS_PROCESS_HARDENING_H
#define DMSFS_FS_PROCESS_HARDENING_H

/*
 * No core is written, and other processes of the same user can neither trace this
 * one nor read its memory and environment. Children inherit the first, and the second
 * until they execute another program.
 */
void hardening_apply(void);

/*
 * For the daemon once it has mounted, before it starts a thread: it keeps the
 * capabilities to unmount, to read the files of AWS and to end a credential_process.
 * What root executes has all of them again.
 */
void hardening_drop_for_daemon(void);

/* For the editor: those to edit files that are shown as another user's, and no
 * program that it might execute gains any. Async-signal-safe. */
void hardening_drop_for_editor(void);

#endif
