/*
 * An inquiry asks for particular connections, by filter, many in one request.
 */
#ifndef DMSFS_SRC_FETCHER_CONNECTION_QUERY_H
#define DMSFS_SRC_FETCHER_CONNECTION_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/error.h"
#include "src/dms/connection.h"
#include "src/dms/list_connections.h"
#include "src/fetcher/client.h"

/* Begins all zero. Texts are borrowed from where the connections are from. */
struct connection_query {
	struct connection *connections; /* owned */
	size_t count;
};

/* Whether filters can name it: it has both ARNs, and they can be sent. */
bool connection_query_can_name(const struct connection *connection);

/* 0 or -ENOMEM. */
int connection_query_add(struct connection_query *query,
			 const struct connection *connection);
void connection_query_fini(struct connection_query *query);

/*
 * Asks for all of them; connection_query_can_name() holds for each. 0 with all pages in
 * @found, for listing_fini(); else a negative errno with @error.
 *
 * The values of a filter are alternatives, so that there may be records of further
 * connections: any endpoint that was named on any instance that was named. Where
 * the connections themselves are from a listing under the user's filters, so are
 * those. A connection that is not found does not exist, unless @is_paged:
 * then records may have slipped between pages.
 */
int connection_query_ask(const struct connection_query *query, struct client *client,
			 struct listing *found, bool *is_paged, struct error *error);

#endif
