#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/client/report.h"

#define NAMES 3

/* A report of three targets, and what it printed. */
struct printed {
	struct arguments arguments;
	struct target items[NAMES];
	struct targets targets;
	struct report report;
	FILE *out_stream;
	FILE *err_stream;
	char *out;
	char *err;
	size_t out_size;
	size_t err_size;
};

static void begin(struct printed *printed)
{
	static const char *const names[NAMES] = {"prod/a", "prod/b", "test/c"};

	for (size_t i = 0; i < NAMES; i++)
		printed->items[i].shown = strdup(names[i]);
	printed->targets = (struct targets){
		.items = printed->items, .count = NAMES, .source_count = 2};
	if (!printed->arguments.timeout_s)
		printed->arguments.timeout_s = 300;
	printed->out_stream = open_memstream(&printed->out, &printed->out_size);
	printed->err_stream = open_memstream(&printed->err, &printed->err_size);
	report_init(&printed->report, &printed->arguments, printed->out_stream,
		    printed->err_stream);
	assert_int_equal(report_begin(&printed->report, &printed->targets), 0);
}

/* NULL: whatever it is. */
static void assert_printed(struct printed *printed, int status, const char *out,
			   const char *err)
{
	assert_int_equal(printed->report.status, status);
	fclose(printed->out_stream);
	fclose(printed->err_stream);
	if (out)
		assert_string_equal(printed->out, out);
	if (err)
		assert_string_equal(printed->err, err);
	free(printed->out);
	free(printed->err);
	report_fini(&printed->report);
	for (size_t i = 0; i < NAMES; i++)
		free(printed->items[i].shown);
}

static void end(struct printed *printed, size_t index, enum gate_end how,
		const char *text)
{
	char copy[64];
	struct gate_result result = {.end = how, .text = text ? copy : NULL};

	snprintf(copy, sizeof(copy), "%s", text ? text : "");
	report_end(&printed->report, &printed->items[index], &result);
}

static void enter(struct printed *printed, size_t index, enum gate_phase phase)
{
	report_enter(&printed->report, &printed->items[index], phase, 0);
}

static void prints_a_line_for_each_result(void **)
{
	struct printed printed = {.out = NULL};

	begin(&printed);
	end(&printed, 1, GATE_DONE, NULL);
	end(&printed, 0, GATE_FAILED, "no route");
	end(&printed, 2, GATE_FAILED, NULL);
	assert_int_equal(report_status(&printed.report), EXIT_FAILED);
	assert_printed(&printed, EXIT_FAILED,
		       "prod/b: successful\nprod/a: failed: no route\ntest/c: failed\n",
		       "");
}

static void keeps_further_lines_apart(void **)
{
	struct printed printed = {.out = NULL};

	begin(&printed);
	end(&printed, 0, GATE_FAILED, "one\n two\nprod/b: successful");
	end(&printed, 1, GATE_REFUSED, "one\ntwo");
	assert_printed(&printed, EXIT_REFUSED,
		       "prod/a: failed: one\n two\n prod/b: successful\n",
		       "dmsfs: prod/b: one\n two\n");
}

static void says_nothing_of_successes_if_quiet(void **)
{
	struct printed printed = {.arguments = {.is_quiet = true}};

	begin(&printed);
	enter(&printed, 0, GATE_ANOTHERS);
	end(&printed, 0, GATE_DONE, NULL);
	end(&printed, 1, GATE_TAKEN, NULL);
	end(&printed, 2, GATE_FAILED, "why");
	assert_printed(&printed, EXIT_FAILED, "test/c: failed: why\n", "");
}

static void says_that_a_test_is_anothers(void **)
{
	struct printed printed = {.out = NULL};

	begin(&printed);
	enter(&printed, 0, GATE_COMMANDING);
	enter(&printed, 0, GATE_ANOTHERS);
	end(&printed, 0, GATE_DONE, NULL);
	assert_printed(&printed, EXIT_SUCCESS, "prod/a: successful\n",
		       "dmsfs: prod/a: another's test runs already; its result is "
		       "waited for\n");
}

static void says_how_deletions_went(void **)
{
	struct printed printed = {.arguments = {.kind = CLIENT_DELETE}};

	begin(&printed);
	end(&printed, 0, GATE_DONE, NULL);
	end(&printed, 1, GATE_TAKEN, NULL);
	end(&printed, 2, GATE_FAILED, "its status is failed");
	assert_printed(&printed, EXIT_FAILED,
		       "prod/a: deleted\nprod/b: deleting\n"
		       "test/c: not deleted: its status is failed\n",
		       "");
}

static void ranks_3_before_4_before_1(void **)
{
	static const enum gate_end ends[] = {GATE_REFUSED, GATE_TIME_UP, GATE_FAILED,
					     GATE_DONE};
	static const int statuses[] = {EXIT_REFUSED, EXIT_TIME_UP, EXIT_FAILED,
				       EXIT_SUCCESS};

	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < 4; j++) {
			struct printed printed = {.arguments = {.is_quiet = true}};

			begin(&printed);
			enter(&printed, 0, GATE_UNDER_WAY);
			enter(&printed, 1, GATE_UNDER_WAY);
			end(&printed, 0, ends[i], "x");
			end(&printed, 1, ends[j], "x");
			assert_int_equal(report_status(&printed.report),
					 statuses[i < j ? i : j]);
			assert_printed(&printed, statuses[i < j ? i : j], NULL, NULL);
		}
	}
}

static void says_what_is_left_when_the_time_is_up(void **)
{
	struct printed printed = {.arguments = {.timeout_s = 5}};

	begin(&printed);
	enter(&printed, 0, GATE_UNDER_WAY);
	enter(&printed, 1, GATE_COMMANDING);
	assert_int_equal(report_give_up(&printed.report), EXIT_TIME_UP);
	pthread_mutex_unlock(&printed.report.lock);
	assert_printed(
		&printed, EXIT_TIME_UP, "",
		"dmsfs: prod/a: still testing after 5 s; the test goes on\n"
		"dmsfs: prod/b: no response within 5 s; the test may have begun\n"
		"dmsfs: test/c: not begun within 5 s\n");
}

static void says_what_goes_on_when_interrupted(void **)
{
	struct printed printed = {.out = NULL};

	begin(&printed);
	for (size_t i = 0; i < NAMES; i++)
		assert_int_equal(report_next(&printed.report, 0), (ptrdiff_t)i);
	assert_int_equal(report_next(&printed.report, 0), -1);
	enter(&printed, 0, GATE_UNDER_WAY);
	enter(&printed, 1, GATE_COMMANDING);
	enter(&printed, 2, GATE_TURN);
	report_interrupt(&printed.report);
	pthread_mutex_unlock(&printed.report.lock);
	assert_printed(&printed, EXIT_SUCCESS, "",
		       "dmsfs: interrupted; the service goes on with prod/a, prod/b; "
		       "1 not begun\n");
}

static void begins_with_those_of_a_source_in_their_order(void **)
{
	struct printed printed = {.out = NULL};

	begin(&printed);
	printed.items[1].source = 1;
	assert_int_equal(report_next(&printed.report, 1), 1);
	assert_int_equal(report_next(&printed.report, 1), -1);
	enter(&printed, 1, GATE_UNDER_WAY);
	assert_int_equal(report_next(&printed.report, 0), 0);
	assert_int_equal(report_next(&printed.report, 0), 2);
	assert_int_equal(report_next(&printed.report, 0), -1);
	report_interrupt(&printed.report);
	pthread_mutex_unlock(&printed.report.lock);
	assert_printed(&printed, EXIT_SUCCESS, "",
		       "dmsfs: interrupted; the service goes on with prod/b; "
		       "2 not begun\n");
}

static void says_once_that_the_mount_is_stale(void **)
{
	struct printed printed = {.out = NULL};

	begin(&printed);
	report_stale(&printed.report, "no route");
	report_stale(&printed.report, "no route");
	assert_printed(&printed, EXIT_SUCCESS, "",
		       "dmsfs: the mount is stale, so results may be late: no route\n");
}

static void fails_where_nothing_can_be_printed(void **)
{
	struct printed printed = {.out = NULL};
	FILE *full = fopen("/dev/full", "w");

	begin(&printed);
	assert_non_null(full);
	printed.report.out = full;
	end(&printed, 0, GATE_DONE, NULL);
	fclose(full);
	assert_printed(&printed, EXIT_REFUSED, "",
		       "dmsfs: standard output: No space left on device\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_a_line_for_each_result),
		cmocka_unit_test(keeps_further_lines_apart),
		cmocka_unit_test(says_nothing_of_successes_if_quiet),
		cmocka_unit_test(says_that_a_test_is_anothers),
		cmocka_unit_test(says_how_deletions_went),
		cmocka_unit_test(ranks_3_before_4_before_1),
		cmocka_unit_test(says_what_is_left_when_the_time_is_up),
		cmocka_unit_test(says_what_goes_on_when_interrupted),
		cmocka_unit_test(begins_with_those_of_a_source_in_their_order),
		cmocka_unit_test(says_once_that_the_mount_is_stale),
		cmocka_unit_test(fails_where_nothing_can_be_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
