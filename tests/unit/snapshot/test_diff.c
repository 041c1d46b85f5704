#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/listing.h"

/* What the visits said, one line each: "= i/a\n" and so on. */
struct log {
	char text[4096];
	int stop_after; /* visits; 0: never */
};

static int write_change(void *data, enum snapshot_change change,
			const struct snapshot_entry *before,
			const struct snapshot_entry *after)
{
	static const char marks[] = {
		[SNAPSHOT_SAME] = '=',
		[SNAPSHOT_CHANGED] = '*',
		[SNAPSHOT_ADDED] = '+',
		[SNAPSHOT_REMOVED] = '-',
	};
	struct log *log = data;
	const struct snapshot_entry *entry = after != NULL ? after : before;
	size_t len = strlen(log->text);

	if (entry == NULL)
		return -1; /* a visit without either side fails the diff */
	assert_int_equal(before == NULL, change == SNAPSHOT_ADDED);
	assert_int_equal(after == NULL, change == SNAPSHOT_REMOVED);
	snprintf(log->text + len, sizeof(log->text) - len, "%c %s/%s\n", marks[change],
		 entry->instance, entry->endpoint);
	return log->stop_after > 0 && --log->stop_after == 0 ? -7 : 0;
}

static void assert_diff(const struct connection *before, size_t before_count,
			const struct connection *after, size_t after_count,
			const char *text)
{
	struct snapshot *old = listing_of(before, before_count, 2);
	struct snapshot *new = listing_of(after, after_count, 3);
	struct log log = {.stop_after = 0};

	assert_int_equal(snapshot_diff(old, new, write_change, &log), 0);
	assert_string_equal(log.text, text);
	snapshot_unref(old);
	snapshot_unref(new);
}

static void tells_every_path_in_order(void **)
{
	const struct connection before[] = {
		record("b", "arn:r:2", "same", "arn:e:1", "failed"),
		record("b", "arn:r:2", "status", "arn:e:2", "testing"),
		record("b", "arn:r:2", "gone", "arn:e:3", "testing"),
		record("c", "arn:r:3", "gone", "arn:e:3", "testing"),
	};
	const struct connection after[] = {
		record("b", "arn:r:2", "status", "arn:e:2", "failed"),
		record("b", "arn:r:2", "same", "arn:e:1", "failed"),
		record("b", "arn:r:2", "zzz", "arn:e:4", "testing"),
		record("a", "arn:r:1", "new", "arn:e:4", "testing"),
	};

	assert_diff(before, COUNT(before), after, COUNT(after),
		    "+ a/new\n"
		    "- b/gone\n"
		    "= b/same\n"
		    "* b/status\n"
		    "+ b/zzz\n"
		    "- c/gone\n");
}

static void sees_a_change_of_any_field(void **)
{
	const struct connection before = {
		.field = {"failed", "e", "arn:e:1", "i", "arn:r:1", "no route"}};
	static const enum connection_field fields[] = {
		CONNECTION_STATUS,
		CONNECTION_ENDPOINT_ARN,
		CONNECTION_REPLICATION_INSTANCE_ARN,
		CONNECTION_LAST_FAILURE_MESSAGE,
	};
	size_t i;

	for (i = 0; i < COUNT(fields); i++) {
		struct connection after = before;

		after.field[fields[i]] = NULL;
		assert_diff(&before, 1, &after, 1, "* i/e\n");
		assert_diff(&after, 1, &before, 1, "* i/e\n");
	}
	assert_diff(&before, 1, &before, 1, "= i/e\n");
}

static void the_next_one_takes_the_path_when_its_holder_goes(void **)
{
	const struct connection records[] = {
		record("i", "arn:r:1", "db", "arn:e:1:X", "testing"),
		record("i", "arn:r:1", "db", "arn:e:2:P", "testing"),
	};

	assert_diff(records, 2, &records[1], 1, "* i/db\n- i/db~P\n");
	assert_diff(&records[1], 1, records, 2, "* i/db\n+ i/db~P\n");
}

static void no_snapshot_counts_as_an_empty_one(void **)
{
	struct connection one = record("i", NULL, "e", NULL, NULL);
	struct snapshot *snapshot = listing_of(&one, 1, 1);
	struct log log = {.stop_after = 0};

	assert_int_equal(snapshot_diff(NULL, NULL, write_change, &log), 0);
	assert_string_equal(log.text, "");
	assert_int_equal(snapshot_diff(NULL, snapshot, write_change, &log), 0);
	assert_int_equal(snapshot_diff(snapshot, NULL, write_change, &log), 0);
	assert_string_equal(log.text, "+ i/e\n- i/e\n");
	snapshot_unref(snapshot);
}

static void visits_the_changed_pages_of_a_revised_one_alone(void **)
{
	const struct connection records[] = {
		record("i", NULL, "a", NULL, "testing"),
		record("i", NULL, "b", NULL, "testing"),
		record("i", NULL, "c", NULL, "testing"),
	};
	const struct connection later[] = {records[1],
					   record("i", NULL, "c", NULL, "failed")};
	struct page *first = listing_page(records, 1);
	struct page_change change = {listing_page(&records[1], 2),
				     listing_page(later, 2)};
	struct snapshot_builder *builder = snapshot_builder_new();
	struct snapshot *before = NULL;
	struct snapshot *after = NULL;
	struct log log = {.stop_after = 0};

	assert_non_null(builder);
	assert_int_equal(snapshot_builder_add_page(builder, first), 0);
	assert_int_equal(snapshot_builder_add_page(builder, change.before), 0);
	before = listing_finish(builder);
	assert_int_equal(snapshot_revise(before, &change, 1, &after), 0);
	assert_non_null(after);
	assert_int_equal(snapshot_diff(before, before, write_change, &log), 0);
	assert_string_equal(log.text, "");
	assert_int_equal(snapshot_diff(before, after, write_change, &log), 0);
	assert_string_equal(log.text, "= i/b\n* i/c\n");
	page_unref(first);
	page_unref(change.before);
	page_unref(change.after);
	snapshot_unref(before);
	snapshot_unref(after);
}

static void ends_when_a_visit_says_so(void **)
{
	const struct connection records[] = {
		record("i", NULL, "a", NULL, NULL),
		record("i", NULL, "b", NULL, NULL),
		record("i", NULL, "c", NULL, NULL),
	};
	struct snapshot *snapshot = listing_of(records, COUNT(records), 3);
	struct log log = {.stop_after = 2};

	assert_int_equal(snapshot_diff(NULL, snapshot, write_change, &log), -7);
	assert_string_equal(log.text, "+ i/a\n+ i/b\n");
	snapshot_unref(snapshot);
}

struct tally {
	struct snapshot *before;
	struct snapshot *after;
	size_t changes[SNAPSHOT_REMOVED + 1];
};

/* @told is what the walk tells of the path of @entry in @snapshot. */
static void assert_record(const struct snapshot *snapshot,
			  const struct snapshot_entry *entry,
			  const struct snapshot_entry *told)
{
	const struct connection *found = listing_find(snapshot, entry->instance,
						      entry->endpoint);

	assert_ptr_equal(told == NULL ? NULL : told->connection, found);
}

static int check_visit(void *data, enum snapshot_change change,
		       const struct snapshot_entry *before,
		       const struct snapshot_entry *after)
{
	struct tally *tally = data;
	const struct snapshot_entry *entry = after != NULL ? after : before;

	assert_non_null(entry);
	assert_record(tally->before, entry, before);
	assert_record(tally->after, entry, after);
	if (before != NULL && after != NULL)
		assert_int_equal(
			connection_equal(before->connection, after->connection),
			change == SNAPSHOT_SAME);
	tally->changes[change]++;
	return 0;
}

static struct snapshot *random_listing(void)
{
	static const char *const statuses[] = {"testing", "failed"};
	static char texts[12][3];
	struct connection records[60];
	size_t i, count = (size_t)random() % COUNT(records);

	for (i = 0; i < COUNT(texts); i++)
		snprintf(texts[i], sizeof(texts[i]), "%zu", i);
	for (i = 0; i < count; i++) {
		const char *instance = texts[(size_t)random() % 4];
		const char *endpoint = texts[(size_t)random() % COUNT(texts)];

		records[i] = record(instance, instance, endpoint, endpoint,
				    statuses[random() % 2]);
	}
	return listing_of(records, count, 5);
}

static void visits_each_path_of_either_once(void **)
{
	int round;

	srandom(5);
	for (round = 0; round < 500; round++) {
		struct tally tally = {.before = random_listing(),
				      .after = random_listing()};
		size_t both;

		assert_int_equal(
			snapshot_diff(tally.before, tally.after, check_visit, &tally),
			0);
		both = tally.changes[SNAPSHOT_SAME] + tally.changes[SNAPSHOT_CHANGED];
		assert_int_equal(both + tally.changes[SNAPSHOT_REMOVED],
				 snapshot_count(tally.before));
		assert_int_equal(both + tally.changes[SNAPSHOT_ADDED],
				 snapshot_count(tally.after));
		snapshot_unref(tally.before);
		snapshot_unref(tally.after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_every_path_in_order),
		cmocka_unit_test(sees_a_change_of_any_field),
		cmocka_unit_test(the_next_one_takes_the_path_when_its_holder_goes),
		cmocka_unit_test(no_snapshot_counts_as_an_empty_one),
		cmocka_unit_test(visits_the_changed_pages_of_a_revised_one_alone),
		cmocka_unit_test(ends_when_a_visit_says_so),
		cmocka_unit_test(visits_each_path_of_either_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
