/*
 * The latest full listing and its snapshot, by which the next one is read: pages that
 * came with the same bytes, or tell the same, are the same, and what they make is too.
 */
#ifndef DMSFS_SRC_FETCHER_LATEST_LISTING_H
#define DMSFS_SRC_FETCHER_LATEST_LISTING_H

#include "src/dms/list_connections.h"
#include "src/snapshot/snapshot.h"

/* Begins all zero. */
struct latest_listing {
	struct listing listing;
	/* A reference; of those pages and nothing else. NULL before the first. */
	struct snapshot *snapshot;
};

void latest_listing_fini(struct latest_listing *latest);

/*
 * Takes what @listing owns as the latest one. The snapshot stays the same where the
 * listing tells the same; it is revised where a few pages changed, else built. 0 or
 * -ENOMEM, and then there is none any more.
 */
int latest_listing_take(struct latest_listing *latest, struct listing *listing);

#endif
