#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/snapshot/diff.h"
#include "tests/unit/listing.h"

/* A line a change: what became of it, of the content (status, text, identity), the
 * link and the instance: "+ s-i l >: i/a". */
static void write_change(const struct diff_change *change, char *text, size_t size)
{
	const bool was_there = change->before.connection != NULL;
	const bool is_there = change->after.connection != NULL;
	const size_t len = strlen(text);

	assert_string_equal(change->before.instance, change->after.instance);
	assert_string_equal(change->before.endpoint, change->after.endpoint);
	snprintf(text + len, size - len, "%c%s%s%s%s%s%s %s/%s\n",
		 !was_there	 ? '+'
		 : !is_there	 ? '-'
		 : change->kinds ? '*'
				 : '=',
		 change->kinds & DIFF_STATUS ? "s" : "",
		 change->kinds & DIFF_TEXT ? "t" : "",
		 change->kinds & DIFF_IDENTITY ? "i" : "",
		 change->kinds & DIFF_LINK ? "l" : "",
		 change->kinds & DIFF_INSTANCE_COMES ? " comes" : "",
		 change->kinds & DIFF_INSTANCE_GOES ? " goes" : "",
		 change->after.instance, change->after.endpoint);
}

static void assert_diff_of(struct snapshot *before, struct snapshot *after,
			   const char *expected)
{
	struct diff diff;
	char text[4096] = "";
	size_t different = 0;

	assert_int_equal(snapshot_diff(before, after, &diff), 0);
	for (size_t i = 0; i < diff.count; i++) {
		write_change(&diff.changes[i], text, sizeof(text));
		different += diff.changes[i].kinds != 0;
	}
	assert_string_equal(text, expected);
	assert_int_equal(diff.different, different);
	diff_fini(&diff);
}

static void assert_diff(const struct connection *before, size_t before_count,
			const struct connection *after, size_t after_count,
			const char *expected)
{
	struct snapshot *old = listing_of(before, before_count, 2);
	struct snapshot *new = listing_of(after, after_count, 3);

	assert_diff_of(old, new, expected);
	snapshot_unref(old);
	snapshot_unref(new);
}

static void lists_the_changes_in_path_order(void **)
{
	const struct connection before[] = {
		record("b", "arn:r:2", "same", "arn:e:1", "failed"),
		record("b", "arn:r:2", "status", "arn:e:2", "testing"),
		record("b", "arn:r:2", "gone", "arn:e:3", "testing"),
		record("c", "arn:r:3", "gone", "arn:e:3", "testing"),
		record("c", "arn:r:3", "gone too", "arn:e:4", NULL),
	};
	const struct connection after[] = {
		record("b", "arn:r:2", "status", "arn:e:2", "failed"),
		record("b", "arn:r:2", "same", "arn:e:1", "failed"),
		record("b", "arn:r:2", "zzz", "arn:e:4", "testing"),
		record("a", "arn:r:1", "new", "arn:e:4", "testing"),
		record("a", "arn:r:1", "new too", "arn:e:5", "testing"),
	};

	assert_diff(before, COUNT(before), after, COUNT(after),
		    "+sil comes a/new\n"
		    "+sil a/new too\n"
		    "-sil b/gone\n"
		    "= b/same\n"
		    "*sl b/status\n"
		    "+sil b/zzz\n"
		    "-sil c/gone\n"
		    "-i goes c/gone too\n");
}

static void tells_which_field_changed(void **)
{
	const struct connection before = {
		.field = {"failed", "e", "arn:e:1", "i", "arn:r:1", "no route"}};
	static const struct {
		enum connection_field field;
		const char *expected;
	} rows[] = {
		{CONNECTION_STATUS, "*sl i/e\n"},
		{CONNECTION_ENDPOINT_ARN, "*i i/e\n"},
		{CONNECTION_REPLICATION_INSTANCE_ARN, "*i i/e\n"},
		{CONNECTION_LAST_FAILURE_MESSAGE, "*t i/e\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct connection after = before;

		after.field[rows[i].field] = NULL;
		assert_diff(&before, 1, &after, 1, rows[i].expected);
		assert_diff(&after, 1, &before, 1, rows[i].expected);
	}
	assert_diff(&before, 1, &before, 1, "= i/e\n");
}

static void takes_an_empty_field_for_an_absent_one(void **)
{
	const struct connection absent = {.field = {NULL, "e", NULL, "i", NULL, NULL}};
	const struct connection empty = {.field = {"", "e", "", "i", "", ""}};

	assert_diff(&absent, 1, &empty, 1, "= i/e\n");
	assert_diff(&empty, 1, &absent, 1, "= i/e\n");
}

static void the_next_one_takes_the_path_when_its_holder_goes(void **)
{
	const struct connection records[] = {
		record("i", "arn:r:1", "db", "arn:e:1:X", "testing"),
		record("i", "arn:r:1", "db", "arn:e:2:P", "testing"),
	};

	assert_diff(records, 2, &records[1], 1, "*i i/db\n-sil i/db~P\n");
	assert_diff(&records[1], 1, records, 2, "*i i/db\n+sil i/db~P\n");
}

/* Both are "i:a:b" in by-status, where the first in rank has the name. */
static void tells_of_a_link_that_is_named_anew(void **)
{
	const struct connection records[] = {
		record("i", "arn:r:1", "a:b", "arn:e:1:X", "testing"),
		record("i:a", "arn:r:2", "b", "arn:e:2:P", "testing"),
	};

	assert_diff(records, 2, &records[1], 1, "-sil goes i/a:b\n*l i:a/b\n");
	assert_diff(&records[1], 1, records, 2, "+sil comes i/a:b\n*l i:a/b\n");
}

static void no_snapshot_counts_as_an_empty_one(void **)
{
	struct connection one = record("i", NULL, "e", NULL, NULL);
	struct snapshot *empty = listing_of(NULL, 0, 1);
	struct snapshot *snapshot = listing_of(&one, 1, 1);

	assert_diff_of(NULL, empty, "");
	assert_diff_of(NULL, snapshot, "+i comes i/e\n");
	assert_diff_of(snapshot, empty, "-i goes i/e\n");
	snapshot_unref(empty);
	snapshot_unref(snapshot);
}

static void leaves_out_the_records_that_both_share(void **)
{
	const struct connection records[] = {
		record("i", NULL, "a", NULL, "testing"),
		record("i", NULL, "b", NULL, "testing"),
	};
	const struct connection later = record("i", NULL, "b", NULL, "failed");
	struct snapshot *before = listing_of(records, COUNT(records), 2);
	struct snapshot_builder *builder = snapshot_builder_new();
	struct snapshot *after = NULL;

	assert_non_null(builder);
	assert_int_equal(snapshot_builder_add_snapshot(builder, before, NULL, NULL), 0);
	listing_add_records(builder, &later, 1);
	after = listing_finish(builder);
	assert_diff_of(before, before, "");
	assert_diff_of(before, after, "*sl i/b\n");
	snapshot_unref(before);
	snapshot_unref(after);
}

static void outlives_the_callers_snapshots(void **)
{
	const struct connection one = record("i", NULL, "e", NULL, "testing");
	const struct connection other = record("i", NULL, "e", NULL, "failed");
	struct snapshot *before = listing_of(&one, 1, 1);
	struct snapshot *after = listing_of(&other, 1, 1);
	struct diff diff;

	assert_int_equal(snapshot_diff(before, after, &diff), 0);
	snapshot_unref(before);
	snapshot_unref(after);
	assert_int_equal(diff.count, 1);
	assert_string_equal(diff.changes[0].before.connection->field[CONNECTION_STATUS],
			    "testing");
	assert_string_equal(diff.changes[0].after.connection->field[CONNECTION_STATUS],
			    "failed");
	diff_fini(&diff);
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

/* @entry is what @snapshot shows at its path. */
static void assert_entry(const struct snapshot *snapshot,
			 const struct snapshot_entry *entry)
{
	assert_ptr_equal(entry->connection,
			 listing_find(snapshot, entry->instance, entry->endpoint));
}

/* How many paths of @snapshot are in an instance that @other does not have. */
static size_t count_instances_beside(const struct snapshot *snapshot,
				     const struct snapshot *other)
{
	const char *instance = NULL;
	size_t count = 0;

	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);
		bool is_shared = false;

		for (size_t j = 0; j < snapshot_count(other); j++)
			is_shared |= strcmp(snapshot_at(other, j).instance,
					    entry.instance) == 0;
		count += entry.instance != instance && !is_shared;
		instance = entry.instance;
	}
	return count;
}

static void assert_complete(const struct diff *diff)
{
	size_t added = 0, removed = 0, come = 0, gone = 0;

	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_change *change = &diff->changes[i];

		assert_entry(diff->before, &change->before);
		assert_entry(diff->after, &change->after);
		if (change->before.connection && change->after.connection)
			assert_int_equal(connection_equal(change->before.connection,
							  change->after.connection),
					 !(change->kinds & DIFF_CONTENT));
		added += !change->before.connection;
		removed += !change->after.connection;
		come += (change->kinds & DIFF_INSTANCE_COMES) != 0;
		gone += (change->kinds & DIFF_INSTANCE_GOES) != 0;
	}
	/* No record is shared, so that every path is there. */
	assert_int_equal(diff->count - added, snapshot_count(diff->before));
	assert_int_equal(diff->count - removed, snapshot_count(diff->after));
	assert_int_equal(come, count_instances_beside(diff->after, diff->before));
	assert_int_equal(gone, count_instances_beside(diff->before, diff->after));
}

static void has_each_path_of_either_once(void **)
{
	srandom(5);
	for (int round = 0; round < 500; round++) {
		struct snapshot *before = random_listing();
		struct snapshot *after = random_listing();
		struct diff diff;

		assert_int_equal(snapshot_diff(before, after, &diff), 0);
		assert_complete(&diff);
		diff_fini(&diff);
		snapshot_unref(before);
		snapshot_unref(after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_the_changes_in_path_order),
		cmocka_unit_test(tells_which_field_changed),
		cmocka_unit_test(takes_an_empty_field_for_an_absent_one),
		cmocka_unit_test(the_next_one_takes_the_path_when_its_holder_goes),
		cmocka_unit_test(tells_of_a_link_that_is_named_anew),
		cmocka_unit_test(no_snapshot_counts_as_an_empty_one),
		cmocka_unit_test(leaves_out_the_records_that_both_share),
		cmocka_unit_test(outlives_the_callers_snapshots),
		cmocka_unit_test(has_each_path_of_either_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
