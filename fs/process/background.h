/*
 * Going to the background. The process that the user started forks before it does
 * anything else, and only waits. All work, from the first listing on, is done by the
 * child, so that no thread, socket or child process has to survive a fork. The parent
 * exits with 0 when the child reports that the mount answers, or with the status of a
 * child that ends before.
 */
#ifndef DMSFS_FS_PROCESS_BACKGROUND_H
#define DMSFS_FS_PROCESS_BACKGROUND_H

struct background {
	int report; /* the socket to the parent; -1: in the foreground */
};

/* Forks; only the child returns. 0, or a negative errno when it cannot. */
int background_start(struct background *background);

/*
 * From here on the child no longer ends with its parent. For the thread that called
 * background_start().
 */
void background_survive(void);

/*
 * Leaves the terminal and reports to the parent that the mount answers; does nothing in
 * the foreground. 0, or -EPIPE when the parent is gone. Any thread.
 */
int background_ready(struct background *background);

#endif
