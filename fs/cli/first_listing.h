/*
 * The listing before the mount, with a progress line on a terminal and a summary. A
 * temporary failure, such as no network yet while the machine boots, is retried for as
 * long as --wait allows.
 */
#ifndef DMSFS_FS_CLI_FIRST_LISTING_H
#define DMSFS_FS_CLI_FIRST_LISTING_H

#include "fs/cli/options.h"
#include "fs/process/log.h"
#include "src/fetcher/fetcher.h"

/* What the caller does about a listing. */
struct first_listing_hooks {
	/* It was made. 0, or a negative errno with @error: it counts as failed. */
	int (*listed)(void *data, struct error *error);
	/* All attempts failed, and the last one for what may pass. True: the fetcher
	 * has something to show nevertheless. */
	bool (*failed)(void *data, const struct error *error);
	void *data;
};

/* 0, or a negative errno after a message. */
int first_listing_make(struct fetcher *fetcher, const struct options *options,
		       struct log *log, const struct first_listing_hooks *hooks);

#endif
