#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/content/changes.h"

#define AT INT64_C(1790000000)
#define AT_TEXT "2026-09-21T14:13:20Z"

struct record {
	struct connection connection;
	struct snapshot_entry entry;
};

static void make(struct record *record, const char *status, const char *message)
{
	*record = (struct record){
		.connection = {.field = {[CONNECTION_STATUS] = status,
					 [CONNECTION_LAST_FAILURE_MESSAGE] = message}},
		.entry = {.instance = "prod", .endpoint = "src"},
	};
	record->entry.connection = &record->connection;
}

/* Either may be NULL. */
static struct diff_change change_of(const struct record *before,
				    const struct record *after)
{
	static const struct snapshot_entry nothing = {.instance = "prod",
						      .endpoint = "src"};

	return (struct diff_change){.before = before ? before->entry : nothing,
				    .after = after ? after->entry : nothing};
}

static void assert_line(const struct record *before, const struct record *after,
			const char *expected)
{
	struct changes changes = {.text = NULL};
	const struct diff_change change = change_of(before, after);

	assert_int_equal(changes_append(&changes, AT, &change), 0);
	assert_int_equal(changes.len, strlen(expected));
	assert_memory_equal(changes.text, expected, changes.len);
	changes_fini(&changes);
}

static void writes_a_line_of_five_columns(void **)
{
	struct record before;
	struct record after;

	make(&before, "testing", NULL);
	make(&after, "failed", "no route");
	assert_line(&before, &after, AT_TEXT "\tprod/src\ttesting\tfailed\tno route\n");
}

static void writes_hyphens_for_what_is_absent(void **)
{
	struct record record;
	struct record bare;

	make(&record, "successful", "old failure");
	make(&bare, NULL, "\n");
	assert_line(NULL, &record, AT_TEXT "\tprod/src\t-\tsuccessful\told failure\n");
	assert_line(&record, NULL, AT_TEXT "\tprod/src\tsuccessful\t-\t-\n");
	assert_line(&bare, &bare, AT_TEXT "\tprod/src\t-\t-\t-\n");
}

static void keeps_a_hostile_text_on_one_line(void **)
{
	struct record before;
	struct record after;

	make(&before, "a\tb", NULL);
	make(&after, "c\nd", "1\r\n2\t3\033[2J\xFF\x01\xE2\x80\xAE\xC3\xA4\r\n\n");
	assert_line(&before, &after,
		    AT_TEXT "\tprod/src\ta\\tb\tc\\nd\t"
			    "1\\n2\\t3\\x1B[2J\\x00\\xE2\\x80\\xAE\xC3\xA4\n");
}

static void keeps_the_newest_mebibyte_in_whole_lines(void **)
{
	struct changes all = {.text = NULL};
	struct changes changes = {.text = NULL};
	struct diff_change change;
	struct record record;
	char message[64];

	for (int i = 0; i < 30000; i++) {
		struct changes newer = {.text = NULL};

		snprintf(message, sizeof(message), "message %d", i);
		make(&record, "failed", message);
		change = change_of(NULL, &record);
		assert_int_equal(changes_append(&newer, AT, &change), 0);
		assert_int_equal(changes_append(&all, AT, &change), 0);
		assert_int_equal(changes_join(&changes, &newer), 0);
		assert_true(changes.len <= CHANGES_MAX_BYTES);
		changes_fini(&newer);
	}
	assert_true(changes.len > CHANGES_MAX_BYTES - 128);
	assert_memory_equal(changes.text, AT_TEXT, strlen(AT_TEXT));
	assert_memory_equal(changes.text, all.text + all.len - changes.len,
			    changes.len);
	changes_fini(&changes);
	changes_fini(&all);
}

static void drops_no_line_when_they_fit_exactly(void **)
{
	struct changes changes = {.text = NULL};
	struct changes newer = {.text = NULL};

	newer.text = malloc(CHANGES_MAX_BYTES + 1);
	assert_non_null(newer.text);
	memset(newer.text, 'x', CHANGES_MAX_BYTES + 1);
	newer.text[0] = '\n';
	newer.text[CHANGES_MAX_BYTES] = '\n';
	newer.len = CHANGES_MAX_BYTES + 1;
	assert_int_equal(changes_join(&changes, &newer), 0);
	assert_int_equal(changes.len, CHANGES_MAX_BYTES);
	changes_fini(&newer);
	changes_fini(&changes);
}

static void does_not_grow_without_bound_in_a_burst(void **)
{
	struct changes changes = {.text = NULL};
	struct diff_change change;
	struct record record;
	char *message = malloc(100000);

	assert_non_null(message);
	memset(message, 'm', 99999);
	message[99999] = '\0';
	make(&record, "failed", message);
	change = change_of(NULL, &record);
	for (int i = 0; i < 100; i++)
		assert_int_equal(changes_append(&changes, AT, &change), 0);
	assert_true(changes.len <= 2 * CHANGES_MAX_BYTES);
	free(message);
	changes_fini(&changes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_line_of_five_columns),
		cmocka_unit_test(writes_hyphens_for_what_is_absent),
		cmocka_unit_test(keeps_a_hostile_text_on_one_line),
		cmocka_unit_test(keeps_the_newest_mebibyte_in_whole_lines),
		cmocka_unit_test(drops_no_line_when_they_fit_exactly),
		cmocka_unit_test(does_not_grow_without_bound_in_a_burst),
	};

	return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
