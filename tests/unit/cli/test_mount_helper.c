#include "fs/cli/command_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/cli/mount_helper.h"

#define ARGS_MAX 24
#define REASON_SIZE 256

/* One command line and what came of it. */
struct parsed {
	struct options options;
	int result;
	char *message; /* what was written to err */
};

/* @line is split at blanks. */
static void parse(struct parsed *parsed, const char *line)
{
	char *argv[ARGS_MAX + 1] = {NULL};
	char *copy = strdup(line);
	char *rest = copy;
	size_t message_len;
	FILE *err = open_memstream(&parsed->message, &message_len);
	int argc = 0;

	assert_non_null(copy);
	assert_non_null(err);
	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
		assert_true(argc < ARGS_MAX);
		argv[argc++] = word;
	}
	parsed->result = command_line_parse(argc, argv, &parsed->options, err);
	fclose(err);
	free(copy); /* what is kept must be owned */
}

static void drop(struct parsed *parsed)
{
	options_fini(&parsed->options);
	free(parsed->message);
}

static void parse_well(struct parsed *parsed, const char *line)
{
	parse(parsed, line);
	if (parsed->result != 0)
		fail_msg("%s: %s", line, parsed->message);
	assert_string_equal(parsed->message, "");
}

static void is_meant_under_its_own_name_alone(void **)
{
	assert_true(mount_helper_is_meant("mount.dmsfs"));
	assert_true(mount_helper_is_meant("/usr/sbin/mount.dmsfs"));
	assert_false(mount_helper_is_meant("dmsfs"));
	assert_false(mount_helper_is_meant("/mount.dmsfs/dmsfs"));
	assert_false(mount_helper_is_meant("mount.dmsfs/"));
	assert_false(mount_helper_is_meant("umount.dmsfs"));
	assert_false(mount_helper_is_meant(NULL));
}

static void takes_a_mount_of_mount_8(void **)
{
	static const char *const lines[] = {
		"/sbin/mount.dmsfs prod@eu-west-1 /mnt/dms -o rw,max_records=50",
		"mount.dmsfs prod@eu-west-1 /mnt/dms -n -orw,max_records=50 -t x",
		"mount.dmsfs prod@eu-west-1 /mnt/dms -vn -o rw -o max_records=50",
		"mount.dmsfs -vno max_records=50 prod@eu-west-1 /mnt/dms",
		"mount.dmsfs -o max_records=50 -- prod@eu-west-1 /mnt/dms",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct parsed parsed;

		parse_well(&parsed, lines[i]);
		assert_string_equal(parsed.options.source, "prod@eu-west-1");
		assert_string_equal(parsed.options.profile, "prod");
		assert_string_equal(parsed.options.mountpoint, "/mnt/dms");
		assert_int_equal(parsed.options.max_records, 50);
		assert_false(parsed.options.is_fake);
		assert_false(parsed.options.is_foreground);
		assert_null(parsed.options.mount_namespace);
		drop(&parsed);
	}
}

static void takes_f_for_fake(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "mount.dmsfs us-east-1 /mnt -f");
	assert_true(parsed.options.is_fake);
	assert_false(parsed.options.is_foreground);
	drop(&parsed);
	parse_well(&parsed, "mount.dmsfs us-east-1 /mnt -sfnv");
	assert_true(parsed.options.is_fake);
	drop(&parsed);
	parse_well(&parsed, "dmsfs us-east-1 /mnt -f");
	assert_false(parsed.options.is_fake);
	assert_true(parsed.options.is_foreground);
	drop(&parsed);
}

static void ignores_unknown_options_when_sloppy(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "mount.dmsfs none /mnt -o frob,max_records=30,x=y -s");
	assert_int_equal(parsed.options.max_records, 30);
	drop(&parsed);
}

static void names_what_is_unknown_unless_sloppy(void **)
{
	struct parsed parsed;

	parse(&parsed, "mount.dmsfs none /mnt -o frob,max_records=30");
	assert_int_equal(parsed.result, OPTIONS_EXIT_USAGE);
	assert_non_null(strstr(parsed.message, "-o frob: "));
	drop(&parsed);
}

static void keeps_the_namespace(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "mount.dmsfs none /mnt -N /a -N /proc/1/ns/mnt");
	assert_string_equal(parsed.options.mount_namespace, "/proc/1/ns/mnt");
	drop(&parsed);
}

static void prints_help_and_version_for_people(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "mount.dmsfs -h");
	assert_true(parsed.options.is_help);
	drop(&parsed);
	parse_well(&parsed, "mount.dmsfs --version");
	assert_true(parsed.options.is_version);
	drop(&parsed);
}

static void refuses_what_is_not_of_mount_8(void **)
{
	static const struct {
		const char *line;
		const char *message;
	} cases[] = {
		{"mount.dmsfs none /mnt -x", "usage: mount.dmsfs SOURCE DIRECTORY"},
		{"mount.dmsfs none /mnt --region us-east-1", "usage: mount.dmsfs"},
		{"mount.dmsfs none /mnt -o", "-o: this option needs a value"},
		{"mount.dmsfs none /mnt -N", "-N: this option needs a value"},
		{"mount.dmsfs none /mnt -t", "-t: this option needs a value"},
		{"mount.dmsfs none /mnt more", "SOURCE 'none': stands for"},
		{"mount.dmsfs", "MOUNTPOINT is missing"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].line);
		assert_int_equal(parsed.result, OPTIONS_EXIT_USAGE);
		if (!strstr(parsed.message, cases[i].message))
			fail_msg("%s: %s", cases[i].line, parsed.message);
		drop(&parsed);
	}
}

static void takes_an_operand_that_begins_with_a_hyphen(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "mount.dmsfs -- none -mnt");
	assert_string_equal(parsed.options.mountpoint, "-mnt");
	drop(&parsed);
}

static void says_which_namespace_it_cannot_enter(void **)
{
	char reason[REASON_SIZE];

	assert_true(mount_helper_enter("/nonexistent", reason, sizeof(reason)) < 0);
	assert_string_equal(reason,
			    "cannot enter the mount namespace /nonexistent (-N): "
			    "No such file or directory");
	/* A namespace, but of another kind. */
	assert_true(mount_helper_enter("/proc/self/ns/net", reason, sizeof(reason)) <
		    0);
	assert_non_null(strstr(reason, "/proc/self/ns/net"));
}

static void enters_a_namespace(void **)
{
	char reason[REASON_SIZE];

	if (geteuid() != 0)
		skip();
	if (mount_helper_enter("/proc/self/ns/mnt", reason, sizeof(reason)) < 0)
		fail_msg("%s", reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_meant_under_its_own_name_alone),
		cmocka_unit_test(takes_a_mount_of_mount_8),
		cmocka_unit_test(takes_f_for_fake),
		cmocka_unit_test(ignores_unknown_options_when_sloppy),
		cmocka_unit_test(names_what_is_unknown_unless_sloppy),
		cmocka_unit_test(keeps_the_namespace),
		cmocka_unit_test(prints_help_and_version_for_people),
		cmocka_unit_test(refuses_what_is_not_of_mount_8),
		cmocka_unit_test(takes_an_operand_that_begins_with_a_hyphen),
		cmocka_unit_test(says_which_namespace_it_cannot_enter),
		cmocka_unit_test(enters_a_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
