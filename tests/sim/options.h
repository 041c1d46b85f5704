/* The command line of the sim; main.c documents it. */
#ifndef DMS_SIM_OPTIONS_H
#define DMS_SIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/sim/generate.h"

#define OPTIONS_FAIL_MAX 16

/* What control calls may change while the sim runs. */
struct settings {
	double latency_ms;
	double clock_offset_s;
	double test_s;
	double delete_s;
	bool not_found_fault;
	const char *end_marker; /* "absent", "empty" or "null" */
};

/* Strings are borrowed from argv. */
struct options {
	unsigned port; /* 0: any */
	const char *cert_path;
	const char *key_path;
	const char *access_key;
	const char *secret_key;
	const char *session_token;
	const char *listing_path; /* NULL: generate */
	const char *fail[OPTIONS_FAIL_MAX];
	size_t fail_count;
	bool exit_with_stdin;
	struct generate_options generate;
	struct settings settings;
};

/* 0, 1 when --help was asked for, or -EINVAL after telling stderr what is wrong. */
int options_parse(struct options *options, int argc, char **argv);

/* The name as a string that lives on, or NULL when it is none of the three. */
const char *options_end_marker(const char *name);

#endif
