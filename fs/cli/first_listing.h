/*
 * The listings before the mount, with their progress on a terminal and a summary each.
 * A temporary failure, such as no network yet while the machine boots, is retried for
 * as long as --wait allows.
 */
#ifndef DMSFS_FS_CLI_FIRST_LISTING_H
#define DMSFS_FS_CLI_FIRST_LISTING_H

#include "fs/cli/options.h"
#include "fs/process/log.h"
#include "src/fetcher/fetcher.h"

/* The callbacks of a listing, called by the thread that makes it. */
struct first_listing_hooks {
	/* It was made. 0, or a negative errno with @error: it counts as failed. NULL:
	 * nothing is to be done. */
	int (*listed)(void *data, struct error *error);
	/* All attempts failed, and the last one for what may pass. True: the fetcher
	 * has something to show nevertheless. NULL: it never has. */
	bool (*failed)(void *data, const struct error *error);
	void *data;
};

/* Of one source. */
struct first_listing {
	struct fetcher *fetcher; /* borrowed; NULL, of several: see r */
	/* Stands in front of messages instead of the Region; NULL: the only source. */
	const char *name;
	struct first_listing_hooks hooks;
	/* The result: 0, or a negative errno and the reason. The caller sets them where
	 * there is no fetcher. */
	int r;
	struct error error;
};

/*
 * Lists all at the same time, a thread each, and waits for them all; the only one in
 * the calling thread. 0 when all r are 0, else the first failure. Each failure is
 * logged: as a warning where --partial allows to mount without it, since another
 * source was listed.
 */
int first_listing_make(struct first_listing *listings, size_t count,
		       const struct options *options, struct log *log);

#endif
