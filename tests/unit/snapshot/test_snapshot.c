#include "src/snapshot/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/snapshot/names.h"
#include "src/snapshot/snapshot_private.h"
#include "tests/unit/listing.h"

#define RECORDS_MAX 8

struct expected {
	const char *path; /* NULL: not shown */
	const char *link; /* NULL: the ordinary one */
};

static bool find_entry(const struct snapshot *snapshot,
		       const struct connection *connection,
		       struct snapshot_entry *entry)
{
	size_t i;

	for (i = 0; i < snapshot_count(snapshot); i++) {
		*entry = snapshot_at(snapshot, i);
		if (connection_compare_identity(entry->connection, connection) == 0)
			return true;
	}
	return false;
}

static void assert_shown(const struct snapshot *snapshot,
			 const struct connection *connection,
			 const struct expected *expected)
{
	struct snapshot_entry entry = {.instance = NULL};
	bool is_shown = find_entry(snapshot, connection, &entry);
	char path[2 * NAME_SIZE];

	if (expected->path == NULL) {
		assert_false(is_shown);
		return;
	}
	assert_true(is_shown);
	snprintf(path, sizeof(path), "%s/%s", entry.instance, entry.endpoint);
	assert_string_equal(path, expected->path);
	if (expected->link == NULL)
		assert_null(entry.link);
	else
		assert_string_equal(entry.link, expected->link);
}

/* In every rotation of the records, since their order must not matter. */
static void assert_names(const struct connection *records,
			 const struct expected *expected, size_t count)
{
	struct connection turned[RECORDS_MAX];
	size_t shift, i;

	assert_true(count <= RECORDS_MAX);
	for (shift = 0; shift < count; shift++) {
		struct snapshot *snapshot = NULL;

		for (i = 0; i < count; i++)
			turned[i] = records[(i + shift) % count];
		snapshot = listing_of(turned, count, 2);
		for (i = 0; i < count; i++)
			assert_shown(snapshot, &records[i], &expected[i]);
		snapshot_unref(snapshot);
	}
}

static void an_empty_listing_is_an_empty_snapshot(void **)
{
	struct snapshot *snapshot = listing_of(NULL, 0, 1);
	struct connection any = record("i", NULL, "e", NULL, NULL);

	assert_int_equal(snapshot_count(snapshot), 0);
	assert_int_equal(snapshot_instance_count(snapshot), 0);
	assert_int_equal(snapshot_skipped(snapshot), 0);
	assert_null(listing_find(snapshot, "i", "e"));
	assert_null(snapshot_find_connection(snapshot, &any));
	snapshot_unref(snapshot);
	snapshot_unref(NULL);
}

static void names_come_from_identifiers_or_else_from_arns(void **)
{
	const struct connection records[] = {
		record("prod", "arn:r:1", "src", "arn:e:1:X", "failed"),
		record(NULL, "arn:rep:R2", "src", "arn:e:2:Y", NULL),
		record("prod", "arn:r:1", NULL, "arn:e:3:ENDPOINT", NULL),
		record(".dmsfs", "arn:r:4", "a/b", "arn:e:4:Z", NULL),
		record("prod", NULL, "local", NULL, NULL),
	};
	const struct expected expected[] = {
		{"prod/src", NULL},	  {"R2/src", NULL},	{"prod/ENDPOINT", NULL},
		{"%2Edmsfs/a%2Fb", NULL}, {"prod/local", NULL},
	};

	assert_names(records, expected, COUNT(records));
}

static void counts_the_records_that_nothing_names(void **)
{
	const struct connection records[] = {
		record("i", NULL, "e", NULL, "testing"),
		record(NULL, NULL, "e", "arn:e:1", "testing"),
		record("i", "arn:r:1", NULL, NULL, "testing"),
		record(NULL, NULL, NULL, NULL, "testing"),
		record("i", NULL, NULL, "arn:e:2:", "testing"),
	};
	struct snapshot *snapshot = listing_of(records, COUNT(records), 2);

	assert_int_equal(snapshot_count(snapshot), 1);
	assert_int_equal(snapshot_skipped(snapshot), 4);
	snapshot_unref(snapshot);
}

static void keeps_the_last_record_of_a_repeated_connection(void **)
{
	const struct connection records[] = {
		record("i", "arn:r:1", "old", "arn:e:1", "testing"),
		record("i", "arn:r:1", "other", "arn:e:2", "testing"),
		record("i", "arn:r:1", "newer", "arn:e:1", "failed"),
		record("i", "arn:r:1", "newest", "arn:e:1", "successful"),
	};
	struct snapshot *snapshot = listing_of(records, COUNT(records), 1);
	const struct connection *kept = snapshot_find_connection(snapshot, &records[0]);

	assert_int_equal(snapshot_count(snapshot), 2);
	assert_null(listing_find(snapshot, "i", "old"));
	assert_non_null(listing_find(snapshot, "i", "newest"));
	assert_non_null(kept);
	assert_true(connection_equal(kept, &records[3]));
	snapshot_unref(snapshot);
}

static void instances_of_one_name_share_a_directory(void **)
{
	const struct connection records[] = {
		record("same", "arn:r:1", "a", "arn:e:1", NULL),
		record("same", "arn:r:2", "b", "arn:e:2", NULL),
		record("same", "arn:r:1", "c", "arn:e:3", NULL),
		record(NULL, "arn:r:same", "d", "arn:e:4", NULL),
		record("same", NULL, "e", "arn:e:5", NULL),
	};
	struct snapshot *snapshot = listing_of(records, COUNT(records), 2);
	size_t i;

	assert_int_equal(snapshot_count(snapshot), COUNT(records));
	assert_int_equal(snapshot_instance_count(snapshot), 4);
	for (i = 0; i < snapshot_count(snapshot); i++)
		assert_ptr_equal(snapshot_at(snapshot, i).instance,
				 snapshot_at(snapshot, 0).instance);
	snapshot_unref(snapshot);
}

static void the_smaller_endpoint_arn_keeps_a_shared_path(void **)
{
	const struct connection records[] = {
		record("i", "arn:r:1", "db", "arn:e:2:P/", NULL),
		record("i", "arn:r:2", "db", "arn:e:1:X", NULL),
		record("j", "arn:r:3", "db", "arn:e:2:P/", NULL),
	};
	const struct expected expected[] = {
		{"i/db~P%2F", NULL},
		{"i/db", NULL},
		{"j/db", NULL},
	};

	assert_names(records, expected, COUNT(records));
}

/* The endpoint is the same: its part is taken by the second, so the third hashes. */
static void then_the_smaller_instance_arn_does(void **)
{
	const struct connection records[] = {
		record("i", "arn:r:0", "db", "arn:e:2:P", NULL),
		record("i", "arn:r:2", "db", "arn:e:2:P", NULL),
		record("i", "arn:r:1", "db", "arn:e:2:P", NULL),
	};
	const struct expected expected[] = {
		{"i/db", NULL},
		{"i/db~47940a3d98e60300", NULL},
		{"i/db~P", NULL},
	};

	assert_names(records, expected, COUNT(records));
}

static void an_absent_arn_goes_first_and_has_no_part(void **)
{
	const struct connection records[] = {
		record("i", "arn:r:1", "x", "arn:e:1", NULL),
		record("i", NULL, "x", NULL, NULL),
		record("i", "arn:r:2", "x", NULL, NULL),
	};
	const struct expected expected[] = {
		{"i/x~1", NULL},
		{"i/x", NULL},
		{"i/x~c266c388e59c3522", NULL},
	};

	assert_names(records, expected, COUNT(records));
}

/* Whoever wants a name first goes before one who would only fall back on it, even
 * if its ARN is greater; and so on from hash to hash. */
static void a_name_wanted_first_goes_before_one_given(void **)
{
	const struct connection records[] = {
		record("i", "arn:r:1", "db", "arn:e:1:X", NULL),
		record("i", "arn:r:2", "db", "arn:e:2:P", NULL),
		record("i", "arn:r:9", "db~P", "arn:e:9:A", NULL),
		record("i", "arn:r:9", "db~47940a3d98e60300", "arn:e:9:B", NULL),
		record("i", "arn:r:9", "db~dd0aeb834ba1a375", "arn:e:9:C", NULL),
	};
	const struct expected expected[] = {
		{"i/db", NULL},
		{"i/db~e71b6a64aba42fa1", NULL},
		{"i/db~P", NULL},
		{"i/db~47940a3d98e60300", NULL},
		{"i/db~dd0aeb834ba1a375", NULL},
	};

	assert_names(records, expected, COUNT(records));
}

static void a_link_that_two_would_get_is_told_apart(void **)
{
	const struct connection records[] = {
		record("a:b", "arn:r:1", "c", "arn:e:2:P", NULL),
		record("a", "arn:r:2", "b:c", "arn:e:1:X", NULL),
		record("a", "arn:r:2", "plain", "arn:e:3", NULL),
		record("a", "arn:r:2", "b:c~P", "arn:e:4", NULL),
	};
	const struct expected expected[] = {
		{"a:b/c", "a:b:c~dcc18db03d798f3e"},
		{"a/b:c", NULL},
		{"a/plain", NULL},
		{"a/b:c~P", NULL},
	};

	assert_names(records, expected, COUNT(records));
}

static void a_link_that_is_cut_is_kept(void **)
{
	char instance[201];
	char endpoint[101];
	struct connection one = record(instance, NULL, endpoint, NULL, NULL);
	struct snapshot *snapshot = NULL;
	struct snapshot_entry entry;
	char name[NAME_SIZE];

	memset(instance, 'i', sizeof(instance));
	memset(endpoint, 'e', sizeof(endpoint));
	instance[sizeof(instance) - 1] = '\0';
	endpoint[sizeof(endpoint) - 1] = '\0';
	snapshot = listing_of(&one, 1, 1);
	entry = snapshot_at(snapshot, 0);
	name_join(instance, ':', endpoint, name);
	assert_non_null(entry.link);
	assert_string_equal(entry.link, name);
	assert_string_equal(entry.link + 238, "~87dfcae085013d47");
	snapshot_unref(snapshot);

	instance[100] = '\0';
	snapshot = listing_of(&one, 1, 1);
	assert_null(snapshot_at(snapshot, 0).link);
	snapshot_unref(snapshot);
}

static const char *pick(const char *const *texts, size_t count)
{
	return texts[(size_t)random() % count];
}

/* Texts that meet each other in every way that the rules know. */
static struct connection hostile_record(void)
{
	static const char *const identifiers[] = {
		NULL,  "a",	"a", "b",   "a:b", "b:a",   "a:a",
		"a~P", "a~P~P", ".", "a/b", "%",   "a:b~P", "\xFF\x01"};
	static const char *const arns[] = {NULL,     "arn:1:P", "arn:2:P", "arn:3:a",
					   "arn:4:", "arn:5:b", "a",	   "b"};

	return record(pick(identifiers, COUNT(identifiers)), pick(arns, COUNT(arns)),
		      pick(identifiers, COUNT(identifiers)), pick(arns, COUNT(arns)),
		      "testing");
}

static void shuffle(struct connection *records, size_t count)
{
	size_t i;

	for (i = count; i > 1; i--) {
		size_t other = (size_t)random() % i;
		struct connection last = records[i - 1];

		records[i - 1] = records[other];
		records[other] = last;
	}
}

static const char *link_of(const struct snapshot_entry *entry, char name[NAME_SIZE])
{
	if (entry->link != NULL)
		return entry->link;
	name_join(entry->instance, ':', entry->endpoint, name);
	return name;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void assert_links_differ(const struct snapshot *snapshot)
{
	size_t i, count = snapshot_count(snapshot);
	char(*links)[NAME_SIZE] = calloc(count + 1, NAME_SIZE);

	assert_non_null(links);
	for (i = 0; i < count; i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);
		char name[NAME_SIZE];

		snprintf(links[i], NAME_SIZE, "%s", link_of(&entry, name));
	}
	qsort(links, count, NAME_SIZE, compare_names);
	for (i = 1; i < count; i++)
		assert_string_not_equal(links[i - 1], links[i]);
	free(links);
}

static void assert_sorted(const struct snapshot *snapshot)
{
	size_t i;

	for (i = 1; i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry last = snapshot_at(snapshot, i - 1);
		const struct snapshot_entry entry = snapshot_at(snapshot, i);
		int order = strcmp(last.instance, entry.instance);

		if (order > 0 ||
		    (order == 0 && strcmp(last.endpoint, entry.endpoint) >= 0))
			fail_msg("%s/%s stands before %s/%s", last.instance,
				 last.endpoint, entry.instance, entry.endpoint);
	}
}

static void assert_finds_everything(const struct snapshot *snapshot)
{
	size_t i;

	for (i = 0; i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);

		assert_ptr_equal(listing_find(snapshot, entry.instance, entry.endpoint),
				 entry.connection);
		assert_ptr_equal(snapshot_find_connection(snapshot, entry.connection),
				 entry.connection);
	}
}

static void assert_same_names(const struct snapshot *a, const struct snapshot *b)
{
	size_t i;

	assert_int_equal(snapshot_count(a), snapshot_count(b));
	for (i = 0; i < snapshot_count(a); i++) {
		const struct snapshot_entry left = snapshot_at(a, i);
		const struct snapshot_entry right = snapshot_at(b, i);

		assert_string_equal(left.instance, right.instance);
		assert_string_equal(left.endpoint, right.endpoint);
		assert_int_equal(left.link == NULL, right.link == NULL);
		if (left.link != NULL)
			assert_string_equal(left.link, right.link);
		assert_int_equal(
			connection_compare_identity(left.connection, right.connection),
			0);
	}
}

static void names_are_unique_and_do_not_depend_on_the_order(void **)
{
	struct connection records[200];
	int round;

	srandom(3);
	for (round = 0; round < 300; round++) {
		size_t i, count = (size_t)random() % COUNT(records) + 1;
		struct snapshot *one = NULL;
		struct snapshot *other = NULL;

		for (i = 0; i < count; i++)
			records[i] = hostile_record();
		/* Repeats would name by whichever came last: leave none. */
		one = listing_of(records, count, 7);
		for (i = 0; i < snapshot_count(one); i++)
			records[i] = *snapshot_connection_at(one, i);
		count = snapshot_count(one);
		shuffle(records, count);
		other = listing_of(records, count, 3);
		assert_sorted(one);
		assert_links_differ(one);
		assert_finds_everything(one);
		assert_same_names(one, other);
		snapshot_unref(one);
		snapshot_unref(other);
	}
}

/* Long texts with beginnings in common, whose differences lie anywhere. */
static void sorts_texts_of_any_length(void **)
{
	static char texts[300][64];
	struct connection records[300];
	int round;

	srandom(4);
	for (round = 0; round < 50; round++) {
		struct snapshot *snapshot = NULL;
		size_t i;

		for (i = 0; i < COUNT(records); i++) {
			size_t len = (size_t)random() % 40 + 1;

			memset(texts[i], 'x', len);
			texts[i][(size_t)random() % len] = (char)(random() % 2 ? 'y'
									       : 'w');
			texts[i][len] = '\0';
			records[i] = record(texts[(size_t)random() % (i + 1)], NULL,
					    texts[i], texts[i], NULL);
		}
		snapshot = listing_of(records, COUNT(records), 100);
		assert_sorted(snapshot);
		assert_finds_everything(snapshot);
		snapshot_unref(snapshot);
	}
}

static void finds_nothing_that_is_not_there(void **)
{
	const struct connection records[] = {
		record("i", "arn:r:1", "b", "arn:e:1", NULL),
		record("i", "arn:r:1", "d", "arn:e:3", NULL),
	};
	struct connection absent = record("i", "arn:r:1", "b", "arn:e:2", NULL);
	struct snapshot *snapshot = listing_of(records, COUNT(records), 2);

	assert_null(listing_find(snapshot, "i", "a"));
	assert_null(listing_find(snapshot, "i", "c"));
	assert_null(listing_find(snapshot, "i", "e"));
	assert_null(listing_find(snapshot, "h", "b"));
	assert_null(listing_find(snapshot, "j", "b"));
	assert_null(snapshot_find_connection(snapshot, &absent));
	snapshot_unref(snapshot);
}

static bool is_testing(void *, const struct connection *connection)
{
	const char *status = connection->field[CONNECTION_STATUS];

	return status != NULL && strcmp(status, "testing") == 0;
}

static void a_merge_replaces_what_was_asked_for_again(void **)
{
	const struct connection before[] = {
		record("i", "arn:r:1", "a", "arn:e:1", "testing"),
		record("i", "arn:r:1", "b", "arn:e:2", "successful"),
		record("i", "arn:r:1", "c", "arn:e:3", "testing"),
		record(NULL, NULL, "nameless", NULL, NULL),
	};
	const struct connection again[] = {
		record("i", "arn:r:1", "a", "arn:e:1", "failed"),
		record(NULL, NULL, "nameless", NULL, NULL),
	};
	struct snapshot *snapshot = listing_of(before, COUNT(before), 4);
	struct snapshot_builder *builder = snapshot_builder_new();
	struct snapshot *merged = NULL;

	assert_int_equal(
		snapshot_builder_add_snapshot(builder, snapshot, is_testing, NULL), 0);
	listing_add_records(builder, again, COUNT(again));
	merged = listing_finish(builder);
	snapshot_unref(snapshot);

	assert_int_equal(snapshot_count(merged), 2);
	assert_int_equal(snapshot_skipped(merged), 1);
	assert_string_equal(listing_status(merged, "i", "a"), "failed");
	assert_string_equal(listing_status(merged, "i", "b"), "successful");
	snapshot_unref(merged);
}

static void merging_over_and_over_holds_no_page_that_is_not_shown(void **)
{
	struct connection records[] = {
		record("i", "arn:r:1", "a", "arn:e:1", "successful"),
		record("i", "arn:r:1", "b", "arn:e:2", "testing"),
	};
	struct snapshot *snapshot = listing_of(records, COUNT(records), 1);
	int round;

	for (round = 0; round < 10; round++) {
		struct snapshot_builder *builder = snapshot_builder_new();

		assert_int_equal(
			snapshot_builder_add_snapshot(builder, snapshot, NULL, NULL),
			0);
		listing_add_records(builder, &records[1], 1);
		snapshot_unref(snapshot);
		snapshot = listing_finish(builder);
		assert_int_equal(snapshot_count(snapshot), 2);
		assert_int_equal(snapshot->layout->page_count, 2);
	}
	snapshot_unref(snapshot);
}

static void a_reference_keeps_the_snapshot(void **)
{
	struct connection one = record("i", "arn:r:1", "e", "arn:e:1", "failed");
	struct snapshot *snapshot = listing_of(&one, 1, 1);

	assert_ptr_equal(snapshot_ref(snapshot), snapshot);
	snapshot_unref(snapshot);
	assert_string_equal(snapshot_at(snapshot, 0).endpoint, "e");
	snapshot_unref(snapshot);
}

/* What leaks here, a sanitizer tells. */
static void a_builder_that_is_given_up_lets_go_of_its_pages(void **)
{
	struct connection one = record("i", "arn:r:1", "e", "arn:e:1", "failed");
	struct snapshot_builder *builder = snapshot_builder_new();

	listing_add_records(builder, &one, 1);
	snapshot_builder_free(builder);
	snapshot_builder_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_listing_is_an_empty_snapshot),
		cmocka_unit_test(names_come_from_identifiers_or_else_from_arns),
		cmocka_unit_test(counts_the_records_that_nothing_names),
		cmocka_unit_test(keeps_the_last_record_of_a_repeated_connection),
		cmocka_unit_test(instances_of_one_name_share_a_directory),
		cmocka_unit_test(the_smaller_endpoint_arn_keeps_a_shared_path),
		cmocka_unit_test(then_the_smaller_instance_arn_does),
		cmocka_unit_test(an_absent_arn_goes_first_and_has_no_part),
		cmocka_unit_test(a_name_wanted_first_goes_before_one_given),
		cmocka_unit_test(a_link_that_two_would_get_is_told_apart),
		cmocka_unit_test(a_link_that_is_cut_is_kept),
		cmocka_unit_test(names_are_unique_and_do_not_depend_on_the_order),
		cmocka_unit_test(sorts_texts_of_any_length),
		cmocka_unit_test(finds_nothing_that_is_not_there),
		cmocka_unit_test(a_merge_replaces_what_was_asked_for_again),
		cmocka_unit_test(merging_over_and_over_holds_no_page_that_is_not_shown),
		cmocka_unit_test(a_reference_keeps_the_snapshot),
		cmocka_unit_test(a_builder_that_is_given_up_lets_go_of_its_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
