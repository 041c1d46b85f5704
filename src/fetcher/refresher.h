/*
 * The refresher makes a new snapshot of what the service tells, whole or not at
 * all. For one thread.
 */
#ifndef DMSFS_SRC_FETCHER_REFRESHER_H
#define DMSFS_SRC_FETCHER_REFRESHER_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/error.h"
#include "src/dms/list_connections.h"
#include "src/fetcher/client.h"
#include "src/snapshot/snapshot.h"

struct refresher;

/* Both are borrowed for the refresher's lifetime. NULL: no memory. */
struct refresher *refresher_new(struct client *client,
				const struct dms_filters *filters);
void refresher_free(struct refresher *refresher); /* takes NULL */

/*
 * Lists all connections. 0 with the number of the listing's pages in @pages; else a
 * negative errno with @error, and the snapshot is what it was. @progress may be
 * NULL.
 */
int refresher_list(struct refresher *refresher, const struct dms_progress *progress,
		   size_t *pages, struct error *error);

/* Asks for the active connections alone, those testing or deleting, after a first
 * refresher_list(). Results as there; where the service refuses the filter itself,
 * refresher_can_poll() is false afterwards. */
int refresher_poll(struct refresher *refresher, struct error *error);

/* The newest one, borrowed; the same as before where nothing changed. NULL before
 * the first listing. */
struct snapshot *refresher_snapshot(const struct refresher *refresher);

/* Whether it shows connections to poll. */
bool refresher_is_active(const struct refresher *refresher);

/* Whether the service takes filters. Where it has refused one, another is tried only
 * after many listings. */
bool refresher_can_poll(const struct refresher *refresher);

#endif
