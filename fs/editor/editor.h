/*
 * The daemon's end of the editor process (process.h). It starts the process, sends it
 * commands, starts it again when it dies, and then repeats the commands that had no
 * reply, so that none is lost. One that neither replies nor makes a request for 4
 * seconds, as it was stopped, is killed, and its commands have failed.
 *
 * Commands come in pieces of work, from editor_begin() to editor_end(). Between two
 * pieces the editor holds nothing of the mount, which would otherwise be busy.
 *
 * All but editor_pid(), editor_cancel() and the counts is for one thread, the
 * publisher's, which must hold no lock: a call may wait until the FUSE thread has
 * served the editor.
 */
#ifndef DMSFS_FS_EDITOR_EDITOR_H
#define DMSFS_FS_EDITOR_EDITOR_H

#include <sys/types.h>

#include "fs/editor/command.h"
#include "fs/process/mountinfo.h"

struct editor;

/*
 * Forks the process. @mountpoint is absolute and copied. To be called before the mount
 * and before any thread is started. 0 or a negative errno.
 */
int editor_start(const char *mountpoint, struct editor **editor);

/* Closes the socket, which ends the process, and waits for that, or kills it after half
 * a second: so long a call on the mount can hold it up. Takes NULL. */
void editor_stop(struct editor *editor);

/* All that waits for the process, now or later, ends with -ECANCELED within a tenth of
 * a second. Any thread. */
void editor_cancel(struct editor *editor);

/* Where the mount was last found: another path than at the start when it was moved.
 * Borrowed until the next editor_begin(). */
const char *editor_mountpoint(const struct editor *editor);

/* The mount, by which it is known wherever it is. Before the first editor_begin(),
 * which else takes the device from what lies at the path. */
void editor_set_mount(struct editor *editor, const struct mountinfo_mount *mount);
const struct mountinfo_mount *editor_mount(const struct editor *editor);

/* The process id that the handlers obey, or 0 while there is none. Any thread;
 * NULL has none. */
pid_t editor_pid(const struct editor *editor);

/* For the FUSE thread, when it serves a request of the editor, which thus lives. */
void editor_count_request(struct editor *editor);

/* For the FUSE thread, when the editor has asked for the attributes of the root: so
 * it is this mount that the editor has opened. */
void editor_count_root_request(struct editor *editor);

/*
 * Begins a piece of work. 0; -EXDEV when the path leads to another file system, one
 * that lies over ours; -ENODEV when the mount is at no path; -ETIMEDOUT when the
 * process does not respond; or another negative errno. A mount that was moved is looked
 * up in mountinfo. editor_end() is due whatever the
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
 * started again, or does not respond: the commands that had no reply get that one then.
 */
#define EDITOR_WINDOW 64
int editor_send(struct editor *editor, const struct editor_command *command);

/* Waits until every command has its reply. 0 or a negative errno, as above. */
int editor_finish(struct editor *editor);

#endif
