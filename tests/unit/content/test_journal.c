#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/content/journal.h"

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
	struct journal changes = {.text = NULL};
	const struct diff_change change = change_of(before, after);

	assert_int_equal(journal_append_change(&changes, AT, &change), 0);
	assert_int_equal(changes.len, strlen(expected));
	assert_memory_equal(changes.text, expected, changes.len);
	journal_fini(&changes);
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

/* Of the line of a failure with so many @unit, after what is there. */
static size_t line_len(struct journal *changes, const char *unit, size_t count)
{
	size_t before = changes->len;
	char *message = malloc(count * strlen(unit) + 1);
	struct diff_change change;
	struct record record;

	assert_non_null(message);
	message[0] = '\0';
	for (size_t i = 0, len = strlen(unit); i < count; i++)
		memcpy(message + i * len, unit, len + 1);
	make(&record, "failed", message);
	change = change_of(NULL, &record);
	assert_int_equal(journal_append_change(changes, AT, &change), 0);
	assert_int_equal(changes->text[changes->len - 1], '\n');
	free(message);
	return changes->len - before;
}

static void cuts_a_text_after_a_whole_character(void **)
{
	const size_t head = strlen(AT_TEXT "\tprod/src\t-\tfailed\t\n");
	const size_t bound = JOURNAL_TEXT_MAX_BYTES;
	static const struct {
		const char *unit;
		size_t len; /* as written */
	} rows[] = {{"m", 1}, {"\xC3\xA4", 2}, {"\xE2\x82\xAC", 3}, {"\033", 4}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct journal changes = {.text = NULL};
		size_t fitting = bound / rows[i].len;
		size_t whole = head + fitting * rows[i].len;

		assert_int_equal(line_len(&changes, rows[i].unit, fitting), whole);
		assert_int_equal(line_len(&changes, rows[i].unit, fitting + 1), whole);
		assert_int_equal(line_len(&changes, rows[i].unit, 16 * fitting), whole);
		journal_fini(&changes);
	}
}

static void keeps_a_line_for_each_change_of_a_burst(void **)
{
	struct journal changes = {.text = NULL};
	size_t lines = 0;

	for (int i = 0; i < 1000; i++)
		line_len(&changes, "m", 100000);
	assert_true(changes.len < JOURNAL_BURST_BYTES + 1000 * 512);
	for (size_t i = 0; i < changes.len; i++)
		lines += changes.text[i] == '\n';
	assert_int_equal(lines, 1000);
	journal_fini(&changes);
}

static void drops_lines_that_another_file_has(void **)
{
	struct journal changes = {.text = NULL};
	struct journal newer = {.text = NULL};
	size_t first = line_len(&changes, "a", 100000);
	size_t second = line_len(&newer, "b", 7);

	assert_int_equal(journal_join(&changes, &newer), 0);
	journal_drop(&changes, 0, first);
	assert_int_equal(changes.len, second);
	assert_memory_equal(changes.text, newer.text, second);
	assert_true(changes.capacity < first);
	journal_drop(&changes, 0, second);
	assert_int_equal(changes.len, 0);
	line_len(&changes, "c", 1);
	journal_fini(&newer);
	journal_fini(&changes);
}

static void drops_lines_behind_others(void **)
{
	struct journal changes = {.text = NULL};
	struct journal newer = {.text = NULL};
	size_t first = line_len(&changes, "a", 3);
	size_t second = line_len(&newer, "b", 7);

	assert_int_equal(journal_join(&changes, &newer), 0);
	assert_int_equal(journal_join(&changes, &newer), 0);
	journal_drop(&changes, first, second);
	assert_int_equal(changes.len, first + second);
	assert_memory_equal(changes.text + first, newer.text, second);
	journal_drop(&changes, first, second);
	assert_int_equal(changes.len, first);
	journal_fini(&newer);
	journal_fini(&changes);
}

static void assert_command(const struct journal_command *command, const char *expected)
{
	struct journal journal = {.text = NULL};

	assert_int_equal(journal_append_command(&journal, command), 0);
	assert_int_equal(journal.len, strlen(expected));
	assert_memory_equal(journal.text, expected, journal.len);
	journal_fini(&journal);
}

static void writes_a_line_of_seven_columns_for_a_command(void **)
{
	struct journal_command command = {.time_s = AT,
					  .uid = 4294967294,
					  .pid = 17,
					  .verb = "test",
					  .path = "prod/src",
					  .request_id = "id-1"};

	assert_command(&command,
		       AT_TEXT "\t4294967294\t17\ttest prod/src\tok\t-\tid-1\n");
	command.r = -EALREADY;
	command.text = "it is\nbeing tested";
	command.request_id = "";
	assert_command(&command, AT_TEXT "\t4294967294\t17\ttest prod/src\tEALREADY\t"
					 "it is\\nbeing tested\t-\n");
	command.r = -EPIPE;
	command.path = "../\t\033\xFF";
	command.text = NULL;
	assert_command(&command, AT_TEXT "\t4294967294\t17\ttest ../\\t\\x1B\\xFF\t"
					 "EIO\t-\t-\n");
}

static void assert_joined(const char *lines, bool is_of_commands, const char *expected)
{
	char text[512];
	struct journal newer = {.text = text, .len = strlen(lines)};
	struct journal journal = {.text = NULL};

	memcpy(text, lines, newer.len);
	assert_int_equal(
		journal_join_source(&journal, &newer, is_of_commands, "prod@eu-west-1"),
		0);
	assert_int_equal(journal.len, strlen(expected));
	assert_memory_equal(journal.text, expected, journal.len);
	journal_fini(&journal);
}

static void puts_the_source_in_front_of_paths(void **)
{
	assert_joined("T\ti/e\ttesting\tfailed\tno route\nT\t.\t-\t-\tnot watched\n",
		      false,
		      "T\tprod@eu-west-1/i/e\ttesting\tfailed\tno route\n"
		      "T\tprod@eu-west-1/.\t-\t-\tnot watched\n");
	assert_joined("T\t0\t12\ttest i/e\tok\t-\tid 1\n", true,
		      "T\t0\t12\ttest prod@eu-west-1/i/e\tok\t-\tid 1\n");
}

/* A state may have been edited by hand. */
static void copies_what_is_no_line_of_its_own(void **)
{
	assert_joined("no tab\nT\ti/e\t-\t-\t-\n\n", false,
		      "no tab\nT\tprod@eu-west-1/i/e\t-\t-\t-\n\n");
	assert_joined("T\t0\t12\tno-blank\nT", true, "T\t0\t12\tno-blank\nT");
	assert_joined("cut", false, "cut");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_line_of_five_columns),
		cmocka_unit_test(writes_hyphens_for_what_is_absent),
		cmocka_unit_test(keeps_a_hostile_text_on_one_line),
		cmocka_unit_test(cuts_a_text_after_a_whole_character),
		cmocka_unit_test(keeps_a_line_for_each_change_of_a_burst),
		cmocka_unit_test(drops_lines_that_another_file_has),
		cmocka_unit_test(drops_lines_behind_others),
		cmocka_unit_test(writes_a_line_of_seven_columns_for_a_command),
		cmocka_unit_test(puts_the_source_in_front_of_paths),
		cmocka_unit_test(copies_what_is_no_line_of_its_own),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
