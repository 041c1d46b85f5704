/*
 * The publisher brings what the fetcher got into the tree: the first listing before
 * the mount, and from then on, in a thread of its own, every change, in such a way
 * that the kernel's caches follow and watchers are told.
 */
#ifndef DMSFS_FS_PUBLISH_PUBLISHER_H
#define DMSFS_FS_PUBLISH_PUBLISHER_H

#include <stdint.h>

#include "fs/editor/editor.h"
#include "fs/process/log.h"
#include "fs/process/notify.h"
#include "fs/tree/tree.h"
#include "src/fetcher/fetcher.h"

struct publisher;

/* All borrowed for the publisher's lifetime. */
struct publisher_options {
	struct fetcher *fetcher;
	struct tree *tree;
	struct log *log;	     /* hears of each change of state */
	const struct notify *notify; /* is told how things stand */
	size_t max_warm_files;	     /* that the kernel is to read ahead of people */
	/* Called once, by the publisher's thread, when the mount answers and is warm. */
	void (*ready)(void *data);
	void *data;
};

/*
 * Fills the tree, which is empty, from the fetcher's first listing: no event is due.
 * 0 or a negative errno.
 */
int publisher_new(const struct publisher_options *options,
		  struct publisher **publisher);

/* The node of .dmsfs/refresh. */
const struct node *publisher_refresh_node(const struct publisher *publisher);

/* How the editor's answers reach the publisher: for editor_start(). */
void publisher_answered(void *data, const struct order *order, int result);

/*
 * Starts the thread. @editor is borrowed; @root_requests counts the requests for
 * the root's attributes that came from the editor (operations.h).
 */
int publisher_start(struct publisher *publisher, struct editor *editor,
		    const unsigned long *root_requests);

/* Something is to be looked at: the fetcher's state, or a file with dirtied pages.
 * Any thread, any lock; does not wait. Passed as a callback. */
void publisher_wake(void *publisher);

/* Ends the thread. The mount must be gone, or an order under way may hold it up. */
void publisher_stop(struct publisher *publisher);

/* After the stop; the tree must not be served any more. Takes NULL. */
void publisher_free(struct publisher *publisher);

#endif
