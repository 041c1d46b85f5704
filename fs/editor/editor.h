/*
 * The daemon's side of the editor process (editor_process.h): starts it, gives it
 * orders, starts it again when it dies, and then repeats what it had not answered,
 * so that nothing is lost.
 *
 * All but editor_pid() is for one thread, the publisher, which holds no lock while
 * it calls here: a call may wait until the FUSE thread has served the editor.
 */
#ifndef DMSFS_FS_EDITOR_EDITOR_H
#define DMSFS_FS_EDITOR_EDITOR_H

#include <sys/types.h>

#include "fs/editor/command.h"

struct editor;

struct editor_options {
	const char *mountpoint; /* absolute; copied */
	/*
	 * Called for each answer, in the order of the orders, with the order that it
	 * answers; from within editor_order() and editor_finish().
	 */
	void (*answered)(void *data, const struct order *order, int result);
	void *data;
};

/*
 * Forks the process. To be called before the mount and before any thread is
 * there. 0 or a negative errno.
 */
int editor_start(const struct editor_options *options, struct editor **editor);

/* Closes the socket, upon which the process ends, and waits for that. The mount
 * must be gone, or a call on it may keep the process. Takes NULL. */
void editor_stop(struct editor *editor);

/* The process id that the handlers obey, or 0 while there is none. Any thread;
 * NULL has none. */
pid_t editor_pid(const struct editor *editor);

/*
 * Gives an order. Up to EDITOR_WINDOW orders are under way at once; beyond that it
 * waits for an answer. 0, or a negative errno when the process died and could not
 * be started again.
 */
#define EDITOR_WINDOW 64
int editor_order(struct editor *editor, const struct order *order);

/* The device of the root that the last ORDER_BEGIN opened is the right one: later
 * ones will take no other. */
void editor_trust(struct editor *editor);

/* Waits until every order is answered. As editor_order(). */
int editor_finish(struct editor *editor);

#endif
