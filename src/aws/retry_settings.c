#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/aws/retry.h"

#define SOURCE_SIZE 512
#define DECIMAL 10

static const char mode_env[] = "AWS_RETRY_MODE";
static const char mode_key[] = "retry_mode";
static const char attempts_env[] = "AWS_MAX_ATTEMPTS";
static const char attempts_key[] = "max_attempts";

static const struct {
	const char *name;
	struct retry_settings settings;
} modes[] = {
	{"standard", {RETRY_STANDARD, 3}},
	{"adaptive", {RETRY_ADAPTIVE, 3}},
	{"legacy", {RETRY_LEGACY, 5}},
};

static int read_mode(const struct profile *profile, struct retry_settings *settings,
		     struct error *error)
{
	const char *mode = profile_setting(profile, mode_env, mode_key);
	char source[SOURCE_SIZE];

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (!mode || !strcasecmp(mode, modes[i].name)) {
			*settings = modes[i].settings;
			return 0;
		}
	}
	return error_set(
		error, ERROR_CONFIG,
		"'%s' (%s) is not a retry mode; it must be standard, adaptive or "
		"legacy",
		mode,
		profile_describe(profile, mode_env, mode_key, source, sizeof(source)));
}

static bool read_count(const char *text, unsigned *count)
{
	unsigned long value;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return false;
	value = strtoul(text, NULL, DECIMAL);
	if (value < 1 || value > RETRY_ATTEMPTS_MAX)
		return false;
	*count = (unsigned)value;
	return true;
}

int retry_settings_read(const struct profile *profile, struct retry_settings *settings,
			struct error *error)
{
	const char *attempts = profile_setting(profile, attempts_env, attempts_key);
	char source[SOURCE_SIZE];
	int rc = read_mode(profile, settings, error);

	if (rc < 0 || !attempts || read_count(attempts, &settings->max_attempts))
		return rc;
	return error_set(error, ERROR_CONFIG,
			 "'%s' (%s) is not a number of attempts; it must be 1 to %u, "
			 "including the first",
			 attempts,
			 profile_describe(profile, attempts_env, attempts_key, source,
					  sizeof(source)),
			 RETRY_ATTEMPTS_MAX);
}
