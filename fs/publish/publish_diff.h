/*
 * One publication: what differs between two snapshots goes into the tree, staged,
 * and to the editor, as orders, in the order in which watchers are to learn of it.
 */
#ifndef DMSFS_FS_PUBLISH_PUBLISH_DIFF_H
#define DMSFS_FS_PUBLISH_PUBLISH_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/content/changes.h"
#include "fs/editor/editor.h"
#include "fs/publish/control.h"
#include "fs/tree/tree.h"
#include "src/snapshot/diff.h"

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
 * Publishes @diff, and returns when every order is answered; the tree then shows
 * records of the later snapshot alone. 0; else a negative errno, and records of both
 * may be shown: the same publication is to be tried again, which repeats nothing that
 * is done.
 */
int publication_run(const struct publication_options *options, const struct diff *diff);

/* Lets the tree show the records of the later snapshot, where the earlier one has equal
 * ones. */
void publication_repoint(struct tree *tree, const struct diff *diff);

#endif
