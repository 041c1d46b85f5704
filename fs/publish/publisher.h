/*
 * The publisher shows in a part of the tree what its fetcher has got: the first listing
 * before the mount, and from then on, in a thread of its own, each change, such that
 * the kernel's caches follow and watchers get their events.
 */
#ifndef DMSFS_FS_PUBLISH_PUBLISHER_H
#define DMSFS_FS_PUBLISH_PUBLISHER_H

#include <stddef.h>

#include "fs/editor/editor.h"
#include "fs/process/log.h"
#include "fs/process/notify.h"
#include "fs/publish/commands.h"
#include "fs/state/state.h"
#include "fs/tree/tree.h"
#include "src/fetcher/fetcher.h"

struct publisher;

/* All borrowed for the publisher's lifetime; the commands until publisher_stop(). */
struct publisher_options {
	struct fetcher *fetcher; /* has listed */
	struct tree *tree;
	struct node *root;  /* of the part that it fills, empty */
	const char *source; /* as the mount's device shows it */
	struct editor *editor;
	struct log *log;	     /* gets a line for each change of state */
	const struct notify *notify; /* the service manager */
	struct commands *commands;   /* NULL: the mount takes none */
	struct state *state;	     /* has loaded; NULL: nothing is remembered */
	size_t max_warm_files;	     /* that the kernel reads ahead of people */
	/* Called once, by the publisher's thread, when the mount answers. */
	void (*ready)(void *data);
	/* Called instead when the kernel does not let the editor change the mount. */
	void (*refused)(void *data, const char *reason);
	void *data;
};

/* Fills the tree, before it is mounted, from the fetcher's first listing. 0 or a
 * negative errno. */
int publisher_new(const struct publisher_options *options,
		  struct publisher **publisher);

/* The node of .dmsfs/refresh. */
const struct node *publisher_refresh_node(const struct publisher *publisher);

/* Makes the text of a view (view.h). For the FUSE thread. */
void publisher_make_view(struct publisher *publisher, struct node *view);

/* Starts the thread. 0 or a negative errno. */
int publisher_start(struct publisher *publisher);

/* The fetcher's state has changed, or commands or dirtied_pages.h have something. Any
 * thread, with any lock; does not wait. Serves as a callback. */
void publisher_wake(void *publisher);

/* Nothing is published from now on: what is under way ends with an error. Any
 * thread. */
void publisher_cancel(struct publisher *publisher);

/* Ends the thread. The mount must be gone, or a command under way may hold it up.
 * Takes NULL. */
void publisher_stop(struct publisher *publisher);

/* After the stop; the tree must not be served any more. Takes NULL. */
void publisher_free(struct publisher *publisher);

#endif
