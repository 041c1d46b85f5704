/*
 * The daemon's end of the editor process (process.h). It starts the process, sends it
 * commands, starts it again when it dies, and then repeats the commands that had no
 * reply, so that none is lost.
 *
 * Commands come in pieces of work, from editor_begin() to editor_end(). Between two
 * pieces the editor holds nothing of the mount, which would otherwise be busy.
 *
 * All but editor_pid() and editor_count_root_request() is for one thread, the
 * publisher's, which must hold no lock: a call may wait until the FUSE thread has
 * served the editor.
 */
#ifndef DMSFS_FS_EDITOR_EDITOR_H
#define DMSFS_FS_EDITOR_EDITOR_H

#include <sys/types.h>

#include "fs/editor/command.h"

struct editor;

/*
 * Forks the process. @mountpoint is absolute and copied. To be called before the mount
 * and before any thread is started. 0 or a negative errno.
 */
int editor_start(const char *mountpoint, struct editor **editor);

/* Closes the socket, which ends the process, and waits for that. The mount must be
 * gone, or a call on it may hold the process up. Takes NULL. */
void editor_stop(struct editor *editor);

/* The process id that the handlers obey, or 0 while there is none. Any thread;
 * NULL has none. */
pid_t editor_pid(const struct editor *editor);

/* For the FUSE thread, when the editor has asked for the attributes of the root: so
 * it is this mount that the editor has opened. */
void editor_count_root_request(struct editor *editor);

/*
 * Begins a piece of work. 0; -EXDEV when the path leads to another file system, one
 * that lies over ours; or another negative errno. editor_end() is due whatever the
 * result. @done is called for each reply until then, in the order of the commands, with
 * the command and its result; from within the functions below.
 */
int editor_begin(struct editor *editor,
		 void (*done)(void *data, const struct editor_command *command, int r),
		 void *data);

/* Waits for all replies, and leaves the mount alone. As editor_finish(). */
int editor_end(struct editor *editor);

/*
 * Sends a command. Up to EDITOR_WINDOW commands are under way at once; beyond that it
 * waits for a reply. 0, or a negative errno when the process died and could not be
 * started again: the commands that had no reply are dropped then.
 */
#define EDITOR_WINDOW 64
int editor_send(struct editor *editor, const struct editor_command *command);

/* Waits until every command has its reply. 0 or a negative errno, as above. */
int editor_finish(struct editor *editor);

#endif
