/*
 * The system calls that the editor may make, as a program for seccomp(2): those on a
 * mount, and none by which it could talk to anybody but the daemon.
 */
#ifndef DMSFS_FS_EDITOR_SECCOMP_H
#define DMSFS_FS_EDITOR_SECCOMP_H

struct editor_filter;

/*
 * NULL where dmsfs was built without libseccomp, or there is no memory or descriptor
 * for it: the editor then does without.
 */
struct editor_filter *editor_filter_new(void);
void editor_filter_free(struct editor_filter *filter);

/*
 * From here on any other system call of this process is answered EPERM. It must have
 * given up new privileges. Async-signal-safe; takes NULL. What a kernel without
 * seccomp says to it is not told.
 */
void editor_filter_apply(const struct editor_filter *filter);

#endif
