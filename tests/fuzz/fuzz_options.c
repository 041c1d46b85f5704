/*
 * The command line: arguments that end in NULs, of dmsfs and of mount.dmsfs.
 */
#include <string.h>

#include "fs/cli/command_line.h"
#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"

#define ARGUMENTS_MAX 64
#define OUTPUT_SIZE 65536

struct arguments {
	char *text; /* owned */
	char *argv[ARGUMENTS_MAX + 2];
	int argc;
};

static void arguments_init(struct arguments *arguments, char *program,
			   const uint8_t *data, size_t size)
{
	char *at = malloc(size + 1);
	char *end = at + size;

	FUZZ_CHECK(at);
	memcpy(at, data, size);
	*end = '\0';
	*arguments = (struct arguments){.text = at, .argv = {program}, .argc = 1};
	while (at < end && arguments->argc <= ARGUMENTS_MAX) {
		arguments->argv[arguments->argc++] = at;
		at += strlen(at) + 1;
	}
	arguments->argv[arguments->argc] = NULL;
}

static bool is_passed_on(const char *option)
{
	static const char *const passed[] = {
		"allow_other", "allow_root",  "auto_unmount",
		"noatime",     "nodiratime",  "context=",
		"fscontext=",  "defcontext=", "rootcontext="};

	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++) {
		size_t len = strlen(passed[i]);

		if (passed[i][len - 1] == '=' ? strncmp(option, passed[i], len) == 0
					      : strcmp(option, passed[i]) == 0)
			return true;
	}
	return false;
}

/* libfuse must see nothing but what is meant for it: no "ro" hidden in a value. */
static void check_mount_options(const char *list)
{
	char *option = strdup(list);
	char *to = option;

	FUZZ_CHECK(option);
	for (; *list != '\0'; list++) {
		if (*list == ',') {
			*to = '\0';
			FUZZ_CHECK(is_passed_on(option));
			to = option;
			continue;
		}
		if (*list == '\\') {
			list++;
			FUZZ_CHECK(*list == '\\' || *list == ',');
		}
		*to++ = *list;
	}
	*to = '\0';
	FUZZ_CHECK(is_passed_on(option));
	free(option);
}

static void check_values(const struct option_values *list)
{
	for (size_t i = 0; i < list->count; i++)
		FUZZ_CHECK(list->values[i] && list->values[i][0] != '\0');
}

/* Each can be a directory of its own, and none is hidden. */
static void check_sources(const struct options *options)
{
	const struct source_option *sources = options->sources;

	FUZZ_CHECK(options->source_count > 1 && options->source);
	FUZZ_CHECK(!options->region && !options->profile && !options->endpoint_url);
	for (size_t i = 0; i < options->source_count; i++) {
		size_t len = strlen(sources[i].directory);

		FUZZ_CHECK(strstr(options->source, sources[i].name));
		FUZZ_CHECK(strstr(sources[i].name, sources[i].region));
		FUZZ_CHECK(!sources[i].profile || sources[i].profile[0] != '\0');
		FUZZ_CHECK(len > 0 && len <= 255 && sources[i].directory[0] != '.');
		FUZZ_CHECK(!strchr(sources[i].directory, '/'));
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(strcmp(sources[i].directory, sources[j].directory));
	}
}

static void check_options(const struct options *options)
{
	if (options->is_help || options->is_version)
		return;
	FUZZ_CHECK(options->mountpoint || options->is_check);
	FUZZ_CHECK(!options->mountpoint || options->mountpoint[0] != '\0');
	FUZZ_CHECK(options->max_records >= 20 && options->max_records <= 100);
	FUZZ_CHECK(options->refresh_s > 0 && options->refresh_active_s > 0);
	FUZZ_CHECK(options->connect_timeout_s > 0 && options->read_timeout_s > 0);
	FUZZ_CHECK(options->umask <= 0777);
	FUZZ_CHECK(options->uid != UINT32_MAX && options->gid != UINT32_MAX);
	FUZZ_CHECK(!options->is_debug || options->is_foreground);
	FUZZ_CHECK(!options->region || options->region[0] != '\0');
	FUZZ_CHECK(!options->profile || options->profile[0] != '\0');
	FUZZ_CHECK(!options->endpoint_url || options->endpoint_url[0] != '\0');
	check_values(&options->endpoint_arns);
	check_values(&options->replication_instance_arns);
	if (options->source_count > 0)
		check_sources(options);
	if (options->mount_options)
		check_mount_options(options->mount_options);
}

static void check_program(char *program, const uint8_t *data, size_t size)
{
	static char output[OUTPUT_SIZE];
	struct arguments arguments;
	struct options options;
	FILE *err = fmemopen(output, sizeof(output), "w");
	int result;

	FUZZ_CHECK(err);
	output[0] = '\0';
	arguments_init(&arguments, program, data, size);
	result = command_line_parse(arguments.argc, arguments.argv, &options, err);
	fclose(err);
	FUZZ_CHECK(result == 0 || result == OPTIONS_EXIT_USAGE);
	FUZZ_CHECK((result == 0) == (output[0] == '\0'));
	if (result == 0)
		check_options(&options);
	else
		FUZZ_CHECK(strncmp(output, "dmsfs: ", strlen("dmsfs: ")) == 0);
	options_fini(&options);
	free(arguments.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char program[] = "dmsfs";
	static char helper[] = "/sbin/mount.dmsfs";

	check_program(program, data, size);
	check_program(helper, data, size);
	return 0;
}
