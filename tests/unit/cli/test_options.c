#include "fs/cli/command_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/cli/usage.h"

#define ARGS_MAX 48

/* One command line and what came of it. */
struct parsed {
	struct options options;
	int result;
	char *message; /* what was written to err */
};

/* @line is split at blanks; '' stands for an empty argument. */
static void parse(struct parsed *parsed, const char *line)
{
	char *argv[ARGS_MAX + 1] = {NULL};
	char *copy = strdup(line);
	char *rest = copy;
	char *word = NULL;
	size_t message_len;
	FILE *err = open_memstream(&parsed->message, &message_len);
	int argc = 0;

	assert_non_null(copy);
	assert_non_null(err);
	for (word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
		assert_true(argc < ARGS_MAX);
		if (strcmp(word, "''") == 0)
			word[0] = '\0';
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

static void refuses(const char *line, const char *message)
{
	struct parsed parsed;

	parse(&parsed, line);
	if (parsed.result != OPTIONS_EXIT_USAGE)
		fail_msg("%s: result %d, %s", line, parsed.result, parsed.message);
	if (strncmp(parsed.message, "dmsfs: ", 7) != 0 ||
	    strstr(parsed.message, message) == NULL ||
	    strchr(parsed.message, '\n') != strrchr(parsed.message, '\n'))
		fail_msg("%s: says '%s', wanted '%s'", line, parsed.message, message);
	drop(&parsed);
}

static const char *or_none(const char *text)
{
	return text ? text : "(none)";
}

static void has_the_documented_defaults(void **)
{
	struct parsed parsed;
	mode_t mask = umask(077);

	parse_well(&parsed, "dmsfs /mnt/dms");
	umask(mask);
	assert_string_equal(parsed.options.mountpoint, "/mnt/dms");
	assert_null(parsed.options.source);
	assert_null(parsed.options.region);
	assert_null(parsed.options.profile);
	assert_null(parsed.options.endpoint_url);
	assert_null(parsed.options.mount_options);
	assert_int_equal(parsed.options.endpoint_arns.count, 0);
	assert_int_equal(parsed.options.replication_instance_arns.count, 0);
	assert_int_equal(parsed.options.max_records, 100);
	assert_int_equal(parsed.options.refresh_s, 60);
	assert_int_equal(parsed.options.refresh_active_s, 5);
	assert_int_equal(parsed.options.connect_timeout_s, 10);
	assert_int_equal(parsed.options.read_timeout_s, 30);
	assert_int_equal(parsed.options.umask, 022);
	assert_int_equal(parsed.options.uid, getuid());
	assert_int_equal(parsed.options.gid, getgid());
	assert_false(parsed.options.is_http_allowed);
	assert_false(parsed.options.is_foreground);
	assert_false(parsed.options.is_debug);
	assert_false(parsed.options.is_quiet);
	assert_false(parsed.options.is_partial);
	assert_int_equal(parsed.options.source_count, 0);
	drop(&parsed);
}

static void check_all_options(const char *line)
{
	struct parsed parsed;

	parse_well(&parsed, line);
	assert_string_equal(parsed.options.mountpoint, "/m");
	assert_string_equal(parsed.options.region, "eu-west-1");
	assert_string_equal(parsed.options.profile, "prod");
	assert_string_equal(parsed.options.endpoint_url, "http://h:1/p");
	assert_true(parsed.options.is_http_allowed);
	assert_int_equal(parsed.options.endpoint_arns.count, 2);
	assert_string_equal(parsed.options.endpoint_arns.values[0], "e:1");
	assert_string_equal(parsed.options.endpoint_arns.values[1], "e:2");
	assert_int_equal(parsed.options.replication_instance_arns.count, 1);
	assert_string_equal(parsed.options.replication_instance_arns.values[0], "r:1");
	assert_int_equal(parsed.options.max_records, 20);
	assert_int_equal(parsed.options.refresh_s, 7);
	assert_int_equal(parsed.options.refresh_active_s, 2);
	assert_true(parsed.options.is_test_allowed);
	assert_true(parsed.options.is_deletion_allowed);
	assert_int_equal(parsed.options.test_interval_s, 0);
	assert_int_equal(parsed.options.connect_timeout_s, 3);
	assert_int_equal(parsed.options.read_timeout_s, 4);
	assert_int_equal(parsed.options.umask, 077);
	assert_int_equal(parsed.options.uid, 1000);
	assert_int_equal(parsed.options.gid, 4294967294);
	assert_true(parsed.options.is_allow_other);
	assert_string_equal(parsed.options.mount_options, "allow_other");
	assert_true(parsed.options.is_foreground);
	assert_true(parsed.options.is_quiet);
	assert_true(parsed.options.is_partial);
	drop(&parsed);
}

static void takes_every_option_in_its_long_form(void **)
{
	check_all_options(
		"dmsfs --region eu-west-1 --profile=prod --endpoint-url http://h:1/p "
		"--allow-http --endpoint-arn e:1 /m --endpoint-arn=e:2 "
		"--replication-instance-arn r:1 --max-records 20 --refresh 7 "
		"--refresh-active 2 --connect-timeout 3 --read-timeout 4 --umask 077 "
		"--uid 1000 --gid 4294967294 --allow-other --foreground --quiet "
		"--allow-test --allow-delete --test-interval 0 --partial");
}

static void takes_every_option_after_o(void **)
{
	check_all_options(
		"dmsfs /m -o "
		"region=eu-west-1,profile=prod,endpoint_url=http://h:1/p,allow_http "
		"-oendpoint_arn=e:1,endpoint_arn=e:2,replication_instance_arn=r:1 "
		"-o max_records=20,refresh=7,refresh_active=2,connect_timeout=3 -o "
		"read_timeout=4,umask=077,uid=1000,gid=4294967294,allow_other -o "
		"foreground,quiet,allow_test,allow_delete,test_interval=0,partial");
}

static void lets_read_only_beat_what_is_allowed(void **)
{
	static const struct {
		const char *line;
		bool is_allowed;
	} rows[] = {
		{"dmsfs /m", false},
		{"dmsfs --allow-test --allow-delete /m", true},
		{"dmsfs --allow-test --allow-delete -o ro /m", false},
		{"dmsfs -o ro,allow_test,allow_delete,rw /m", true},
		{"dmsfs -o rw,allow_test,allow_delete,ro /m", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct parsed parsed;

		parse_well(&parsed, rows[i].line);
		assert_int_equal(parsed.options.is_test_allowed, rows[i].is_allowed);
		assert_int_equal(parsed.options.is_deletion_allowed,
				 rows[i].is_allowed);
		assert_int_equal(
			options_for_fetcher(&parsed.options, NULL).has_commands,
			rows[i].is_allowed);
		assert_int_equal(parsed.options.test_interval_s, 60);
		drop(&parsed);
	}
}

static void takes_hyphens_after_o(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "dmsfs /m -o max-records=50,endpoint-arn=a");
	assert_int_equal(parsed.options.max_records, 50);
	assert_int_equal(parsed.options.endpoint_arns.count, 1);
	drop(&parsed);
}

static void takes_short_options(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "dmsfs -fq /m");
	assert_true(parsed.options.is_foreground);
	assert_true(parsed.options.is_quiet);
	assert_false(parsed.options.is_debug);
	drop(&parsed);
}

static void debug_stays_in_the_foreground(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "dmsfs -d /m");
	assert_true(parsed.options.is_debug);
	assert_true(parsed.options.is_foreground);
	drop(&parsed);
}

static void the_last_value_counts(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "dmsfs --region a --max-records 30 /m -o "
			    "region=b,max_records=40");
	assert_string_equal(parsed.options.region, "b");
	assert_int_equal(parsed.options.max_records, 40);
	drop(&parsed);
}

static void reads_what_mount_hands_down(void **)
{
	struct parsed parsed;

	/* mount.fuse3 run by root, on a line of fstab */
	parse_well(&parsed,
		   "dmsfs us-east-1 /mnt/dms -o "
		   "rw,noatime,x-systemd.automount,_netdev,nofail,user=me,users,"
		   "auto,defaults,comment=a\\,b,max_records=20,dev,suid,exec");
	assert_string_equal(parsed.options.source, "us-east-1");
	assert_string_equal(parsed.options.region, "us-east-1");
	assert_string_equal(parsed.options.mountpoint, "/mnt/dms");
	assert_int_equal(parsed.options.max_records, 20);
	assert_string_equal(parsed.options.mount_options, "noatime");
	drop(&parsed);
}

static void takes_all_options_of_fstab_and_their_opposites(void **)
{
	static const char *const names[] = {
		"iversion",    "noiversion", "mand",	    "nomand", "symfollow",
		"nosymfollow", "uhelper=x",  "helper=x",    "sync",   "async",
		"lazytime",    "nolazytime", "strictatime",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct parsed parsed;
		char line[80];

		snprintf(line, sizeof(line), "dmsfs us-east-1 /m -o rw,%s", names[i]);
		parse_well(&parsed, line);
		assert_null(parsed.options.mount_options);
		drop(&parsed);
	}
	refuses("dmsfs us-east-1 /m -o rw,remount",
		"-o remount: a mount of dmsfs keeps its options; unmount it and mount "
		"it again with other ones");
	refuses("dmsfs us-east-1 /m -o ro,remount,max_records=20",
		"-o remount: a mount");
	refuses("dmsfs us-east-1 /m -o remounted", "-o remounted: unknown option");
}

/* As mount(8) does where a file of that name is in the directory it is run in. */
static void takes_a_source_that_was_made_a_path(void **)
{
	static const struct {
		const char *file, *source, *region, *profile;
	} rows[] = {
		{"us-east-1", "us-east-1", "us-east-1", NULL},
		{"prod@us-east-1", "prod@us-east-1", "us-east-1", "prod"},
		{"none", "none", NULL, NULL},
	};
	char folder[] = "/tmp/dmsfs-unit-XXXXXX";

	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct parsed parsed;
		char line[128];
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", folder, rows[i].file);
		snprintf(line, sizeof(line), "dmsfs %s /m -o rw", path);
		assert_int_equal(mkdir(path, 0700), 0);
		parse_well(&parsed, line);
		assert_string_equal(parsed.options.source, rows[i].source);
		assert_string_equal(or_none(parsed.options.region),
				    or_none(rows[i].region));
		assert_string_equal(or_none(parsed.options.profile),
				    or_none(rows[i].profile));
		drop(&parsed);
		rmdir(path);
	}
	rmdir(folder);
}

static void checks_the_source_that_a_word_names(void **)
{
	static const struct {
		const char *word, *profile, *region, *mountpoint;
	} rows[] = {
		{"us-east-1", NULL, "us-east-1", NULL},
		{"prod@us-east-1", "prod", "us-east-1", NULL},
		{"prod/ReadOnly@us-east-1", "prod/ReadOnly", "us-east-1", NULL},
		{"a@b/c@us-east-1", "a@b/c", "us-east-1", NULL},
		{"/none/ReadOnly@us-east-1", "/none/ReadOnly", "us-east-1", NULL},
		{"/mnt/dms", NULL, NULL, "/mnt/dms"},
		{"./dms", NULL, NULL, "./dms"},
		{"dms/eu-west-1", NULL, NULL, "dms/eu-west-1"},
		{"me@corp/dms", NULL, NULL, "me@corp/dms"},
		{"/tmp", NULL, NULL, "/tmp"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct parsed parsed;
		char line[80];

		snprintf(line, sizeof(line), "dmsfs --check %s", rows[i].word);
		parse_well(&parsed, line);
		assert_string_equal(or_none(parsed.options.profile),
				    or_none(rows[i].profile));
		assert_string_equal(or_none(parsed.options.region),
				    or_none(rows[i].region));
		assert_string_equal(or_none(parsed.options.mountpoint),
				    or_none(rows[i].mountpoint));
		drop(&parsed);
	}
}

static void does_not_pass_on_ro_nor_what_is_always_on(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "dmsfs /m -o ro,nosuid,nodev,noexec,default_permissions");
	assert_null(parsed.options.mount_options);
	drop(&parsed);
}

static void passes_options_of_libfuse_on_with_their_commas(void **)
{
	struct parsed parsed;

	parse_well(&parsed,
		   "dmsfs /m -o auto_unmount,,context=a:s0:c1\\,c2,allow_root,");
	assert_string_equal(parsed.options.mount_options,
			    "auto_unmount,context=a:s0:c1\\,c2,allow_root");
	drop(&parsed);
}

static void a_backslash_keeps_a_comma_in_a_value(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "dmsfs /m -o profile=a\\,b\\\\c,region=r\\");
	assert_string_equal(parsed.options.profile, "a,b\\c");
	assert_string_equal(parsed.options.region, "r\\");
	drop(&parsed);
}

static void reads_profile_and_region_from_source(void **)
{
	static const struct {
		const char *line;
		const char *profile;
		const char *region;
	} cases[] = {
		{"dmsfs us-gov-west-1 /m", NULL, "us-gov-west-1"},
		{"dmsfs prod@eu-west-1 /m", "prod", "eu-west-1"},
		{"dmsfs me@example.com@eu-west-1 /m", "me@example.com", "eu-west-1"},
		{"dmsfs none /m", NULL, NULL},
		{"dmsfs none /m -o region=eu-west-1,profile=p", "p", "eu-west-1"},
		{"dmsfs eu-west-1 /m --region eu-west-1", NULL, "eu-west-1"},
		{"dmsfs -- eu-west-1 /m", NULL, "eu-west-1"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed parsed;

		parse_well(&parsed, cases[i].line);
		if (cases[i].profile == NULL)
			assert_null(parsed.options.profile);
		else
			assert_string_equal(parsed.options.profile, cases[i].profile);
		if (cases[i].region == NULL)
			assert_null(parsed.options.region);
		else
			assert_string_equal(parsed.options.region, cases[i].region);
		assert_string_equal(parsed.options.mountpoint, "/m");
		drop(&parsed);
	}
}

static void refuses_a_source_that_is_none(void **)
{
	refuses("dmsfs us_east /m", "SOURCE 'us_east': must be [PROFILE@]REGION");
	refuses("dmsfs /home/me /m", "SOURCE '/home/me'");
	refuses("dmsfs @us-east-1 /m", "SOURCE '@us-east-1'");
	refuses("dmsfs prod@ /m", "SOURCE 'prod@'");
	refuses("dmsfs -- -a /m", "SOURCE '-a'");
	refuses("dmsfs '' /m", "SOURCE ''");
	refuses("dmsfs "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa /m",
		"SOURCE 'aaaa");
}

/* "PROFILE@REGION=DIRECTORY" of each, with blanks; of a single source its profile and
 * Region. */
static char *sources_shown(const struct options *options)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (options->source_count == 0)
		fprintf(out, "only %s@%s", or_none(options->profile),
			or_none(options->region));
	for (size_t i = 0; i < options->source_count; i++) {
		const struct source_option *source = &options->sources[i];
		struct fetcher_options fetcher = options_for_fetcher(options, source);

		fprintf(out, "%s%s@%s=%s", i > 0 ? " " : "", or_none(source->profile),
			source->region, source->directory);
		assert_ptr_equal(fetcher.profile, source->profile);
		assert_ptr_equal(fetcher.region, source->region);
		assert_null(fetcher.endpoint_url);
	}
	fclose(out);
	return text;
}

static void takes_several_sources(void **)
{
	static const struct {
		const char *line, *device, *sources;
	} rows[] = {
		{"dmsfs a@us-east-1 b@eu-west-1 /m", "a@us-east-1,b@eu-west-1",
		 "a@us-east-1=a@us-east-1 b@eu-west-1=b@eu-west-1"},
		{"dmsfs us-east-1 a@us-east-1 us-gov-west-1 /m",
		 "us-east-1,a@us-east-1,us-gov-west-1",
		 "(none)@us-east-1=us-east-1 a@us-east-1=a@us-east-1 "
		 "(none)@us-gov-west-1=us-gov-west-1"},
		{"dmsfs a@us-east-1,b@eu-west-1 /m", "a@us-east-1,b@eu-west-1",
		 "a@us-east-1=a@us-east-1 b@eu-west-1=b@eu-west-1"},
		{"dmsfs us-east-1,eu-west-1 a@local /m -o rw,partial",
		 "us-east-1,eu-west-1,a@local",
		 "(none)@us-east-1=us-east-1 (none)@eu-west-1=eu-west-1 "
		 "a@local=a@local"},
		/* A profile's name may hold anything. */
		{"dmsfs .dmsfs@r-1 a/b@r-1 50%@r-1 /m", ".dmsfs@r-1,a/b@r-1,50%@r-1",
		 ".dmsfs@r-1=%2Edmsfs@r-1 a/b@r-1=a%2Fb@r-1 50%@r-1=50%25@r-1"},
		{"dmsfs a,b@us-east-1 /m", "a,b@us-east-1", "only a,b@us-east-1"},
		{"dmsfs x-1a,b@us-east-1 /m", "x-1a,b@us-east-1",
		 "only x-1a,b@us-east-1"},
		{"dmsfs a,b@us-east-1 c@us-east-1 /m", "a,b@us-east-1,c@us-east-1",
		 "a,b@us-east-1=a,b@us-east-1 c@us-east-1=c@us-east-1"},
		{"dmsfs @,a@us-east-1 /m", "@,a@us-east-1", "only @,a@us-east-1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct parsed parsed;
		char *shown;

		parse_well(&parsed, rows[i].line);
		shown = sources_shown(&parsed.options);
		assert_string_equal(parsed.options.source, rows[i].device);
		assert_string_equal(shown, rows[i].sources);
		assert_string_equal(parsed.options.mountpoint, "/m");
		free(shown);
		drop(&parsed);
	}
}

static void refuses_what_cannot_be_one_of_several(void **)
{
	refuses("dmsfs a@us-east-1 b@eu-west-1 a@us-east-1 /m",
		"SOURCE 'a@us-east-1' is given twice");
	refuses("dmsfs us-east-1,us-east-1 /m", "SOURCE 'us-east-1' is given twice; "
						"each must be another PROFILE@REGION");
	refuses("dmsfs prod us-east-1 /m",
		"SOURCE 'prod': must be PROFILE@REGION, such");
	refuses("dmsfs none us-east-1 /m", "SOURCE 'none': stands for the defaults");
	refuses("dmsfs a@us-east-1,none /m",
		"SOURCE 'none': stands for the defaults and cannot be one of several; "
		"name its Region");
	refuses("dmsfs us-east-1 eu-west-1 /m --region us-east-1",
		"--region: cannot stand beside several SOURCES");
	refuses("dmsfs us-east-1,eu-west-1 /m -o profile=a",
		"--profile: cannot stand beside several SOURCES");
	refuses("dmsfs --endpoint-url http://h/ us-east-1 eu-west-1 /m",
		"--endpoint-url: cannot stand beside several SOURCES, as each has its "
		"own: PROFILE@REGION, and endpoint_url in its profile");
	refuses("dmsfs a@us-east-1 @eu-west-1 /m", "SOURCE '@eu-west-1': must be");
	refuses("dmsfs a@us-east-1 b@ /m", "SOURCE 'b@': must be [PROFILE@]REGION");
	refuses("dmsfs a@us-east-1, /m", "SOURCE 'a@us-east-1,': must be");
	refuses("dmsfs us-east-1 /m /n", "SOURCE '/m': must be PROFILE@REGION, such");
	refuses("dmsfs us-east-1 /tmp /n",
		"SOURCE '/tmp': must be PROFILE@REGION, such");
	refuses("dmsfs a\tb@us-east-1 eu-west-1 /m", "with control characters");
	refuses("dmsfs us-east-1 eu-west-1 ''", "MOUNTPOINT is empty");
}

/* A name over 255 bytes is cut, and the rest still tells two apart. */
static void tells_long_sources_apart(void **)
{
	struct parsed parsed;
	char line[1024];

	snprintf(line, sizeof(line), "dmsfs %0300d1@us-east-1 %0300d2@us-east-1 /m", 0,
		 0);
	parse_well(&parsed, line);
	assert_int_equal(parsed.options.source_count, 2);
	assert_int_equal(strlen(parsed.options.sources[0].directory), 255);
	assert_string_not_equal(parsed.options.sources[0].directory,
				parsed.options.sources[1].directory);
	drop(&parsed);
	snprintf(line, sizeof(line), "dmsfs %0300d@us-east-1 %0300d@us-east-1 /m", 0,
		 0);
	refuses(line, "is given twice");
}

static void checks_the_sources_that_words_name(void **)
{
	static const struct {
		const char *words, *sources, *mountpoint;
	} rows[] = {
		{"a@us-east-1 b@eu-west-1",
		 "a@us-east-1=a@us-east-1 b@eu-west-1=b@eu-west-1", NULL},
		{"a@us-east-1,b@eu-west-1",
		 "a@us-east-1=a@us-east-1 b@eu-west-1=b@eu-west-1", NULL},
		{"a/b@us-east-1,eu-west-1",
		 "a/b@us-east-1=a%2Fb@us-east-1 (none)@eu-west-1=eu-west-1", NULL},
		{"us-east-1 eu-west-1",
		 "(none)@us-east-1=us-east-1 (none)@eu-west-1=eu-west-1", NULL},
		{"us-east-1 eu-west-1 /mnt",
		 "(none)@us-east-1=us-east-1 (none)@eu-west-1=eu-west-1", "/mnt"},
		{"us-east-1,eu-west-1 dms",
		 "(none)@us-east-1=us-east-1 (none)@eu-west-1=eu-west-1", "dms"},
		{"us-east-1 dms", "only (none)@us-east-1", "dms"},
		{"none dms", "only (none)@(none)", "dms"},
		/* A directory of that name is there. */
		{"us-east-1 ap-south-1", "only (none)@us-east-1", "ap-south-1"},
		{"us-east-1,eu-west-1 ap-south-1",
		 "(none)@us-east-1=us-east-1 (none)@eu-west-1=eu-west-1", "ap-south-1"},
		{"ap-south-1", "only (none)@ap-south-1", NULL},
	};
	char folder[] = "/tmp/dmsfs-unit-XXXXXX";
	char *before = getcwd(NULL, 0);

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(mkdir("ap-south-1", 0700), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct parsed parsed;
		char line[128];
		char *shown;

		snprintf(line, sizeof(line), "dmsfs --check %s", rows[i].words);
		parse_well(&parsed, line);
		shown = sources_shown(&parsed.options);
		assert_string_equal(shown, rows[i].sources);
		assert_string_equal(or_none(parsed.options.mountpoint),
				    or_none(rows[i].mountpoint));
		free(shown);
		drop(&parsed);
	}
	rmdir("ap-south-1");
	assert_int_equal(chdir(before), 0);
	rmdir(folder);
	free(before);
}

/* As mount(8) does where the directory it is run in leads to a file of that name, which
 * the slash in a profile's name makes rare. */
static void takes_several_sources_that_were_made_a_path(void **)
{
	char folder[] = "/tmp/dmsfs-unit-XXXXXX";
	char *before = getcwd(NULL, 0);
	char line[160];
	struct parsed parsed;
	char *shown;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(mkdir("a", 0700), 0);
	assert_int_equal(mkdir("a/b@us-east-1,c", 0700), 0);
	assert_int_equal(mkdir("a/b@us-east-1,c/d@eu-west-1", 0700), 0);
	snprintf(line, sizeof(line), "dmsfs %s/a/b@us-east-1,c/d@eu-west-1 /m", folder);
	parse_well(&parsed, line);
	shown = sources_shown(&parsed.options);
	assert_string_equal(shown, "a/b@us-east-1=a%2Fb@us-east-1 "
				   "c/d@eu-west-1=c%2Fd@eu-west-1");
	free(shown);
	drop(&parsed);
	rmdir("a/b@us-east-1,c/d@eu-west-1");
	rmdir("a/b@us-east-1,c");
	rmdir("a");
	assert_int_equal(chdir(before), 0);
	rmdir(folder);
	free(before);
}

static void refuses_an_option_that_contradicts_source(void **)
{
	refuses("dmsfs us-east-1 /m --region eu-west-1",
		"--region eu-west-1 contradicts SOURCE, which says us-east-1");
	refuses("dmsfs a@us-east-1 /m -o profile=b",
		"--profile b contradicts SOURCE, which says a");
}

static void refuses_a_wrong_number_and_names_the_bounds(void **)
{
	static const char *const wrong[] = {
		"101",
		"19",
		"0",
		"-20",
		"+20",
		"20x",
		"0x20",
		"20.5",
		"1e2",
		"@",
		"20,",
		"4294967346",
		"18446744073709551636",
		"99999999999999999999999999",
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char line[96];
		char message[96];

		snprintf(line, sizeof(line), "dmsfs --max-records %s /m", wrong[i]);
		snprintf(message, sizeof(message),
			 "--max-records %s: must be a number from 20 to 100", wrong[i]);
		refuses(line, message);
	}
	refuses("dmsfs /m -o max_records=101",
		"-o max_records=101: must be a number from 20 to 100");
	refuses("dmsfs --refresh 0 /m",
		"--refresh 0: must be a number from 1 to 604800");
	refuses("dmsfs --refresh-active 0 /m",
		"--refresh-active 0: must be a number from 1 to");
	refuses("dmsfs --connect-timeout 0 /m", "must be a number from 1 to 3600");
	refuses("dmsfs --read-timeout 3601 /m", "must be a number from 1 to 3600");
	refuses("dmsfs /m -o uid=4294967295", "must be a number from 0 to 4294967294");
	refuses("dmsfs /m -o gid=me",
		"-o gid=me: must be a number from 0 to 4294967294");
}

static void reads_the_umask_as_octal(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "dmsfs /m -o umask=27");
	assert_int_equal(parsed.options.umask, 027);
	drop(&parsed);
	refuses("dmsfs /m -o umask=8",
		"umask=8: must be an octal number from 0 to 777");
	refuses("dmsfs /m -o umask=1000", "must be an octal number from 0 to 777");
	refuses("dmsfs /m -o umask=0x1", "must be an octal number from 0 to 777");
}

static void refuses_unknown_options_and_guesses_what_was_meant(void **)
{
	refuses("dmsfs --max-record5 20 /m", "did you mean --max-records?");
	refuses("dmsfs --regoin=x /m", "--regoin=x: unknown option; did you "
				       "mean --region?");
	refuses("dmsfs /m -o max_rekords=20", "-o max_rekords=20: unknown option; did "
					      "you mean max_records?");
	refuses("dmsfs --zzzzzz /m", "--zzzzzz: unknown or ambiguous option");
	refuses("dmsfs /m -o zzzzzz=1", "-o zzzzzz=1: unknown option");
	refuses("dmsfs -fx /m", "-x: unknown option");
	refuses("dmsfs --re 3 /m", "--re: unknown or ambiguous option");
	refuses("dmsfs /m -o user_id=0", "-o user_id=0: unknown option");
	refuses("dmsfs /m -o fd=3", "-o fd=3: unknown option");
}

static void refuses_what_dmsfs_sets_itself(void **)
{
	refuses("dmsfs /m -o fsname=x", "-o fsname=x: dmsfs sets this option itself");
	refuses("dmsfs /m -o subtype=x", "-o subtype=x: dmsfs sets this option itself");
}

static void refuses_a_missing_and_a_needless_value(void **)
{
	refuses("dmsfs /m --region", "--region: this option needs a value, NAME");
	refuses("dmsfs /m -o", "-o: this option needs a value");
	refuses("dmsfs /m --region=", "--region: this option needs a value, NAME");
	refuses("dmsfs /m --profile ''", "this option needs a value, NAME");
	refuses("dmsfs /m -o region", "-o region: this option needs a value, NAME");
	refuses("dmsfs /m -o endpoint_arn=",
		"-o endpoint_arn=: this option needs a value, ARN");
	refuses("dmsfs /m --quiet=1", "--quiet=1: this option takes no value");
	refuses("dmsfs /m -o quiet=1", "-o quiet=1: this option takes no value");
}

static void refuses_a_wrong_count_of_operands(void **)
{
	refuses("dmsfs", "MOUNTPOINT is missing");
	refuses("dmsfs -f", "MOUNTPOINT is missing");
	refuses("dmsfs us-east-1 ''", "MOUNTPOINT is empty");
}

static void refuses_allow_other_with_allow_root(void **)
{
	refuses("dmsfs /m -o allow_other,allow_root", "exclude each other");
}

static void help_and_version_ask_for_nothing_else(void **)
{
	struct parsed parsed;

	parse_well(&parsed, "dmsfs -h --wrong");
	assert_true(parsed.options.is_help);
	drop(&parsed);
	parse_well(&parsed, "dmsfs --version");
	assert_true(parsed.options.is_version);
	drop(&parsed);
}

static char *printed(void (*print)(FILE *))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	print(out);
	fclose(out);
	return text;
}

static void help_fits_a_terminal_and_names_all_options(void **)
{
	static const char *const names[] = {
		"--region NAME",
		"--profile NAME",
		"--endpoint-url URL",
		"--allow-http",
		"--endpoint-arn ARN",
		"--replication-instance-arn ARN",
		"--max-records N",
		"--refresh SECONDS",
		"--refresh-active SECONDS",
		"--allow-test",
		"--allow-delete",
		"--test-interval SECONDS",
		"--connect-timeout SECONDS",
		"--read-timeout SECONDS",
		"--umask MASK",
		"-f, --foreground",
		"-d, --debug",
		"-q, --quiet",
		"-h, --help",
		"-V, --version",
		"-o OPT[,OPT...]",
	};
	char *help = printed(usage_print_help);
	char *rest = help;
	char *line;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strstr(help, names[i]) == NULL)
			fail_msg("no '%s' in the help", names[i]);
	}
	for (line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
		if (strlen(line) > 80)
			fail_msg("%zu columns: %s", strlen(line), line);
	}
	free(help);
}

static void version_names_the_libraries(void **)
{
	char *version = printed(usage_print_version);

	assert_ptr_equal(strstr(version, "dmsfs " DMSFS_VERSION "\n"), version);
	assert_non_null(strstr(version, "libfuse 3."));
	assert_non_null(strstr(version, "libcurl "));
	free(version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_documented_defaults),
		cmocka_unit_test(takes_every_option_in_its_long_form),
		cmocka_unit_test(takes_every_option_after_o),
		cmocka_unit_test(lets_read_only_beat_what_is_allowed),
		cmocka_unit_test(takes_hyphens_after_o),
		cmocka_unit_test(takes_short_options),
		cmocka_unit_test(debug_stays_in_the_foreground),
		cmocka_unit_test(the_last_value_counts),
		cmocka_unit_test(reads_what_mount_hands_down),
		cmocka_unit_test(takes_all_options_of_fstab_and_their_opposites),
		cmocka_unit_test(takes_a_source_that_was_made_a_path),
		cmocka_unit_test(checks_the_source_that_a_word_names),
		cmocka_unit_test(does_not_pass_on_ro_nor_what_is_always_on),
		cmocka_unit_test(passes_options_of_libfuse_on_with_their_commas),
		cmocka_unit_test(a_backslash_keeps_a_comma_in_a_value),
		cmocka_unit_test(reads_profile_and_region_from_source),
		cmocka_unit_test(refuses_a_source_that_is_none),
		cmocka_unit_test(takes_several_sources),
		cmocka_unit_test(refuses_what_cannot_be_one_of_several),
		cmocka_unit_test(tells_long_sources_apart),
		cmocka_unit_test(checks_the_sources_that_words_name),
		cmocka_unit_test(takes_several_sources_that_were_made_a_path),
		cmocka_unit_test(refuses_an_option_that_contradicts_source),
		cmocka_unit_test(refuses_a_wrong_number_and_names_the_bounds),
		cmocka_unit_test(reads_the_umask_as_octal),
		cmocka_unit_test(refuses_unknown_options_and_guesses_what_was_meant),
		cmocka_unit_test(refuses_what_dmsfs_sets_itself),
		cmocka_unit_test(refuses_a_missing_and_a_needless_value),
		cmocka_unit_test(refuses_a_wrong_count_of_operands),
		cmocka_unit_test(refuses_allow_other_with_allow_root),
		cmocka_unit_test(help_and_version_ask_for_nothing_else),
		cmocka_unit_test(help_fits_a_terminal_and_names_all_options),
		cmocka_unit_test(version_names_the_libraries),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
