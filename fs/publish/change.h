/*
 * A piece of work on the mounted tree. Each call stages one change in the tree and
 * sends the editor the command for it, so that nobody sees a change before its event
 * and no event is raised without its change.
 *
 * A change that failed is not done: the tree is as before, and the same work is to be
 * tried again, whose calls repeat nothing that is shown. Other changes go on meanwhile.
 *
 * For the publisher's thread alone, but for change_cancel(). No lock may be held.
 */
#ifndef DMSFS_FS_PUBLISH_CHANGE_H
#define DMSFS_FS_PUBLISH_CHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/editor/editor.h"
#include "fs/publish/turns.h"
#include "fs/tree/tree.h"

/* The first command that failed. */
struct change_failure {
	int r;			       /* a negative errno; 0: none has */
	enum editor_command_kind kind; /* EDITOR_BEGIN: all of them would have */
	char path[EDITOR_PATH_SIZE];
};

struct change {
	struct tree *tree;     /* borrowed */
	struct editor *editor; /* borrowed */
	struct turns *turns;   /* borrowed */
	atomic_bool is_cancelled;
	int64_t mtime_ns;	       /* of what is changed */
	bool has_turn;		       /* and so the editor */
	unsigned sent;		       /* commands in this turn */
	bool has_directory;	       /* one was added */
	bool is_trial;		       /* see change_try() */
	struct change_failure failure; /* since change_begin() */
	unsigned refusals; /* of the kernel, in a row, as on a read-only mount */
	/* Files that show new content whose event could not be raised: their paths,
	 * owned (array.h). */
	char **unannounced;
	size_t unannounced_count;
};

void change_init(struct change *change, struct tree *tree, struct editor *editor,
		 struct turns *turns);
void change_fini(struct change *change);

/* All further changes fail with -ECANCELED. Any thread. */
void change_cancel(struct change *change);

/*
 * Waits for a turn, as turns_take(), and begins the work, with the events that an
 * earlier one could not raise; @mtime_ns is the mtime of all that is changed, in
 * nanoseconds since 1970. 0 or a negative errno; change_end() is due whatever the
 * result.
 */
int change_begin(struct change *change, int64_t mtime_ns);

/* Whether an event could not be raised yet, so that the next work is due. */
bool change_is_due(const struct change *change);

/*
 * Whether a failure, a negative errno, is one of the whole mount: the kernel does not
 * let the editor change it. Others are those of a single file, such as one that
 * somebody holds a lease on, or of a part that is covered, and the rest can be changed.
 */
bool change_is_refusal(int r);

/*
 * Tries by calls that leave nothing to see and raise no event whether the kernel lets
 * the editor change the mount: all of them get to the handlers, which refuse them. As
 * change_end().
 */
int change_try(struct change *change, const struct node *file);

/*
 * Ends the work; @r is the result of the calls since change_begin(). 0 when all is
 * done; else a negative errno, with the cause in change->failure, and what was staged
 * and is not done is forgotten.
 */
int change_end(struct change *change, int r);

/*
 * Each stages one change and sends the command for it; it is done in its time, and when
 * change_finish() has returned at the latest. 0; -ECANCELED; a negative errno of
 * staging.h or of editor_send(); or the first failure, after many refusals in a row.
 * Names and texts are copied.
 */
int change_add_directory(struct change *change, struct node *parent, const char *name);
int change_add_link(struct change *change, struct node *parent, const char *name,
		    const char *target);
int change_remove(struct change *change, struct node *node);

/* The file of a connection, whose record is borrowed as by tree_add(). */
int change_add_connection(struct change *change, struct node *parent, const char *name,
			  const struct connection *connection);
int change_replace_connection(struct change *change, struct node *node,
			      const struct connection *connection);

/* A text file, and another name for one in its directory, where it takes the place of
 * what has that name; one such change at a time. */
int change_add_text(struct change *change, struct node *parent, const char *name,
		    const struct node_content *content);
int change_rename(struct change *change, struct node *node, const char *new_name);

int change_replace_text(struct change *change, struct node *node,
			const struct node_content *content);

/* Raises the event of new content on the file at @node, which shows it already. */
int change_announce(struct change *change, const struct node *node);

/* Have the kernel ask for the attributes of the file at @path, or read a directory:
 * no event. As above. */
int change_ask_attributes(struct change *change, const char *path);
int change_warm_directory(struct change *change, struct node *directory);

/* Drops the pages that processes have dirtied (dirtied_pages.h), if there are any, as a
 * piece of work of its own. As change_end(). */
int change_drop_dirtied_pages(struct change *change);

/* Waits until all changes so far have been tried: change->failure tells whether all
 * are done. 0 or a negative errno of the editor. */
int change_finish(struct change *change);

/* As change_finish(), and gives recursive watchers the time to watch directories that
 * were added: what comes into them earlier would go unseen. */
int change_finish_directories(struct change *change);

#endif
