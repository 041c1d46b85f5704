#include "src/fetcher/latest_listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/snapshot/snapshot_private.h"
#include "tests/unit/listing.h"

#define PAGES 8
#define RECORDS (2 * PAGES)

struct fixture {
	struct connection records[RECORDS];
	char texts[RECORDS][4][16];
	struct latest_listing latest;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	for (size_t i = 0; i < RECORDS; i++) {
		char(*text)[16] = fixture->texts[i];

		/* One in four with a name that is not as it stands. */
		snprintf(text[0], sizeof(text[0]), "i%zu", i % 3);
		snprintf(text[1], sizeof(text[1]), "arn:r:%zu", i % 3);
		snprintf(text[2], sizeof(text[2]), i % 4 ? "e%zu" : "e/%zu", i);
		snprintf(text[3], sizeof(text[3]), "arn:e:%zu", i);
		fixture->records[i] = record(text[0], text[1], text[2], text[3],
					     "successful");
	}
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	latest_listing_fini(&fixture->latest);
	free(fixture);
	return 0;
}

/* Two records a page; each page a new one, as one that was parsed is. */
static void take(struct fixture *fixture)
{
	struct listing listing = {.pages = calloc(PAGES, sizeof(struct page *)),
				  .count = PAGES};

	assert_non_null(listing.pages);
	for (size_t i = 0; i < PAGES; i++)
		listing.pages[i] = listing_page(&fixture->records[2 * i], 2);
	assert_int_equal(latest_listing_take(&fixture->latest, &listing), 0);
	assert_null(listing.pages);
}

static void set_status(struct fixture *fixture, size_t record, const char *status)
{
	fixture->records[record].field[CONNECTION_STATUS] = status;
}

static void assert_same_entry(struct snapshot_entry a, struct snapshot_entry b)
{
	assert_string_equal(a.instance, b.instance);
	assert_string_equal(a.endpoint, b.endpoint);
	assert_true(connection_equal(a.connection, b.connection));
}

/* In all that can be read of it, the one that is built of the same records. */
static void assert_as_built(const struct fixture *fixture)
{
	const struct snapshot *snapshot = fixture->latest.snapshot;
	struct snapshot *built = listing_of(fixture->records, RECORDS, 2);

	assert_int_equal(snapshot_count(snapshot), snapshot_count(built));
	assert_int_equal(snapshot_skipped(snapshot), snapshot_skipped(built));
	assert_int_equal(snapshot_instance_count(snapshot),
			 snapshot_instance_count(built));
	for (size_t i = 0; i < snapshot_count(built); i++)
		assert_same_entry(snapshot_at(snapshot, i), snapshot_at(built, i));
	for (size_t i = 0; i < RECORDS; i++) {
		const struct connection *a =
			snapshot_find_connection(snapshot, &fixture->records[i]);
		const struct connection *b =
			snapshot_find_connection(built, &fixture->records[i]);

		assert_true(a == b || (a && b && connection_equal(a, b)));
	}
	snapshot_unref(built);
}

static bool is_revised_from(const struct fixture *fixture,
			    const struct snapshot_frame *frame)
{
	return fixture->latest.snapshot->frame == frame;
}

static void keeps_the_snapshot_of_a_listing_that_tells_the_same(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *before = NULL;
	struct page *page = NULL;

	take(fixture);
	before = fixture->latest.snapshot;
	page = fixture->latest.listing.pages[3];
	take(fixture);
	assert_ptr_equal(fixture->latest.snapshot, before);
	assert_ptr_equal(fixture->latest.listing.pages[3], page);
}

static void revises_what_changed_in_a_few_pages(void **state)
{
	struct fixture *fixture = *state;
	const struct snapshot_frame *frame = NULL;
	struct snapshot *before = NULL;

	take(fixture);
	before = snapshot_ref(fixture->latest.snapshot);
	frame = before->frame;
	set_status(fixture, 5, "failed");
	fixture->records[5].field[CONNECTION_LAST_FAILURE_MESSAGE] = "why";
	take(fixture);
	assert_true(is_revised_from(fixture, frame));
	assert_as_built(fixture);
	assert_string_equal(snapshot_find_connection(before, &fixture->records[5])
				    ->field[CONNECTION_STATUS],
			    "successful");
	snapshot_unref(before);
	set_status(fixture, 5, "testing");
	set_status(fixture, 12, "failed");
	take(fixture);
	assert_true(is_revised_from(fixture, frame));
	assert_as_built(fixture);
}

static void revises_however_many_pages_changed(void **state)
{
	struct fixture *fixture = *state;
	const struct snapshot_frame *frame = NULL;

	take(fixture);
	frame = fixture->latest.snapshot->frame;
	for (size_t i = 0; i < RECORDS; i++) {
		set_status(fixture, i, "failed");
		if (i % 3 == 0)
			take(fixture);
	}
	take(fixture);
	assert_as_built(fixture);
	assert_true(is_revised_from(fixture, frame));
}

static void builds_anew_when_a_name_changed(void **state)
{
	static const enum connection_field fields[] = {
		CONNECTION_ENDPOINT_IDENTIFIER,
		CONNECTION_ENDPOINT_ARN,
		CONNECTION_REPLICATION_INSTANCE_IDENTIFIER,
		CONNECTION_REPLICATION_INSTANCE_ARN,
	};
	struct fixture *fixture = *state;

	take(fixture);
	for (size_t i = 0; i < COUNT(fields); i++) {
		fixture->records[3].field[fields[i]] = "arn:other";
		take(fixture);
		assert_as_built(fixture);
		fixture->records[3].field[fields[i]] = NULL;
		take(fixture);
		assert_as_built(fixture);
	}
}

static void keeps_counting_the_later_of_repeated_records(void **state)
{
	struct fixture *fixture = *state;

	fixture->records[9] = fixture->records[2];
	set_status(fixture, 9, "later");
	take(fixture);
	set_status(fixture, 2, "failed");
	take(fixture);
	assert_as_built(fixture);
	set_status(fixture, 9, "last");
	take(fixture);
	assert_as_built(fixture);
}

/* Whichever of the two is another one now. */
static void builds_anew_when_a_page_had_come_twice(void **state)
{
	struct fixture *fixture = *state;
	struct listing *listing = &fixture->latest.listing;

	fixture->records[8] = fixture->records[0];
	fixture->records[9] = fixture->records[1];
	take(fixture);
	page_unref(listing->pages[4]);
	listing->pages[4] = page_ref(listing->pages[0]);
	set_status(fixture, 0, "failed");
	take(fixture);
	assert_as_built(fixture);
}

static void follows_a_listing_of_another_length(void **state)
{
	struct fixture *fixture = *state;
	struct listing empty = {0};

	take(fixture);
	assert_int_equal(latest_listing_take(&fixture->latest, &empty), 0);
	assert_int_equal(snapshot_count(fixture->latest.snapshot), 0);
	take(fixture);
	assert_as_built(fixture);
}

#define LISTING_TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LISTING_TEST(keeps_the_snapshot_of_a_listing_that_tells_the_same),
		LISTING_TEST(revises_what_changed_in_a_few_pages),
		LISTING_TEST(revises_however_many_pages_changed),
		LISTING_TEST(builds_anew_when_a_name_changed),
		LISTING_TEST(keeps_counting_the_later_of_repeated_records),
		LISTING_TEST(builds_anew_when_a_page_had_come_twice),
		LISTING_TEST(follows_a_listing_of_another_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
