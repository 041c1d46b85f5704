/*
 * Going to the background. The process that the user started forks before it
 * does anything else and only waits: all work, from the first listing on, is done
 * by the child, so that no thread, socket or child process has to get across a
 * fork. The parent exits with 0 when the child says that the mount answers, or
 * with the child's own status if it ends before.
 */
#ifndef DMSFS_FS_PROCESS_BACKGROUND_H
#define DMSFS_FS_PROCESS_BACKGROUND_H

struct background {
	int report; /* where the child tells its parent, or -1: in the foreground */
};

/* Forks; only the child returns. 0, or a negative errno when it cannot. */
int background_start(struct background *background);

/*
 * Up to here the child ends with the process that was started; from here on it has to
 * be told to. For the thread that called background_start().
 */
void background_survive(void);

/*
 * Tells the parent and leaves the terminal. Nothing when in the foreground. 0, or
 * -EPIPE when the parent was stopped and nobody wants the mount any more. Any thread.
 */
int background_ready(struct background *background);

#endif
