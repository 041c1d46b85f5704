/*
 * How all connections are listed: page by page, or, where that is quicker, the
 * instances first and then the connections of each, several at once. A chain of
 * markers is serial, so that what it takes is the way to the service, page after page.
 *
 * In parallel takes another permission, dms:DescribeReplicationInstances; without it,
 * or when it fails in any other way, a listing is serial, and nobody is told.
 *
 * The service lists the instances that there are, whatever their state, and a
 * connection is one of an instance. Should there be connections of an instance that is
 * not listed nevertheless, they are known from the listing before, or found by the
 * serial one that comes now and then. The first listing has none before it, so it
 * begins serially, and goes on so to its end unless all connections of its first pages
 * are of listed instances; and a serial one comes soon after it.
 */
#ifndef DMSFS_SRC_FETCHER_FULL_LISTING_H
#define DMSFS_SRC_FETCHER_FULL_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "src/fetcher/client.h"
#include "src/snapshot/snapshot.h"

/* The experience of earlier listings; begins all zero. For one thread. */
struct full_listing {
	int64_t serial_ns; /* what the last serial one took */
	unsigned rounds;   /* in parallel, since then */
	unsigned barred;   /* how many are to be serial, since the other way failed */
};

/*
 * Lists everything, as client_list() does. @snapshot is of the listing before, or
 * NULL; @known has its pages. @progress, or NULL, is called in serial listings alone,
 * such as the first.
 */
int full_listing_ask(struct full_listing *full, struct client *client,
		     const struct dms_filters *filters, const struct snapshot *snapshot,
		     const struct listing *known, const struct dms_progress *progress,
		     struct listing *listing, struct error *error);

#endif
