#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/snapshot/diff.h"
#include "src/snapshot/snapshot_private.h"
#include "tests/unit/listing.h"

#define PAGES 8
#define RECORDS (2 * PAGES)

struct fixture {
	struct connection records[RECORDS];
	char texts[RECORDS][4][16];
	struct snapshot *snapshot;
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

	snapshot_unref(fixture->snapshot);
	free(fixture);
	return 0;
}

static void take_pages(struct fixture *fixture, struct page *const *pages, size_t count)
{
	struct snapshot *snapshot = NULL;

	assert_int_equal(
		snapshot_of_listing(pages, count, fixture->snapshot, &snapshot), 0);
	snapshot_unref(fixture->snapshot);
	fixture->snapshot = snapshot;
}

/* Two records a page; each page a new one, as one that was parsed is. */
static void take(struct fixture *fixture)
{
	struct page *pages[PAGES];

	for (size_t i = 0; i < PAGES; i++)
		pages[i] = listing_page(&fixture->records[2 * i], 2);
	take_pages(fixture, pages, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		page_unref(pages[i]);
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
	const struct snapshot *snapshot = fixture->snapshot;
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

static bool shares(const struct fixture *fixture, const struct snapshot_layout *layout)
{
	return fixture->snapshot->layout == layout;
}

static void is_the_same_where_the_pages_are(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *before = NULL;
	size_t count = 0;

	take(fixture);
	before = fixture->snapshot;
	take_pages(fixture, snapshot_pages(before, &count), PAGES);
	assert_int_equal(count, PAGES);
	assert_ptr_equal(fixture->snapshot, before);
}

static void shares_names_where_a_few_pages_changed(void **state)
{
	struct fixture *fixture = *state;
	const struct snapshot_layout *layout = NULL;
	struct snapshot *before = NULL;

	take(fixture);
	before = snapshot_ref(fixture->snapshot);
	layout = before->layout;
	set_status(fixture, 5, "failed");
	fixture->records[5].field[CONNECTION_LAST_FAILURE_MESSAGE] = "why";
	take(fixture);
	assert_true(shares(fixture, layout));
	assert_as_built(fixture);
	assert_string_equal(snapshot_find_connection(before, &fixture->records[5])
				    ->field[CONNECTION_STATUS],
			    "successful");
	snapshot_unref(before);
	set_status(fixture, 5, "testing");
	set_status(fixture, 12, "failed");
	take(fixture);
	assert_true(shares(fixture, layout));
	assert_as_built(fixture);
}

static void shares_names_however_many_pages_changed(void **state)
{
	struct fixture *fixture = *state;
	const struct snapshot_layout *layout = NULL;

	take(fixture);
	layout = fixture->snapshot->layout;
	for (size_t i = 0; i < RECORDS; i++) {
		set_status(fixture, i, "failed");
		if (i % 3 == 0)
			take(fixture);
	}
	take(fixture);
	assert_as_built(fixture);
	assert_true(shares(fixture, layout));
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

static void follows_a_page_that_came_twice(void **state)
{
	struct fixture *fixture = *state;
	struct page *pages[PAGES];

	fixture->records[8] = fixture->records[0];
	fixture->records[9] = fixture->records[1];
	for (size_t i = 0; i < PAGES; i++)
		pages[i] = listing_page(&fixture->records[2 * i], 2);
	page_unref(pages[4]);
	pages[4] = page_ref(pages[0]);
	take_pages(fixture, pages, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		page_unref(pages[i]);
	set_status(fixture, 0, "failed");
	take(fixture);
	assert_as_built(fixture);
}

static void follows_a_listing_of_another_length(void **state)
{
	struct fixture *fixture = *state;

	take(fixture);
	take_pages(fixture, NULL, 0);
	assert_int_equal(snapshot_count(fixture->snapshot), 0);
	take_pages(fixture, NULL, 0);
	take(fixture);
	assert_as_built(fixture);
}

/* Few enough that names repeat, also those of links: both "i" with "a:b" and "i:a" with
 * "b" want "i:a:b". */
static void set_random_names(struct fixture *fixture)
{
	static const char *const instances[] = {"i", "i:a", "j", "i/"};
	static const char *const endpoints[] = {"a:b", "b", "a", "b/", "b~", NULL};

	for (size_t i = 0; i < RECORDS; i++) {
		const size_t instance = (size_t)random() % COUNT(instances);
		char(*text)[16] = fixture->texts[i];

		snprintf(text[1], sizeof(text[1]), "arn:r:%zu", instance);
		fixture->records[i] = record(
			instances[instance], text[1],
			endpoints[(size_t)random() % COUNT(endpoints)], text[3], NULL);
	}
}

static void set_random_status(struct fixture *fixture)
{
	static const char *const statuses[] = {"successful", "failed", NULL};
	const char **field = fixture->records[(size_t)random() % RECORDS].field;

	field[CONNECTION_STATUS] = statuses[(size_t)random() % COUNT(statuses)];
	field[CONNECTION_LAST_FAILURE_MESSAGE] = random() % 2 ? "why" : NULL;
}

static void assert_same_side(const struct snapshot_entry *a,
			     const struct snapshot_entry *b)
{
	assert_same_entry(*a, *b);
	assert_ptr_equal(a->connection, b->connection);
	assert_int_equal(!a->link, !b->link);
	if (a->link)
		assert_string_equal(a->link, b->link);
}

static void assert_same_diff(const struct diff *a, const struct diff *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->different, b->different);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(a->changes[i].kinds, b->changes[i].kinds);
		assert_same_side(&a->changes[i].before, &b->changes[i].before);
		assert_same_side(&a->changes[i].after, &b->changes[i].after);
	}
}

/* One that shares the names with @before is compared by pages; one that is built of the
 * same pages by itself, by paths. */
static void assert_diffs_alike(struct snapshot *before, struct snapshot *after)
{
	struct snapshot *alone = NULL;
	struct diff by_pages;
	struct diff by_paths;
	size_t count = 0;
	struct page **pages = snapshot_pages(after, &count);

	assert_int_equal(snapshot_of_listing(pages, count, NULL, &alone), 0);
	assert_ptr_equal(after->layout, before->layout);
	assert_ptr_not_equal(alone->layout, before->layout);
	assert_int_equal(snapshot_diff(before, after, &by_pages), 0);
	assert_int_equal(snapshot_diff(before, alone, &by_paths), 0);
	assert_same_diff(&by_pages, &by_paths);
	diff_fini(&by_pages);
	diff_fini(&by_paths);
	snapshot_unref(alone);
}

/* A page without a change is the one that it was. */
static void take_changed(struct fixture *fixture)
{
	struct page *pages[PAGES];
	size_t count = 0;
	struct page **known = snapshot_pages(fixture->snapshot, &count);

	for (size_t i = 0; i < PAGES; i++) {
		const struct connection *records = &fixture->records[2 * i];

		if (connection_equal(page_at(known[i], 0), &records[0]) &&
		    connection_equal(page_at(known[i], 1), &records[1]))
			pages[i] = page_ref(known[i]);
		else
			pages[i] = listing_page(records, 2);
	}
	take_pages(fixture, pages, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		page_unref(pages[i]);
}

static void differs_by_pages_as_by_paths(void **state)
{
	struct fixture *fixture = *state;

	srandom(7);
	for (int round = 0; round < 300; round++) {
		struct snapshot *before = NULL;

		set_random_names(fixture);
		for (size_t i = 0; i < RECORDS; i++)
			set_random_status(fixture);
		take(fixture);
		before = snapshot_ref(fixture->snapshot);
		for (int i = 0; i < round % 5; i++)
			set_random_status(fixture);
		take_changed(fixture);
		assert_diffs_alike(before, fixture->snapshot);
		snapshot_unref(before);
	}
}

#define LISTING_TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LISTING_TEST(is_the_same_where_the_pages_are),
		LISTING_TEST(shares_names_where_a_few_pages_changed),
		LISTING_TEST(shares_names_however_many_pages_changed),
		LISTING_TEST(builds_anew_when_a_name_changed),
		LISTING_TEST(keeps_counting_the_later_of_repeated_records),
		LISTING_TEST(follows_a_page_that_came_twice),
		LISTING_TEST(follows_a_listing_of_another_length),
		LISTING_TEST(differs_by_pages_as_by_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
