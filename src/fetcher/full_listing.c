#include "src/fetcher/full_listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/clock.h"
#include "src/base/text.h"

/* A page that is quicker than this is worth no thread. */
#define SLOW_PAGE_NS (20 * NS_PER_MS)
/* Below this many pages a parallel listing does not pay. */
#define PAGES_MIN 5
/* One listing in so many is serial. */
#define SERIAL_EVERY 10
/* For so many listings nothing is tried that has failed. */
#define BARRED_ROUNDS 100

/* The instances to ask for, and how many requests that takes. */
struct plan {
	const char **arns; /* owned; the texts borrowed */
	size_t count;
	size_t requests;
};

static bool has_filters(const struct dms_filters *filters)
{
	return filters &&
	       filters->endpoint_arn_count + filters->replication_instance_arn_count >
		       0;
}

static int compare_arns(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

/* Leaves each ARN once, and counts the pages that its connections fill. It is there for
 * each of them, and once for the instance itself, which may have none. */
static void count_requests(struct plan *plan, size_t page_size)
{
	size_t end = 0, count = 0;

	qsort(plan->arns, plan->count, sizeof(*plan->arns), compare_arns);
	for (size_t first = 0; first < plan->count; first = end) {
		for (end = first + 1;
		     end < plan->count && !strcmp(plan->arns[first], plan->arns[end]);)
			end++;
		plan->requests++;
		if (end - first > 2)
			plan->requests += (end - first - 2) / page_size;
		plan->arns[count++] = plan->arns[first];
	}
	plan->count = count;
}

/* -ENOTSUP where an instance has no ARN that a filter could name. */
static int make_plan(struct plan *plan, const struct snapshot *snapshot,
		     const struct dms_instances *instances, size_t page_size)
{
	size_t connections = snapshot_count(snapshot);

	plan->arns = calloc(connections + instances->count + 1, sizeof(char *));
	if (!plan->arns)
		return -ENOMEM;
	for (size_t i = 0; i < connections; i++) {
		const struct connection *connection = snapshot_connection_at(snapshot,
									     i);
		const char *arn = connection_text(connection,
						  CONNECTION_REPLICATION_INSTANCE_ARN);

		if (!arn || strchr(arn, TEXT_ESCAPE))
			return -ENOTSUP;
		plan->arns[plan->count++] = arn;
	}
	for (size_t i = 0; i < instances->count; i++)
		plan->arns[plan->count++] = instances->arns[i];
	count_requests(plan, page_size);
	return 0;
}

/* Hardly more requests than the serial listing takes, which had @pages. */
static bool is_affordable(const struct plan *plan, size_t pages)
{
	return plan->count > 1 && plan->requests <= CLIENT_INSTANCES_MAX &&
	       plan->requests <= pages + pages / 4 + 1;
}

static bool is_worthwhile(const struct full_listing *full, size_t pages)
{
	return full->barred == 0 && full->rounds < SERIAL_EVERY && pages >= PAGES_MIN &&
	       full->serial_ns >= SLOW_PAGE_NS * (int64_t)pages;
}

static int list_in_parallel(struct client *client, const struct snapshot *snapshot,
			    const struct listing *known, struct listing *listing)
{
	struct dms_instances instances = {.arns = NULL};
	struct plan plan = {.arns = NULL};
	struct error error;
	int r = client_list_instances(client, &instances, &error);

	if (r == 0)
		r = make_plan(&plan, snapshot, &instances, client_page_size(client));
	if (r == 0 && !is_affordable(&plan, known->count))
		r = -ENOTSUP;
	if (r == 0)
		r = client_list_parallel(client, plan.arns, plan.count, known, listing,
					 &error);
	free(plan.arns);
	dms_instances_fini(&instances);
	return r;
}

static int list_serially(struct full_listing *full, struct client *client,
			 const struct dms_filters *filters, const struct listing *known,
			 const struct dms_progress *progress, struct listing *listing,
			 struct error *error)
{
	int64_t started_ns = client_now_ns(client);
	int r = client_list(client, filters, known, progress, listing, error);

	if (r < 0)
		return r;
	full->rounds = 0;
	full->serial_ns = client_now_ns(client) - started_ns;
	if (full->barred > 0)
		full->barred--;
	return 0;
}

int full_listing_ask(struct full_listing *full, struct client *client,
		     const struct dms_filters *filters, const struct snapshot *snapshot,
		     const struct listing *known, const struct dms_progress *progress,
		     struct listing *listing, struct error *error)
{
	if (!has_filters(filters) && snapshot && is_worthwhile(full, known->count)) {
		full->rounds++;
		if (list_in_parallel(client, snapshot, known, listing) == 0)
			return 0;
		full->barred = BARRED_ROUNDS;
	}
	return list_serially(full, client, filters, known, progress, listing, error);
}
