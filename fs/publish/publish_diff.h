/*
 * One publication: what differs between two snapshots goes into the tree, staged,
 * and to the editor, as orders, in the order in which watchers are to learn of it.
 */
#ifndef DMSFS_FS_PUBLISH_PUBLISH_DIFF_H
#define DMSFS_FS_PUBLISH_PUBLISH_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/content/changes.h"
#include "fs/editor/editor.h"
#include "fs/publish/control.h"
#include "fs/tree/tree.h"
#include "src/snapshot/snapshot.h"

/* All borrowed. */
struct publication_options {
	struct tree *tree;
	struct editor *editor; /* has begun: ORDER_BEGIN was answered well */
	const struct control *control;
	struct changes *changes; /* gets a line for each change */
	const bool *is_stopping; /* atomic: ends a publication early */
	/* Set while answers come in: something could not be reached, since another
	 * file system lies over it. */
	const bool *is_covered;
	int64_t mtime_ns; /* when the snapshot was received */
};

/*
 * Publishes the way from @before to @after, and returns when every order is
 * answered; the tree then shows records of @after alone. 0; else a negative errno,
 * and records of both may be shown: the same publication is to be tried again,
 * which repeats nothing that is done.
 */
int publication_run(const struct publication_options *options,
		    const struct snapshot *before, const struct snapshot *after);

/* Whether anything differs. */
bool publication_is_needed(const struct snapshot *before, const struct snapshot *after);

/* Lets the tree, which shows records of @before where both are equal, show those of
 * @after there. */
void publication_repoint(struct tree *tree, const struct snapshot *before,
			 const struct snapshot *after);

#endif
