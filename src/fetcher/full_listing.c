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
/* A first listing is tried in parallel when it has so many pages and still no end, and
 * with so many instances for each of them: then that takes at most as long as the
 * pages that there are, or little more. */
#define FIRST_PAGES_MIN 8
#define INSTANCES_PER_PAGE 8
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
static int add_instance_of(struct plan *plan, const struct connection *connection)
{
	const char *arn = connection_text(connection,
					  CONNECTION_REPLICATION_INSTANCE_ARN);

	if (!arn || strchr(arn, TEXT_ESCAPE))
		return -ENOTSUP;
	plan->arns[plan->count++] = arn;
	return 0;
}

static void add_instances(struct plan *plan, const struct dms_instances *instances)
{
	for (size_t i = 0; i < instances->count; i++)
		plan->arns[plan->count++] = instances->arns[i];
}

static int make_plan(struct plan *plan, const struct snapshot *snapshot,
		     const struct dms_instances *instances, size_t page_size)
{
	size_t connections = snapshot_count(snapshot);
	int r = 0;

	plan->arns = calloc(connections + instances->count + 1, sizeof(char *));
	if (!plan->arns)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < connections; i++)
		r = add_instance_of(plan, snapshot_connection_at(snapshot, i));
	if (r < 0)
		return r;
	add_instances(plan, instances);
	count_requests(plan, page_size);
	return 0;
}

static int add_instances_of_page(struct plan *plan, const struct page *page)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < page_count(page); i++)
		r = add_instance_of(plan, page_at(page, i));
	return r;
}

/* For a first listing, with the pages that came of it: -ENOTSUP also where they have
 * an instance that the service does not list, since there may be more of the kind. */
static int make_first_plan(struct plan *plan, const struct listing *pages,
			   const struct dms_instances *instances, size_t page_size)
{
	size_t connections = 0;
	int r = 0;

	for (size_t i = 0; i < pages->count; i++)
		connections += page_count(pages->pages[i]);
	plan->arns = calloc(connections + instances->count + 1, sizeof(char *));
	if (!plan->arns)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < pages->count; i++)
		r = add_instances_of_page(plan, pages->pages[i]);
	if (r < 0)
		return r;
	add_instances(plan, instances);
	count_requests(plan, page_size);
	return plan->count == instances->count ? 0 : -ENOTSUP;
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

/* A first listing, which begins serially. */
struct first {
	struct full_listing *full;
	struct client *client;
	const struct dms_progress *progress; /* or NULL */
	int64_t page_began_ns;
	bool has_instances;
	bool is_decided;
	struct dms_instances instances; /* owned */
	struct listing listing;		/* owned; in parallel, once it is there */
};

static void show_page(void *data, size_t pages, size_t connections)
{
	const struct first *first = data;

	if (first->progress)
		first->progress->page(first->progress->data, pages, connections);
}

/* Each page has to be: whatever else the machine does makes some of them slow. */
static bool is_page_slow(struct first *first)
{
	int64_t began_ns = first->page_began_ns;

	first->page_began_ns = client_now_ns(first->client);
	return first->page_began_ns - began_ns >= SLOW_PAGE_NS;
}

static int list_first_in_parallel(struct first *first, const struct listing *pages)
{
	const struct listing none = {.pages = NULL};
	struct plan plan = {.arns = NULL};
	struct error error;
	int r = make_first_plan(&plan, pages, &first->instances,
				client_page_size(first->client));

	if (r == 0) {
		r = client_list_parallel(first->client, plan.arns, plan.count, &none,
					 &first->listing, &error);
		if (r < 0)
			first->full->barred = BARRED_ROUNDS;
	}
	free(plan.arns);
	return r;
}

static bool list_instances(struct first *first)
{
	struct error error;

	if (first->has_instances)
		return true;
	first->has_instances = client_list_instances(first->client, &first->instances,
						     &error) == 0;
	if (!first->has_instances)
		first->full->barred = BARRED_ROUNDS;
	first->page_began_ns = client_now_ns(first->client);
	return first->has_instances;
}

static bool is_page_counted(void *data)
{
	struct first *first = data;

	if (!first->is_decided)
		first->is_decided = !is_page_slow(first);
	return !first->is_decided;
}

/* Whether the listing has been made in parallel meanwhile. */
static bool is_first_listed(void *data, const struct listing *pages)
{
	struct first *first = data;

	if (pages->count < FIRST_PAGES_MIN)
		return false;
	first->is_decided = !list_instances(first);
	if (first->is_decided ||
	    first->instances.count > INSTANCES_PER_PAGE * pages->count)
		return false;
	first->is_decided = true;
	return first->instances.count > 1 && list_first_in_parallel(first, pages) == 0;
}

static int list_first(struct full_listing *full, struct client *client,
		      const struct listing *known, const struct dms_progress *progress,
		      struct listing *listing, struct error *error)
{
	struct first first = {.full = full,
			      .client = client,
			      .progress = progress,
			      .page_began_ns = client_now_ns(client)};
	const struct dms_progress both = {.page = show_page,
					  .is_counted = is_page_counted,
					  .is_enough = is_first_listed,
					  .data = &first};
	int r = list_serially(full, client, NULL, known, &both, listing, error);

	if (r == 0 && first.listing.count > 0) {
		listing_fini(listing);
		*listing = first.listing;
		/* The listing after the next is serial. */
		full->rounds = SERIAL_EVERY - 1;
		full->serial_ns = SLOW_PAGE_NS * (int64_t)listing->count;
	} else {
		listing_fini(&first.listing);
	}
	dms_instances_fini(&first.instances);
	return r;
}

int full_listing_ask(struct full_listing *full, struct client *client,
		     const struct dms_filters *filters, const struct snapshot *snapshot,
		     const struct listing *known, const struct dms_progress *progress,
		     struct listing *listing, struct error *error)
{
	if (!has_filters(filters) && !snapshot && full->barred == 0)
		return list_first(full, client, known, progress, listing, error);
	if (!has_filters(filters) && snapshot && is_worthwhile(full, known->count)) {
		full->rounds++;
		if (list_in_parallel(client, snapshot, known, listing) == 0)
			return 0;
		full->barred = BARRED_ROUNDS;
	}
	return list_serially(full, client, filters, known, progress, listing, error);
}
