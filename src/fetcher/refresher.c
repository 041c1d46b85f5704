/*
 * The next snapshot, of what the service sent.
 *
 * Records can slip between the pages of a listing while it runs, so one that is
 * missing proves nothing. It is asked for again, by filter, all that are missing
 * together; only what is not in that response either has gone. A connection that no
 * filter can name, for want of an ARN or because the service refuses the filter, has
 * gone when it is missing from two full listings in a row.
 */
#include "src/fetcher/refresher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/aws/refusal.h"
#include "src/aws/retry.h"
#include "src/fetcher/connection_query.h"
#include "src/fetcher/full_listing.h"
#include "src/snapshot/diff.h"

/* For so many full listings nothing is polled when a filter was refused. */
#define REFUSED_LISTINGS 100

struct refresher {
	struct client *client;		   /* set once */
	const struct dms_filters *filters; /* set once */
	struct snapshot *snapshot;	   /* a reference; or NULL */
	struct snapshot *listed; /* of the last full listing; a reference, or NULL */
	struct full_listing full;
	/* Those of the snapshot that were missing from the last full listing and can
	 * not be named; a reference, or NULL for none. */
	struct snapshot *unconfirmed;
	size_t active;	  /* of the snapshot's connections */
	unsigned refused; /* how many listings are to pass before the next poll */
};

/* The snapshot there is, compared with @listed. */
struct comparison {
	const struct refresher *refresher;
	struct snapshot *listed;
	bool is_poll;
	struct connection_query missing; /* to be asked for */
	struct connection_query
		kept_once; /* missing for the first time, cannot be named */
};

struct refresher *refresher_new(struct client *client,
				const struct dms_filters *filters)
{
	struct refresher *refresher = calloc(1, sizeof(*refresher));

	if (!refresher)
		return NULL;
	refresher->client = client;
	refresher->filters = filters;
	return refresher;
}

void refresher_free(struct refresher *refresher)
{
	if (!refresher)
		return;
	snapshot_unref(refresher->snapshot);
	snapshot_unref(refresher->unconfirmed);
	snapshot_unref(refresher->listed);
	free(refresher);
}

struct snapshot *refresher_snapshot(const struct refresher *refresher)
{
	return refresher->snapshot;
}

size_t refresher_active(const struct refresher *refresher)
{
	return refresher->active;
}

static int fail_for_memory(struct error *error)
{
	return error_set(error, ERROR_MEMORY, "no memory for a listing");
}

static int add_pages(struct snapshot_builder *builder, const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		if (snapshot_builder_add_page(builder, listing->pages[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* @base, which may be NULL, but for what @is_dropped says; then the pages. */
static int build_snapshot(struct snapshot *base,
			  bool (*is_dropped)(void *data,
					     const struct connection *connection),
			  void *data, const struct listing *listing,
			  struct snapshot **snapshot)
{
	struct snapshot_builder *builder = snapshot_builder_new();

	if (!builder)
		return -ENOMEM;
	if ((base &&
	     snapshot_builder_add_snapshot(builder, base, is_dropped, data) < 0) ||
	    add_pages(builder, listing) < 0) {
		snapshot_builder_free(builder);
		return -ENOMEM;
	}
	return snapshot_builder_finish(builder, snapshot);
}

/* @base and copies of the connections. */
static int build_with(struct snapshot *base, const struct connection_query *connections,
		      struct snapshot **snapshot)
{
	struct page *page = NULL;
	struct listing listing = {.pages = &page, .count = 1};
	int r = page_new(connections->connections, connections->count, NULL, &page);

	if (r == 0)
		r = build_snapshot(base, NULL, NULL, &listing, snapshot);
	page_unref(page);
	return r;
}

int refresher_revise(struct snapshot *base, const struct listing *pages,
		     struct snapshot **revised)
{
	return build_snapshot(base, NULL, NULL, pages, revised);
}

bool refresher_is_active(const struct connection *connection)
{
	const char *status = connection->field[CONNECTION_STATUS];

	return status && (!strcmp(status, "testing") || !strcmp(status, "deleting")) &&
	       connection_query_can_name(connection);
}

static size_t count_active(const struct snapshot *snapshot)
{
	size_t active = 0;

	for (size_t i = 0; i < snapshot_count(snapshot); i++)
		active += refresher_is_active(snapshot_connection_at(snapshot, i));
	return active;
}

static int gather_active(const struct snapshot *snapshot,
			 struct connection_query *active)
{
	int r = 0;

	for (size_t i = 0; i < snapshot_count(snapshot) && r == 0; i++) {
		const struct connection *connection = snapshot_connection_at(snapshot,
									     i);

		if (refresher_is_active(connection))
			r = connection_query_add(active, connection);
	}
	return r;
}

/* A poll under way, of those that are named, or NULL for the active ones. */
struct poll {
	const struct connection_query *query;
};

/* Those named are few. */
static bool is_asked(void *data, const struct connection *connection)
{
	const struct poll *poll = data;

	if (!poll->query)
		return refresher_is_active(connection);
	for (size_t i = 0; i < poll->query->count; i++)
		if (!connection_compare_identity(&poll->query->connections[i],
						 connection))
			return true;
	return false;
}

bool refresher_can_poll(const struct refresher *refresher)
{
	return refresher->refused == 0;
}

/* A refusal that concerns the filter: the service responds, the same credentials list
 * everything, and asking again will not help. */
static bool is_filter_refused(const struct error *error)
{
	return error->kind == ERROR_SERVICE && retry_classify(error) == RETRY_NEVER &&
	       !(refusal_meaning(error->code) & (REFUSAL_CREDENTIALS | REFUSAL_CLOCK));
}

/* The snapshot takes the place of the one there is, and the reference with it. */
static void replace_snapshot(struct refresher *refresher, struct snapshot *snapshot)
{
	snapshot_unref(refresher->snapshot);
	refresher->snapshot = snapshot;
	refresher->active = count_active(snapshot);
}

void refresher_set_snapshot(struct refresher *refresher, struct snapshot *snapshot)
{
	if (snapshot != refresher->snapshot)
		replace_snapshot(refresher, snapshot_ref(snapshot));
}

static bool was_unconfirmed(const struct refresher *refresher,
			    const struct connection *connection)
{
	return refresher->unconfirmed &&
	       snapshot_find_connection(refresher->unconfirmed, connection);
}

static int note_missing(struct comparison *comparison,
			const struct connection *connection)
{
	if (connection_query_can_name(connection))
		return connection_query_add(&comparison->missing, connection);
	if (was_unconfirmed(comparison->refresher, connection))
		return 0;
	return connection_query_add(&comparison->kept_once, connection);
}

/* A path that is taken by another connection may be the other's new one. */
static int find_missing(struct comparison *comparison, const struct diff *diff)
{
	int r = 0;

	for (size_t i = 0; i < diff->count && r == 0; i++) {
		const struct diff_change *change = &diff->changes[i];
		const struct connection *before = change->before.connection;

		if (before && (change->kinds & DIFF_IDENTITY) &&
		    !snapshot_find_connection(comparison->listed, before))
			r = note_missing(comparison, before);
	}
	return r;
}

/* Those of the missing that are so for the first time are kept, and by a poll all. */
static int keep_missing(struct comparison *comparison)
{
	const struct connection_query *missing = &comparison->missing;
	int r = 0;

	for (size_t i = 0; i < missing->count && r == 0; i++)
		if (comparison->is_poll ||
		    !was_unconfirmed(comparison->refresher, &missing->connections[i]))
			r = connection_query_add(&comparison->kept_once,
						 &missing->connections[i]);
	return r;
}

/* Asks for what is missing; what is there nonetheless comes into *@listed. */
static int confirm_missing(struct refresher *refresher, struct comparison *comparison,
			   struct snapshot **listed, struct error *error)
{
	struct listing listing = {0};
	struct snapshot *merged = NULL;
	bool is_paged = false;
	int r = connection_query_ask(&comparison->missing, refresher->client, &listing,
				     &is_paged, error);

	if (r < 0 && is_filter_refused(error)) {
		*error = (struct error){.kind = ERROR_NONE};
		r = keep_missing(comparison);
		return r < 0 ? fail_for_memory(error) : 0;
	}
	if (r < 0) {
		error_prefix(error, "asking again for missing connections: ");
		return r;
	}
	if (build_snapshot(*listed, NULL, NULL, &listing, &merged) < 0) {
		r = fail_for_memory(error);
	} else {
		snapshot_unref(*listed);
		*listed = merged;
	}
	listing_fini(&listing);
	return r;
}

/* These stay in *@listed. Missing from a full listing, they are remembered, and go when
 * they are missing once more. */
static int keep_once(struct refresher *refresher, const struct comparison *comparison,
		     struct snapshot **listed, struct error *error)
{
	const struct connection_query *kept_once = &comparison->kept_once;
	struct snapshot *unconfirmed = NULL;
	struct snapshot *merged = NULL;

	if (kept_once->count > 0 && (build_with(NULL, kept_once, &unconfirmed) < 0 ||
				     build_with(*listed, kept_once, &merged) < 0)) {
		snapshot_unref(unconfirmed);
		return fail_for_memory(error);
	}
	if (merged) {
		snapshot_unref(*listed);
		*listed = merged;
	}
	if (comparison->is_poll) {
		snapshot_unref(unconfirmed);
		return 0;
	}
	snapshot_unref(refresher->unconfirmed);
	refresher->unconfirmed = unconfirmed;
	return 0;
}

/* Makes the newest snapshot of a listing, of all connections or, @is_poll, of some, in
 * which a missing record proves nothing. Takes the reference to @listed. */
static int reconcile(struct refresher *refresher, struct snapshot *listed, bool is_poll,
		     struct error *error)
{
	struct comparison comparison = {
		.refresher = refresher, .listed = listed, .is_poll = is_poll};
	struct diff diff = {.count = 0};
	int r = 0;

	if (refresher->snapshot)
		r = snapshot_diff(refresher->snapshot, listed, &diff);
	if (r == 0)
		r = find_missing(&comparison, &diff);
	if (r < 0) {
		r = fail_for_memory(error);
		goto out;
	}
	if (comparison.missing.count > 0)
		r = confirm_missing(refresher, &comparison, &listed, error);
	if (r == 0)
		r = keep_once(refresher, &comparison, &listed, error);
	if (r < 0)
		goto out;
	/* Also an equal one, or the next listing would be compared with the other. */
	replace_snapshot(refresher, listed);
	listed = NULL;
out:
	diff_fini(&diff);
	connection_query_fini(&comparison.missing);
	connection_query_fini(&comparison.kept_once);
	snapshot_unref(listed);
	return r;
}

/* Takes the pages for those of the last full listing. */
static int keep_listed(struct refresher *refresher, const struct listing *listing)
{
	struct snapshot *listed = NULL;

	if (snapshot_of_listing(listing->pages, listing->count, refresher->listed,
				&listed) < 0)
		return -ENOMEM;
	snapshot_unref(refresher->listed);
	refresher->listed = listed;
	return 0;
}

int refresher_list(struct refresher *refresher, const struct dms_progress *progress,
		   size_t *pages, struct error *error)
{
	struct listing listing = {.pages = NULL};
	struct listing known = {.pages = NULL};
	int r = 0;

	if (refresher->listed)
		known.pages = snapshot_pages(refresher->listed, &known.count);
	r = full_listing_ask(&refresher->full, refresher->client, refresher->filters,
			     refresher->snapshot, &known, progress, &listing, error);
	if (r < 0)
		return r;
	*pages = listing.count;
	if (refresher->refused > 0)
		refresher->refused--;
	r = keep_listed(refresher, &listing);
	listing_fini(&listing);
	if (r < 0)
		return fail_for_memory(error);
	/* It is the newest already. */
	if (refresher->listed == refresher->snapshot)
		return 0;
	return reconcile(refresher, snapshot_ref(refresher->listed), false, error);
}

/* How many of those asked for there are in the snapshot. */
static size_t count_asked(const struct refresher *refresher, const struct poll *poll)
{
	const struct connection_query *query = poll->query;
	size_t asked = 0;

	if (!query)
		return refresher->active;
	for (size_t i = 0; i < query->count; i++)
		asked += snapshot_find_connection(refresher->snapshot,
						  &query->connections[i]) != NULL;
	return asked;
}

/* Whether @response shows all that was asked for as it was, and nothing that is new. */
static bool is_known(const struct refresher *refresher, struct poll *poll,
		     const struct snapshot *response)
{
	size_t seen = 0;

	for (size_t i = 0; i < snapshot_count(response); i++) {
		const struct connection *record = snapshot_connection_at(response, i);
		const struct connection *known =
			snapshot_find_connection(refresher->snapshot, record);

		if (!known || !connection_equal(known, record))
			return false;
		seen += is_asked(poll, record);
	}
	return seen == count_asked(refresher, poll);
}

/* The response replaces what was asked for. Mostly it has nothing new, and then the
 * many others need no work. */
static int merge_polled(struct refresher *refresher, struct poll *poll,
			const struct listing *listing, bool is_paged,
			struct error *error)
{
	struct snapshot *response = NULL;
	struct snapshot *merged = NULL;
	int r = build_snapshot(NULL, NULL, NULL, listing, &response);

	if (r == 0 && !is_known(refresher, poll, response))
		r = build_snapshot(refresher->snapshot, is_asked, poll, listing,
				   &merged);
	snapshot_unref(response);
	if (r < 0)
		return fail_for_memory(error);
	if (merged && is_paged)
		return reconcile(refresher, merged, true, error);
	if (merged)
		replace_snapshot(refresher, merged);
	return 0;
}

int refresher_compare(struct refresher *refresher, struct snapshot *before,
		      struct error *error)
{
	struct snapshot *listed = snapshot_ref(refresher->snapshot);
	int r = 0;

	refresher_set_snapshot(refresher, before);
	r = reconcile(refresher, snapshot_ref(listed), false, error);
	if (r < 0)
		refresher_set_snapshot(refresher, listed);
	snapshot_unref(listed);
	return r;
}

int refresher_poll(struct refresher *refresher, const struct connection_query *query,
		   struct error *error)
{
	struct poll poll = {.query = query};
	struct connection_query active = {0};
	struct listing listing = {0};
	bool is_paged = false;
	int r = query ? 0 : gather_active(refresher->snapshot, &active);

	if (r < 0) {
		r = fail_for_memory(error);
		goto out;
	}
	r = connection_query_ask(query ? query : &active, refresher->client, &listing,
				 &is_paged, error);
	if (r < 0) {
		if (is_filter_refused(error))
			refresher->refused = REFUSED_LISTINGS;
		error_prefix(error, "asking for the active connections: ");
		goto out;
	}
	r = merge_polled(refresher, &poll, &listing, is_paged, error);
out:
	connection_query_fini(&active);
	listing_fini(&listing);
	return r;
}
