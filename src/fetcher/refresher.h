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
#include "src/fetcher/connection_query.h"
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

/*
 * Asks for some connections alone, after a first refresher_list(): for those of @query,
 * or NULL for the active ones, those testing or deleting. Results as there; where the
 * service refuses the filter itself, refresher_can_poll() is false afterwards.
 */
int refresher_poll(struct refresher *refresher, const struct connection_query *query,
		   struct error *error);

/*
 * Compares the listing that was just made with @before, that of an earlier run, as if
 * it had been the next one: what is missing is asked for once more. As
 * refresher_list().
 */
int refresher_compare(struct refresher *refresher, struct snapshot *before,
		      struct error *error);

/* Takes @snapshot, which the caller keeps, for the newest one. */
void refresher_set_snapshot(struct refresher *refresher, struct snapshot *snapshot);

/* @base with the records of @pages, of which each replaces or adds one. 0 with a
 * reference in *@revised, or -ENOMEM. Any thread. */
int refresher_revise(struct snapshot *base, const struct listing *pages,
		     struct snapshot **revised);

/* The newest one, borrowed; the same as before where nothing changed. NULL before
 * the first listing. */
struct snapshot *refresher_snapshot(const struct refresher *refresher);

/* How many connections it shows that are active and can be polled. */
size_t refresher_active(const struct refresher *refresher);

/* Whether @connection is among those; of any snapshot. */
bool refresher_is_active(const struct connection *connection);

/* Whether the service takes filters. Where it has refused one, another is tried only
 * after many listings. */
bool refresher_can_poll(const struct refresher *refresher);

#endif
