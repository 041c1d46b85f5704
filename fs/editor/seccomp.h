/*
 * The system calls that the editor may make, as a program for seccomp(2): those that
 * edit the mount, and none by which it could reach anything else but the daemon.
 */
#ifndef DMSFS_FS_EDITOR_SECCOMP_H
#define DMSFS_FS_EDITOR_SECCOMP_H

struct editor_filter;

/*
 * NULL when dmsfs was built without libseccomp, or for want of memory or a descriptor:
 * the editor then runs without a filter.
 */
struct editor_filter *editor_filter_new(void);
void editor_filter_free(struct editor_filter *filter);

/*
 * From here on any other system call of this process fails with EPERM. It must have set
 * PR_SET_NO_NEW_PRIVS. Async-signal-safe; takes NULL. A kernel without seccomp changes
 * nothing.
 */
void editor_filter_apply(const struct editor_filter *filter);

#endif
