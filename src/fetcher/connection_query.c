#include "src/fetcher/connection_query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/array.h"
#include "src/base/text.h"

/* The ARNs in one request, of as many connections as a page holds, whose records come
 * in one page. */
struct batch {
	const char *endpoint_arns[DMS_MAX_RECORDS_MAX];
	const char *instance_arns[DMS_MAX_RECORDS_MAX];
	size_t endpoint_count;
	size_t instance_count;
};

static bool is_sendable(const char *arn)
{
	return arn && *arn != '\0' && !strchr(arn, TEXT_ESCAPE);
}

bool connection_query_can_name(const struct connection *connection)
{
	return is_sendable(connection->field[CONNECTION_ENDPOINT_ARN]) &&
	       is_sendable(connection->field[CONNECTION_REPLICATION_INSTANCE_ARN]);
}

int connection_query_add(struct connection_query *query,
			 const struct connection *connection)
{
	struct connection *connections = array_grow(query->connections, query->count,
						    sizeof(*connections));

	if (!connections)
		return -ENOMEM;
	query->connections = connections;
	query->connections[query->count++] = *connection;
	return 0;
}

void connection_query_fini(struct connection_query *query)
{
	free(query->connections);
	*query = (struct connection_query){0};
}

static void add_value(const char **values, size_t *count, const char *value)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(values[i], value))
			return;
	values[(*count)++] = value;
}

static void fill_batch(struct batch *batch, const struct connection *connections,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *const *field = connections[i].field;

		add_value(batch->endpoint_arns, &batch->endpoint_count,
			  field[CONNECTION_ENDPOINT_ARN]);
		add_value(batch->instance_arns, &batch->instance_count,
			  field[CONNECTION_REPLICATION_INSTANCE_ARN]);
	}
}

static int ask_batch(const struct connection *connections, size_t count,
		     struct client *client, struct listing *found, bool *is_paged,
		     struct error *error)
{
	struct batch batch = {0};
	struct listing listing = {0};
	struct dms_filters filters = {.endpoint_arns = batch.endpoint_arns,
				      .replication_instance_arns = batch.instance_arns};
	int r = 0;

	fill_batch(&batch, connections, count);
	filters.endpoint_arn_count = batch.endpoint_count;
	filters.replication_instance_arn_count = batch.instance_count;
	r = client_list(client, &filters, NULL, NULL, &listing, error);
	if (r == 0) {
		*is_paged = *is_paged || listing.count > 1;
		if (listing_append(found, &listing) < 0)
			r = error_set(error, ERROR_MEMORY, "no memory for a listing");
	}
	listing_fini(&listing);
	return r;
}

int connection_query_ask(const struct connection_query *query, struct client *client,
			 struct listing *found, bool *is_paged, struct error *error)
{
	size_t batch_size = client_page_size(client);
	size_t count;
	int r = 0;

	*is_paged = false;
	for (size_t first = 0; first < query->count && r == 0; first += count) {
		count = query->count - first;
		if (count > batch_size)
			count = batch_size;
		r = ask_batch(query->connections + first, count, client, found,
			      is_paged, error);
	}
	if (r < 0)
		listing_fini(found);
	return r;
}
