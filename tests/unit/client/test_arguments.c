#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/client/arguments.h"

#define WORDS_MAX 16
#define LINE_SIZE 256

/* A command line, and what was said of it. */
struct parsed {
	char line[LINE_SIZE];
	char *argv[WORDS_MAX + 1];
	int argc;
	struct arguments arguments;
	char *message;
	size_t message_size;
};

static int parse(struct parsed *parsed, const char *line)
{
	FILE *err = open_memstream(&parsed->message, &parsed->message_size);
	char *rest = NULL;
	int r;

	snprintf(parsed->line, sizeof(parsed->line), "dmsfs %s", line);
	parsed->argc = 0;
	for (char *word = strtok_r(parsed->line, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		parsed->argv[parsed->argc++] = strcmp(word, "''") == 0 ? word + 2
								       : word;
	parsed->argv[parsed->argc] = NULL;
	r = arguments_parse(parsed->argc, parsed->argv, &parsed->arguments, err);
	fclose(err);
	return r;
}

static void reads_a_whole_command_line(void **)
{
	struct parsed parsed;

	assert_int_equal(parse(&parsed, "test a --timeout 7 --no-wait -q b --restart"),
			 0);
	assert_int_equal(parsed.arguments.kind, CLIENT_TEST);
	assert_int_equal(parsed.arguments.timeout_s, 7);
	assert_true(parsed.arguments.is_no_wait);
	assert_true(parsed.arguments.is_quiet);
	assert_true(parsed.arguments.is_restart);
	assert_int_equal(parsed.arguments.path_count, 2);
	assert_string_equal(parsed.arguments.paths[0], "a");
	assert_string_equal(parsed.arguments.paths[1], "b");
	free(parsed.message);
}

static void waits_for_300_seconds_by_default(void **)
{
	struct parsed parsed;

	assert_int_equal(parse(&parsed, "delete -- --quiet"), 0);
	assert_int_equal(parsed.arguments.kind, CLIENT_DELETE);
	assert_int_equal(parsed.arguments.timeout_s, 300);
	assert_false(parsed.arguments.is_quiet);
	assert_string_equal(parsed.arguments.paths[0], "--quiet");
	free(parsed.message);
}

static void asks_for_help_in_any_case(void **)
{
	struct parsed parsed;

	assert_int_equal(parse(&parsed, "test -h --no-such-option"), 0);
	assert_true(parsed.arguments.is_help);
	free(parsed.message);
}

static void refuses_wrong_usage(void **)
{
	static const struct {
		const char *line;
		const char *message;
	} rows[] = {
		{"test", "PATH is missing; a mountpoint of that name is ./test"},
		{"delete -q", "PATH is missing; a mountpoint of that name is ./delete"},
		{"test a ''", "a PATH is empty"},
		{"test --timeout", "--timeout: this option needs a value, SECONDS"},
		{"test --timeout 0 a",
		 "--timeout 0: must be a number from 1 to 604800"},
		{"test --timeout=-1 a",
		 "--timeout -1: must be a number from 1 to 604800"},
		{"test --timeout=1s a",
		 "--timeout 1s: must be a number from 1 to 604800"},
		{"test --timeout= a", "--timeout : must be a number from 1 to 604800"},
		{"test --timeout 604801 a",
		 "--timeout 604801: must be a number from 1 to 604800"},
		{"test --no-wait=1 a", "--no-wait=1: this option takes no value"},
		{"test --wait a", "--wait: unknown or ambiguous option"},
		{"test -x a", "-x: unknown option"},
		{"delete --restart a", "--restart: unknown or ambiguous option"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_test = rows[i].line[0] == 't';
		struct parsed parsed;
		char expected[LINE_SIZE];

		assert_int_equal(parse(&parsed, rows[i].line), EXIT_USAGE);
		snprintf(expected, sizeof(expected),
			 "dmsfs %s: %s (dmsfs %s -h explains it)\n",
			 is_test ? "test" : "delete", rows[i].message,
			 is_test ? "test" : "delete");
		assert_string_equal(parsed.message, expected);
		free(parsed.message);
	}
}

static void knows_its_words(void **)
{
	assert_true(arguments_are_meant("test"));
	assert_true(arguments_are_meant("delete"));
	assert_false(arguments_are_meant("./test"));
	assert_false(arguments_are_meant("tests"));
	assert_false(arguments_are_meant("--test"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_whole_command_line),
		cmocka_unit_test(waits_for_300_seconds_by_default),
		cmocka_unit_test(asks_for_help_in_any_case),
		cmocka_unit_test(refuses_wrong_usage),
		cmocka_unit_test(knows_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
