/*
 * The sum of several sources: .dmsfs at the root of the mount. The publishers of the
 * sources hand in what is new; a thread publishes it. The publishers themselves add and
 * remove the links in by-status, beside their own.
 */
#ifndef DMSFS_FS_PUBLISH_SUM_H
#define DMSFS_FS_PUBLISH_SUM_H

#include <stddef.h>

#include "fs/content/journal.h"
#include "fs/content/status.h"
#include "fs/editor/editor.h"
#include "fs/process/notify.h"
#include "fs/publish/commands.h"
#include "fs/publish/populate.h"
#include "fs/publish/turns.h"
#include "fs/publish/views.h"

struct sum;

/* All borrowed for the sum's lifetime. */
struct sum_options {
	struct tree *tree; /* empty */
	struct editor *editor;
	struct turns *turns;
	const struct notify *notify; /* the service manager */
	/* Takes those that are about no source; NULL: the mount takes none. */
	struct commands *commands;
	size_t source_count;
};

/* Adds .dmsfs to the tree. 0 or a negative errno. */
int sum_new(const struct sum_options *options, struct sum **sum);

/* The part of the tree; for the publishers, which are set up after it. */
const struct subtree *sum_subtree(const struct sum *sum);

/* The source at @index, below the number of them, has this name and is shown in the
 * views as @view; both are borrowed. Once for each, before sum_populate(). */
void sum_set_source(struct sum *sum, size_t index, const char *name,
		    struct view_source *view);

/* Fills the files, before the tree is mounted, from what the publishers handed in while
 * they were set up. 0 or a negative errno. */
int sum_populate(struct sum *sum);

/* 0 or a negative errno. */
int sum_start(struct sum *sum);

/*
 * For the publishers; none waits. The status counts at once: the sum is not fresh from
 * then on if @status is not. Lines that there is no memory for are lost here alone.
 */
void sum_set_status(struct sum *sum, size_t index, const struct status *status);
void sum_add_changes(struct sum *sum, size_t index, const struct journal *lines);
void sum_add_commands(struct sum *sum, size_t index, const struct journal *lines);

/* The tree shows other connections of a source. Any thread. */
void sum_note_change(struct sum *sum);

/* There is something new of a source, or of the commands. Any thread; does not wait.
 * Serves as a callback. */
void sum_wake(void *sum);

/* As those of publisher.h. */
bool sum_make_view(struct sum *sum, struct node *view);
void sum_cancel(struct sum *sum);
void sum_stop(struct sum *sum); /* takes NULL */
void sum_free(struct sum *sum); /* after the publishers; takes NULL */

#endif
