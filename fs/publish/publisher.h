/*
 * The publisher shows in a part of the tree what its fetcher has got: the first listing
 * before the mount, and from then on, in a thread of its own, each change, such that
 * the kernel's caches follow and watchers get their events.
 */
#ifndef DMSFS_FS_PUBLISH_PUBLISHER_H
#define DMSFS_FS_PUBLISH_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/editor/editor.h"
#include "fs/process/log.h"
#include "fs/process/notify.h"
#include "fs/publish/commands.h"
#include "fs/publish/sum.h"
#include "fs/publish/turns.h"
#include "fs/state/state.h"
#include "fs/tree/tree.h"
#include "src/fetcher/fetcher.h"

struct publisher;

/* All borrowed for the publisher's lifetime; the commands until publisher_stop(). */
struct publisher_options {
	struct fetcher *fetcher; /* has listed, or begun without */
	struct tree *tree;
	struct node *root;  /* of the part that it fills, empty */
	const char *source; /* as users name it */
	struct editor *editor;
	struct turns *turns; /* on the editor */
	/* Of several sources; else NULL and 0. */
	struct sum *sum;
	size_t index;
	const char *directory;
	struct log *log;	     /* gets a line for each change of state */
	const struct notify *notify; /* the service manager; or NULL */
	bool is_move_logged;	     /* a line for each place that the mount is at */
	struct commands *commands;   /* NULL: the mount takes none */
	struct state *state;	     /* has loaded; NULL: nothing is remembered */
	size_t max_warm_files;	     /* that the kernel reads ahead of people */
	/* Called once, by the publisher's thread, when the mount answers. */
	void (*ready)(void *data);
	/* Called instead when the kernel does not let the editor change the mount. */
	void (*refused)(void *data, const char *reason);
	/* A source that could not be listed at the start is listed. Or NULL. */
	void (*listed)(void *data);
	void *data;
};

/* Fills the tree, before it is mounted, from the fetcher's first listing; without one
 * it shows the status alone until there is one. 0 or a negative errno. */
int publisher_new(const struct publisher_options *options,
		  struct publisher **publisher);

/* Whether @node is .dmsfs/refresh. For the FUSE thread. */
bool publisher_is_refresh(const struct publisher *publisher, const struct node *node);

/* Makes the text of @view (view.h), if that is one of this publisher: true. For the
 * FUSE thread. */
bool publisher_make_view(struct publisher *publisher, struct node *view);

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
