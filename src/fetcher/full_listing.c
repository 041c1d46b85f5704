#include "src/fetcher/full_listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/clock.h"
#include "src/base/text.h"

/* A page that is quicker than this is worth no thread. */
#define SLOW_PAGE_NS (20 * NS_PER_MS)
/* Fewer pages than this are worth no other way. */
#define PAGES_MIN 5
/* One listing in so many is serial. */
#define SERIAL_EVERY 10
/* For so many listings nothing is tried that has failed, or did not gain. */
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

/* --- planning --- */

static int compare_arns(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

static size_t pages_of(size_t connections, size_t page_size)
{
	return (connections + page_size - 1) / page_size;
}

/* Each once, with the requests that their connections take. @plan's ARNs are one for
 * each connection, beside those of instances that may have none. */
static void settle(struct plan *plan, size_t page_size)
{
	size_t first, end, count = 0;

	qsort(plan->arns, plan->count, sizeof(*plan->arns), compare_arns);
	plan->requests = 1;
	for (first = 0; first < plan->count; first = end) {
		for (end = first + 1; end < plan->count &&
				      strcmp(plan->arns[first], plan->arns[end]) == 0;)
			end++;
		plan->requests += pages_of(end - first, page_size);
		plan->arns[count++] = plan->arns[first];
	}
	plan->count = count;
}

/* The ARN of every connection of @snapshot, and of all @instances. False: there is no
 * such plan, for want of memory or of an ARN. */
static bool make_plan(struct plan *plan, const struct snapshot *snapshot,
		      const struct dms_instances *instances, size_t page_size)
{
	size_t connections = snapshot ? snapshot_count(snapshot) : 0;

	*plan = (struct plan){
		.arns = calloc(connections + instances->count + 1, sizeof(char *))};
	if (!plan->arns)
		return false;
	for (size_t i = 0; i < connections; i++) {
		const struct connection *connection = snapshot_connection_at(snapshot,
									     i);
		const char *arn =
			connection->field[CONNECTION_REPLICATION_INSTANCE_ARN];

		if (!arn || strchr(arn, TEXT_ESCAPE))
			return false;
		plan->arns[plan->count++] = arn;
	}
	for (size_t i = 0; i < instances->count; i++)
		plan->arns[plan->count++] = instances->arns[i];
	settle(plan, page_size);
	return true;
}

/* Hardly more requests than the serial listing takes, which had @pages. */
static bool is_affordable(const struct plan *plan, size_t pages)
{
	return plan->count > 1 && plan->requests <= SERVICE_INSTANCES_MAX &&
	       plan->requests <= pages + pages / 4 + 2;
}

/* Whether the last ones say that it is worth it. */
static bool is_quicker(const struct full_listing *full, const struct listing *known)
{
	if (full->barred > 0 || full->rounds >= SERIAL_EVERY || !known ||
	    known->count < PAGES_MIN)
		return false;
	if (full->serial_ns < SLOW_PAGE_NS * (int64_t)known->count)
		return false;
	return full->parallel_ns == 0 ||
	       full->parallel_ns + full->parallel_ns / 4 < full->serial_ns;
}

/* --- listing --- */

static int list_by_instance(struct full_listing *full, struct service *service,
			    const struct plan *plan, const struct listing *known,
			    int64_t started_ns, struct listing *listing,
			    struct error *error)
{
	int err = service_list_parallel(service, plan->arns, plan->count, known,
					listing, error);

	if (err) {
		full->barred = BARRED_ROUNDS;
		return err;
	}
	full->rounds++;
	full->parallel_ns = service_now_ns(service) - started_ns;
	/* Measured again some time, as the way to the service may have changed. */
	if (full->parallel_ns + full->parallel_ns / 4 >= full->serial_ns &&
	    full->serial_ns > 0) {
		full->barred = BARRED_ROUNDS;
		full->parallel_ns = 0;
	}
	return 0;
}

/* 0; or else it is to be listed serially. */
static int try_parallel(struct full_listing *full, struct service *service,
			const struct snapshot *snapshot, const struct listing *known,
			struct listing *listing)
{
	int64_t started_ns = service_now_ns(service);
	struct dms_instances instances = {0};
	struct plan plan = {0};
	int err = make_plan(&plan, snapshot, &instances, service_page_size(service))
			  ? 0
			  : -ENOTSUP;

	if (!err && !is_affordable(&plan, known->count))
		err = -ENOTSUP;
	if (!err) {
		err = service_list_instances(service, &instances, &(struct error){0});
		if (err)
			full->barred = BARRED_ROUNDS;
	}
	free(plan.arns);
	plan = (struct plan){0};
	if (!err && !make_plan(&plan, snapshot, &instances, service_page_size(service)))
		err = -ENOTSUP;
	if (!err)
		err = list_by_instance(full, service, &plan, known, started_ns, listing,
				       &(struct error){0});
	free(plan.arns);
	dms_instances_fini(&instances);
	return err;
}

static int list_serially(struct full_listing *full, struct service *service,
			 const struct dms_filters *filters, const struct listing *known,
			 const struct dms_progress *progress, struct listing *listing,
			 struct error *error)
{
	int64_t started_ns = service_now_ns(service);
	int err = service_list(service, filters, known, progress, listing, error);

	if (err)
		return err;
	full->rounds = 0;
	full->serial_ns = service_now_ns(service) - started_ns;
	if (full->barred > 0)
		full->barred--;
	return 0;
}

int full_listing_ask(struct full_listing *full, struct service *service,
		     const struct dms_filters *filters, const struct snapshot *snapshot,
		     const struct listing *known, const struct dms_progress *progress,
		     struct listing *listing, struct error *error)
{
	if (!has_filters(filters) && snapshot && is_quicker(full, known) &&
	    try_parallel(full, service, snapshot, known, listing) == 0)
		return 0;
	return list_serially(full, service, filters, known, progress, listing, error);
}
