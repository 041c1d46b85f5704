/*
 * DescribeConnections, all pages.
 */
#ifndef DMSFS_SRC_DMS_LIST_CONNECTIONS_H
#define DMSFS_SRC_DMS_LIST_CONNECTIONS_H

#include <stdbool.h>

#include "src/base/error.h"
#include "src/dms/dms.h"
#include "src/dms/filters.h"
#include "src/dms/listing.h"

/* Called by the thread that lists. */
struct dms_progress {
	/* For each page, with the totals so far. */
	void (*page)(void *data, size_t pages, size_t connections);
	/* Both or none. For each page but the last, as soon as it has come: whether it
	 * matters for is_enough. */
	bool (*is_counted)(void *data);
	/* After a page that does, with all so far, borrowed: true ends the listing
	 * there, as if it were whole. */
	bool (*is_enough)(void *data, const struct listing *listing);
	void *data;
};

/*
 * The whole listing, as pager_walk() comes by it; or a negative errno with @error and
 * nothing in @listing. ResourceNotFoundFault is an empty listing. @progress may be
 * NULL, @error not.
 *
 * @known, or NULL, is an earlier listing: a page that came then with the same bytes is
 * not parsed again, but is in @listing too.
 */
int dms_list_connections(const struct dms *dms, const struct dms_filters *filters,
			 const struct listing *known,
			 const struct dms_progress *progress, struct listing *listing,
			 struct error *error);

#endif
