/*
 * Memory that runs short while the command line is read.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/cli/command_line.h"
#include "tests/unit/shortage.h"

#define ARGS_MAX 16

struct line {
	const char *args[ARGS_MAX]; /* up to a NULL */
	const char *region;	    /* of the first source */
	const char *mountpoint;
};

static int parse(void *data, struct error *error)
{
	const struct line *line = data;
	char *argv[ARGS_MAX + 1] = {NULL};
	struct options options;
	char said[256] = "";
	FILE *err;
	int argc = 0;
	int result;

	shortage_pause();
	for (; line->args[argc]; argc++)
		argv[argc] = strdup(line->args[argc]); /* which are put in order */
	err = fmemopen(said, sizeof(said), "w");
	assert_non_null(err);
	shortage_resume();
	result = command_line_parse(argc, argv, &options, err);
	fclose(err);
	if (result == 0) {
		assert_string_equal(options.source_count > 0 ? options.sources[0].region
							     : options.region,
				    line->region);
		assert_string_equal(options.mountpoint, line->mountpoint);
		assert_string_equal(said, "");
	} else {
		assert_int_equal(result, 1);
		assert_string_equal(said, "dmsfs: out of memory\n");
		error_set(error, ERROR_MEMORY, "%s", said);
	}
	options_fini(&options);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return result == 0 ? 0 : -ENOMEM;
}

static void reads_the_whole_command_line_or_says_what_it_lacks(void **)
{
	static struct line lines[] = {
		{{"dmsfs", "/mnt", "--region", "eu-west-3", "--profile", "p",
		  "--endpoint-arn", "a", "--endpoint-arn", "b", "-q"},
		 "eu-west-3",
		 "/mnt"},
		{{"dmsfs", "p@eu-west-3", "/mnt", "-o",
		  "allow_other,log_file=x,refresh=9"},
		 "eu-west-3",
		 "/mnt"},
		{{"dmsfs", "p@eu-west-3", "/mnt", "-o", "noatime,region=eu-west-3"},
		 "eu-west-3",
		 "/mnt"},
		{{"dmsfs", "--check", "/mnt", "--region", "eu-west-3"},
		 "eu-west-3",
		 "/mnt"},
		{{"dmsfs", "p@eu-west-3,q@eu-west-3", "eu-west-3", "/mnt"},
		 "eu-west-3",
		 "/mnt"},
		{{"mount.dmsfs", "p@eu-west-3", "/mnt", "-s", "-N", "/proc/1/ns/mnt",
		  "-o", "rw,unknown"},
		 "eu-west-3",
		 "/mnt"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_true(shortage_starve(parse, NULL, &lines[i]) > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_whole_command_line_or_says_what_it_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
