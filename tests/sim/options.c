#include "tests/sim/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_PORT = 256,
	OPT_CERT,
	OPT_KEY,
	OPT_REGION,
	OPT_ACCESS_KEY,
	OPT_SECRET_KEY,
	OPT_SESSION_TOKEN,
	OPT_CLOCK_OFFSET,
	OPT_LISTING,
	OPT_CONNECTIONS,
	OPT_INSTANCES,
	OPT_SEED,
	OPT_FAILED_PERCENT,
	OPT_TESTING_PERCENT,
	OPT_NOT_FOUND_FAULT,
	OPT_END_MARKER,
	OPT_TEST_SECONDS,
	OPT_DELETE_SECONDS,
	OPT_FAIL,
	OPT_LATENCY_MS,
	OPT_EXIT_WITH_STDIN,
};

static const struct option names[] = {
	{"port", required_argument, NULL, OPT_PORT},
	{"cert", required_argument, NULL, OPT_CERT},
	{"key", required_argument, NULL, OPT_KEY},
	{"region", required_argument, NULL, OPT_REGION},
	{"access-key", required_argument, NULL, OPT_ACCESS_KEY},
	{"secret-key", required_argument, NULL, OPT_SECRET_KEY},
	{"session-token", required_argument, NULL, OPT_SESSION_TOKEN},
	{"clock-offset", required_argument, NULL, OPT_CLOCK_OFFSET},
	{"listing", required_argument, NULL, OPT_LISTING},
	{"connections", required_argument, NULL, OPT_CONNECTIONS},
	{"instances", required_argument, NULL, OPT_INSTANCES},
	{"seed", required_argument, NULL, OPT_SEED},
	{"failed-percent", required_argument, NULL, OPT_FAILED_PERCENT},
	{"testing-percent", required_argument, NULL, OPT_TESTING_PERCENT},
	{"not-found-fault", no_argument, NULL, OPT_NOT_FOUND_FAULT},
	{"end-marker", required_argument, NULL, OPT_END_MARKER},
	{"test-seconds", required_argument, NULL, OPT_TEST_SECONDS},
	{"delete-seconds", required_argument, NULL, OPT_DELETE_SECONDS},
	{"fail", required_argument, NULL, OPT_FAIL},
	{"latency-ms", required_argument, NULL, OPT_LATENCY_MS},
	{"exit-with-stdin", no_argument, NULL, OPT_EXIT_WITH_STDIN},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool read_number(const char *text, double min, double max, double *value)
{
	char *end = NULL;

	errno = 0;
	*value = strtod(text, &end);
	return end != text && !*end && !errno && *value >= min && *value <= max;
}

static bool read_count(const char *text, size_t min, size_t max, size_t *value)
{
	double number = 0;

	if (!read_number(text, (double)min, (double)max, &number) ||
	    number != floor(number))
		return false;
	*value = (size_t)number;
	return true;
}

static bool read_percent(const char *text, unsigned *value)
{
	size_t count = 0;
	bool is_right = read_count(text, 0, 100, &count);

	*value = (unsigned)count;
	return is_right;
}

static bool read_port(const char *text, unsigned *value)
{
	size_t count = 0;
	bool is_right = read_count(text, 0, 65535, &count);

	*value = (unsigned)count;
	return is_right;
}

const char *options_end_marker(const char *name)
{
	static const char *const known[] = {"absent", "empty", "null"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(known[i], name) == 0)
			return known[i];
	}
	return NULL;
}

static bool set_text(const char **at, const char *text)
{
	*at = text;
	return text && *text;
}

static bool set_fail(struct options *options, const char *text)
{
	if (options->fail_count == OPTIONS_FAIL_MAX)
		return false;
	options->fail[options->fail_count++] = text;
	return true;
}

static bool set_service(struct options *options, int opt, const char *text)
{
	struct settings *settings = &options->settings;

	switch (opt) {
	case OPT_PORT:
		return read_port(text, &options->port);
	case OPT_CERT:
		return set_text(&options->cert_path, text);
	case OPT_KEY:
		return set_text(&options->key_path, text);
	case OPT_ACCESS_KEY:
		return set_text(&options->access_key, text);
	case OPT_SECRET_KEY:
		return set_text(&options->secret_key, text);
	case OPT_SESSION_TOKEN:
		return set_text(&options->session_token, text);
	case OPT_CLOCK_OFFSET:
		return read_number(text, -1e9, 1e9, &settings->clock_offset_s);
	case OPT_NOT_FOUND_FAULT:
		settings->not_found_fault = true;
		return true;
	case OPT_END_MARKER:
		return set_text(&settings->end_marker, options_end_marker(text));
	case OPT_TEST_SECONDS:
		return read_number(text, 0, 1e6, &settings->test_s);
	case OPT_DELETE_SECONDS:
		return read_number(text, 0, 1e6, &settings->delete_s);
	case OPT_LATENCY_MS:
		return read_number(text, 0, 1e6, &settings->latency_ms);
	case OPT_FAIL:
		return set_fail(options, text);
	case OPT_EXIT_WITH_STDIN:
		options->exit_with_stdin = true;
		return true;
	default:
		return false;
	}
}

static bool set_data(struct options *options, int opt, const char *text)
{
	struct generate_options *generate = &options->generate;
	size_t seed = 0;

	switch (opt) {
	case OPT_REGION:
		return set_text(&generate->region, text);
	case OPT_LISTING:
		return set_text(&options->listing_path, text);
	case OPT_CONNECTIONS:
		return read_count(text, 0, 10000000, &generate->connections);
	case OPT_INSTANCES:
		return read_count(text, 1, 10000000, &generate->instances);
	case OPT_SEED:
		if (!read_count(text, 0, (size_t)1 << 52, &seed))
			return false;
		generate->seed = seed;
		return true;
	case OPT_FAILED_PERCENT:
		return read_percent(text, &generate->failed_percent);
	case OPT_TESTING_PERCENT:
		return read_percent(text, &generate->testing_percent);
	default:
		return set_service(options, opt, text);
	}
}

static const char *name_of(int opt)
{
	for (size_t i = 0; names[i].name; i++) {
		if (names[i].val == opt)
			return names[i].name;
	}
	return "?";
}

static int check(const struct options *options, int argc, char **argv)
{
	if (optind < argc) {
		fprintf(stderr, "dms-sim: unexpected argument '%s'\n", argv[optind]);
		return -EINVAL;
	}
	if (!options->cert_path != !options->key_path) {
		fputs("dms-sim: --cert and --key go together\n", stderr);
		return -EINVAL;
	}
	return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
	int opt = 0;

	*options = (struct options){
		.access_key = "AKIDEXAMPLE",
		.secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
		.generate = {.region = "us-east-1",
			     .seed = 1,
			     .connections = 0,
			     .instances = 12,
			     .failed_percent = 8,
			     .testing_percent = 2},
		.settings = {.test_s = 3, .delete_s = 3, .end_marker = "absent"},
	};
	while (1) {
		opt = getopt_long(argc, argv, "h", names, NULL);
		if (opt == -1)
			return check(options, argc, argv);
		if (opt == 'h')
			return 1;
		if (opt == '?')
			return -EINVAL;
		if (!set_data(options, opt, optarg)) {
			fprintf(stderr, "dms-sim: --%s does not take '%s'\n",
				name_of(opt), optarg ? optarg : "");
			return -EINVAL;
		}
	}
}
