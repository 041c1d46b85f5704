/*
 * From answers to the next snapshot.
 *
 * Records can slip between the pages of a listing while it runs, so one that is
 * missing proves nothing. It is asked for again, by filter, all that are missing
 * together; only what is not in that answer either has gone. A connection that no
 * filter can name, for want of an ARN, has gone when it is missing from two full
 * listings in a row.
 */
#include "src/fetcher/refresher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/fetcher/connection_query.h"
#include "src/fetcher/full_listing.h"
#include "src/snapshot/diff.h"

struct refresher {
	struct service *service;	   /* set once */
	const struct dms_filters *filters; /* set once */
	struct snapshot *snapshot;	   /* a reference; or NULL */
	struct snapshot *listed; /* of the last full listing; a reference, or NULL */
	struct full_listing full;
	/* Those of the snapshot that were missing from the last full listing and can
	 * not be named; a reference, or NULL for none. */
	struct snapshot *doubted;
	bool is_active;
};

/* What @listed says, beside the snapshot there is. */
struct comparison {
	const struct refresher *refresher;
	struct snapshot *listed;
	struct inquiry missing; /* to be asked for */
	struct inquiry spared;	/* missing for the first time, cannot be named */
};

struct refresher *refresher_new(struct service *service,
				const struct dms_filters *filters)
{
	struct refresher *refresher = calloc(1, sizeof(*refresher));

	if (!refresher)
		return NULL;
	refresher->service = service;
	refresher->filters = filters;
	return refresher;
}

void refresher_free(struct refresher *refresher)
{
	if (!refresher)
		return;
	snapshot_unref(refresher->snapshot);
	snapshot_unref(refresher->doubted);
	snapshot_unref(refresher->listed);
	free(refresher);
}

struct snapshot *refresher_snapshot(const struct refresher *refresher)
{
	return refresher->snapshot;
}

bool refresher_is_active(const struct refresher *refresher)
{
	return refresher->is_active;
}

/* --- building --- */

static int fail_for_memory(struct error *error)
{
	return error_set(error, ERROR_MEMORY, "no memory for a listing");
}

static int add_pages(struct snapshot_builder *builder, const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		if (snapshot_builder_add_page(builder, listing->pages[i]))
			return -ENOMEM;
	return 0;
}

/* @base, which may be NULL, but for what @is_dropped says; then the pages. */
static int build(struct snapshot *base,
		 bool (*is_dropped)(void *data, const struct connection *connection),
		 const struct listing *listing, struct snapshot **snapshot)
{
	struct snapshot_builder *builder = snapshot_builder_new();

	if (!builder)
		return -ENOMEM;
	if ((base && snapshot_builder_add_snapshot(builder, base, is_dropped, NULL)) ||
	    add_pages(builder, listing)) {
		snapshot_builder_free(builder);
		return -ENOMEM;
	}
	return snapshot_builder_finish(builder, snapshot);
}

/* @base and copies of the connections. */
static int build_with(struct snapshot *base, const struct inquiry *connections,
		      struct snapshot **snapshot)
{
	struct page *page = NULL;
	struct listing listing = {.pages = &page, .count = 1};
	int err = page_new(connections->connections, connections->count, NULL, &page);

	if (!err)
		err = build(base, NULL, &listing, snapshot);
	page_unref(page);
	return err;
}

/* --- the active connections --- */

static bool is_active(const struct connection *connection)
{
	const char *status = connection->field[CONNECTION_STATUS];

	return status && (!strcmp(status, "testing") || !strcmp(status, "deleting"));
}

static bool is_polled(void *data, const struct connection *connection)
{
	(void)data;
	return is_active(connection) && inquiry_can_name(connection);
}

static bool has_polled(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot_count(snapshot); i++)
		if (is_polled(NULL, snapshot_connection_at(snapshot, i)))
			return true;
	return false;
}

static int gather_polled(const struct snapshot *snapshot, struct inquiry *polled)
{
	int err = 0;

	for (size_t i = 0; i < snapshot_count(snapshot) && !err; i++) {
		const struct connection *connection = snapshot_connection_at(snapshot,
									     i);

		if (is_polled(NULL, connection))
			err = inquiry_add(polled, connection);
	}
	return err;
}

/* The snapshot takes the place of the one there is, and the reference with it. */
static void replace(struct refresher *refresher, struct snapshot *snapshot)
{
	snapshot_unref(refresher->snapshot);
	refresher->snapshot = snapshot;
	refresher->is_active = has_polled(snapshot);
}

/* --- what is missing --- */

static int note_missing(struct comparison *comparison,
			const struct connection *connection)
{
	const struct snapshot *doubted = comparison->refresher->doubted;

	if (inquiry_can_name(connection))
		return inquiry_add(&comparison->missing, connection);
	if (doubted && snapshot_find_connection(doubted, connection))
		return 0;
	return inquiry_add(&comparison->spared, connection);
}

/* A path that is taken by another connection may be the other's new one. */
static int find_missing(struct comparison *comparison, const struct diff *diff)
{
	int err = 0;

	for (size_t i = 0; i < diff->count && !err; i++) {
		const struct diff_change *change = &diff->changes[i];
		const struct connection *before = change->before.connection;

		if (before && (change->kinds & DIFF_IDENTITY) &&
		    !snapshot_find_connection(comparison->listed, before))
			err = note_missing(comparison, before);
	}
	return err;
}

/* Asks for what is missing; what is there nonetheless comes into *@listed. */
static int confirm(struct refresher *refresher, const struct inquiry *missing,
		   struct snapshot **listed, struct error *error)
{
	struct listing answer = {0};
	struct snapshot *merged = NULL;
	bool is_paged;
	int err = inquiry_ask(missing, refresher->service, &answer, &is_paged, error);

	if (err) {
		error_prefix(error, "asking again for missing connections: ");
		return err;
	}
	if (build(*listed, NULL, &answer, &merged)) {
		err = fail_for_memory(error);
	} else {
		snapshot_unref(*listed);
		*listed = merged;
	}
	listing_fini(&answer);
	return err;
}

/* What is spared stays in *@listed, and is remembered. */
static int spare(struct refresher *refresher, const struct inquiry *spared,
		 struct snapshot **listed, struct error *error)
{
	struct snapshot *doubted = NULL;
	struct snapshot *merged = NULL;

	if (spared->count > 0 && (build_with(NULL, spared, &doubted) ||
				  build_with(*listed, spared, &merged))) {
		snapshot_unref(doubted);
		return fail_for_memory(error);
	}
	if (merged) {
		snapshot_unref(*listed);
		*listed = merged;
	}
	snapshot_unref(refresher->doubted);
	refresher->doubted = doubted;
	return 0;
}

/* --- refreshing --- */

/* Brings a listing in whose missing records prove nothing, of all connections or,
 * @is_poll, of some. Takes the reference to @listed. */
static int settle(struct refresher *refresher, struct snapshot *listed, bool is_poll,
		  struct error *error)
{
	struct comparison comparison = {.refresher = refresher, .listed = listed};
	struct diff diff = {.count = 0};
	int err = 0;

	if (refresher->snapshot)
		err = snapshot_diff(refresher->snapshot, listed, &diff);
	if (!err)
		err = find_missing(&comparison, &diff);
	if (err) {
		err = fail_for_memory(error);
		goto out;
	}
	if (comparison.missing.count > 0)
		err = confirm(refresher, &comparison.missing, &listed, error);
	if (!err && !is_poll)
		err = spare(refresher, &comparison.spared, &listed, error);
	if (err)
		goto out;
	/* Equal ones would both be kept, and be compared each time. */
	replace(refresher, listed);
	listed = NULL;
out:
	diff_fini(&diff);
	inquiry_fini(&comparison.missing);
	inquiry_fini(&comparison.spared);
	snapshot_unref(listed);
	return err;
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
	r = full_listing_ask(&refresher->full, refresher->service, refresher->filters,
			     refresher->snapshot, &known, progress, &listing, error);
	if (r < 0)
		return r;
	*pages = listing.count;
	r = keep_listed(refresher, &listing);
	listing_fini(&listing);
	if (r < 0)
		return fail_for_memory(error);
	/* Settled already, as it stands. */
	if (refresher->listed == refresher->snapshot)
		return 0;
	return settle(refresher, snapshot_ref(refresher->listed), false, error);
}

/* Whether @told shows all of @polled as they were, and nothing else that is new. */
static bool is_known(const struct snapshot *snapshot, const struct inquiry *polled,
		     const struct snapshot *told)
{
	size_t seen = 0;

	for (size_t i = 0; i < snapshot_count(told); i++) {
		const struct connection *record = snapshot_connection_at(told, i);
		const struct connection *known = snapshot_find_connection(snapshot,
									  record);

		if (!known || !connection_equal(known, record))
			return false;
		seen += is_polled(NULL, record);
	}
	return seen == polled->count;
}

/* The answer takes the place of what was polled. Mostly it tells nothing new, and
 * then the many others need no work. */
static int merge(struct refresher *refresher, const struct inquiry *polled,
		 const struct listing *answer, bool is_paged, struct error *error)
{
	struct snapshot *told = NULL;
	struct snapshot *merged = NULL;
	int err = build(NULL, NULL, answer, &told);

	if (!err && !is_known(refresher->snapshot, polled, told))
		err = build(refresher->snapshot, is_polled, answer, &merged);
	snapshot_unref(told);
	if (err)
		return fail_for_memory(error);
	if (merged && is_paged)
		return settle(refresher, merged, true, error);
	if (merged)
		replace(refresher, merged);
	return 0;
}

int refresher_poll(struct refresher *refresher, struct error *error)
{
	struct inquiry polled = {0};
	struct listing answer = {0};
	bool is_paged = false;
	int err = gather_polled(refresher->snapshot, &polled);

	if (err) {
		err = fail_for_memory(error);
		goto out;
	}
	err = inquiry_ask(&polled, refresher->service, &answer, &is_paged, error);
	if (err) {
		error_prefix(error, "asking for the active connections: ");
		goto out;
	}
	err = merge(refresher, &polled, &answer, is_paged, error);
out:
	inquiry_fini(&polled);
	listing_fini(&answer);
	return err;
}
