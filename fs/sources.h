/*
 * All sources of a mount, and of several the sum: what is done with each of them in
 * turn, and which one it is that the kernel asks for.
 */
#ifndef DMSFS_FS_SOURCES_H
#define DMSFS_FS_SOURCES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "fs/cli/options.h"
#include "fs/editor/editor.h"
#include "fs/fuse/request.h"
#include "fs/process/log.h"
#include "fs/process/notify.h"
#include "fs/publish/sum.h"
#include "fs/publish/turns.h"
#include "fs/source.h"
#include "fs/tree/tree.h"

/* All borrowed for the lifetime of the sources. */
struct sources_options {
	const struct options *options;
	struct log *log;
	struct editor *editor;
	const struct notify *notify;
	/* Called once, by a publisher's thread, when the mount answers for all. */
	void (*ready)(void *data);
	/* As of publisher.h; by each publisher that finds it. */
	void (*refused)(void *data, const char *reason);
	void *data;
};

/* All owned, but for the options. */
struct sources {
	struct sources_options options;
	struct source *items;
	size_t count;
	struct tree *tree;
	struct turns turns; /* on the editor */
	/* Of several sources; else NULL. */
	struct sum *sum;
	struct commands *commands; /* that are about none of them */
	struct trust *trust;	   /* of all, as the next */
	struct settings_cache *settings;
	int timer;		/* of all that take commands; -1: none */
	pthread_mutex_t shares; /* held while all shares of budgets are set */
	atomic_uint unready;	/* sources whose files the kernel does not have yet */
};

/* There is none yet. sources_free() is due from now on. */
void sources_init(struct sources *sources);

/* All that return an int: 0 or a negative errno, after a line in the log. */

/* Reads the set-up of each, and what its state has. */
int sources_open(struct sources *sources, const struct sources_options *options);

/* The first listings, side by side. */
int sources_list(struct sources *sources);

/* The tree, filled from these, before it is mounted. */
int sources_build(struct sources *sources);

/* What the mount shows as its device. */
const char *sources_device(const struct sources *sources);

/* Sets the hooks of @hooks that lead to a source, and their data. */
void sources_set_hooks(struct sources *sources, struct request_hooks *hooks);

/* All are refreshed; and commands that wait too long get their replies. For the FUSE
 * thread. */
void sources_refresh(struct sources *sources);
void sources_expire_commands(struct sources *sources);

/* Starts the threads, those of the publishers last, as they tell when all is ready. */
int sources_start(struct sources *sources);

/* Nothing is published any more. */
void sources_cancel(struct sources *sources);

/* Ends the fetchers, all at the same time; -ETIMEDOUT, without a line, where one hangs:
 * then what it was given must stay. */
int sources_stop_fetchers(struct sources *sources);

/* Ends all other threads; the mount must be gone. */
void sources_stop(struct sources *sources);

/* Nobody may serve the tree any more. */
void sources_free(struct sources *sources);

#endif
