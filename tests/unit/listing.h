/*
 * Listings for tests: records in, a snapshot out.
 */
#ifndef DMSFS_TESTS_UNIT_LISTING_H
#define DMSFS_TESTS_UNIT_LISTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/snapshot/snapshot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A record; every text may be NULL. */
static inline struct connection record(const char *instance, const char *instance_arn,
				       const char *endpoint, const char *endpoint_arn,
				       const char *status)
{
	return (struct connection){
		.field = {status, endpoint, endpoint_arn, instance, instance_arn}};
}

static inline struct page *listing_page(const struct connection *records, size_t count)
{
	struct page *page = NULL;

	assert_int_equal(page_new(records, count, NULL, &page), 0);
	return page;
}

static inline void listing_add_records(struct snapshot_builder *builder,
				       const struct connection *records, size_t count)
{
	struct page *page = listing_page(records, count);

	assert_non_null(builder);
	assert_int_equal(snapshot_builder_add_page(builder, page), 0);
	page_unref(page);
}

static inline struct snapshot *listing_finish(struct snapshot_builder *builder)
{
	struct snapshot *snapshot = NULL;

	assert_int_equal(snapshot_builder_finish(builder, &snapshot), 0);
	assert_non_null(snapshot);
	return snapshot;
}

/* The snapshot of @records, which came in pages of @page_size. */
static inline struct snapshot *listing_of(const struct connection *records,
					  size_t count, size_t page_size)
{
	struct snapshot_builder *builder = snapshot_builder_new();
	size_t first;

	for (first = 0; first < count; first += page_size)
		listing_add_records(builder, records + first,
				    count - first < page_size ? count - first
							      : page_size);
	return listing_finish(builder);
}

/* The record that is shown at a path, or NULL. */
static inline const struct connection *listing_find(const struct snapshot *snapshot,
						    const char *instance,
						    const char *endpoint)
{
	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);

		if (!strcmp(entry.instance, instance) &&
		    !strcmp(entry.endpoint, endpoint))
			return entry.connection;
	}
	return NULL;
}

/* Its status; "-" where there is no such path. */
static inline const char *listing_status(const struct snapshot *snapshot,
					 const char *instance, const char *endpoint)
{
	const struct connection *found = listing_find(snapshot, instance, endpoint);

	return found == NULL ? "-" : found->field[CONNECTION_STATUS];
}

#endif
