/*
 * The user's two files and variables: the config file, the credentials file, and
 * lines NAME=VALUE, the parts ending in 0x1E.
 */
#include <errno.h>
#include <string.h>

#include "src/aws/endpoint.h"
#include "src/aws/profile.h"
#include "src/aws/region.h"
#include "src/aws/retry.h"
#include "src/credentials/provider.h"
#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/setup.h"

#define SECRET "wJalrXUtnFEMI"

/* What a function that fails must leave, and one that succeeds must not. */
static void check_result(int rc, const struct error *error)
{
	if (rc == 0)
		return;
	FUZZ_CHECK(rc == error_result(error));
	FUZZ_CHECK(error->text[0] != '\0');
	FUZZ_CHECK(expected_is_clean(error->text, strlen(error->text), ""));
}

/* Whether the secret stands where there is to be none, in what messages quote. */
static bool is_quoted(const struct profile *profile)
{
	const char *expiry = profile_env(profile, "AWS_CREDENTIAL_EXPIRATION");

	return strstr(profile_name(profile), SECRET) ||
	       (expiry && strstr(expiry, SECRET));
}

static void check_credentials(const struct profile *profile)
{
	static const struct credentials_provider *const providers[] = {
		&credentials_environment, &credentials_shared_file,
		&credentials_config_file};
	const struct credentials_options options = {.profile = profile};
	char why[CREDENTIALS_WHY_SIZE] = "";
	const struct credentials_query query = {
		.options = &options,
		.name = profile_name(profile),
		.why = why,
	};

	for (size_t i = 0; i < sizeof(providers) / sizeof(*providers); i++) {
		struct credentials credentials = {0};
		struct error error = {.kind = ERROR_NONE};
		int rc = providers[i]->load(&query, &credentials, &error);

		if (rc == 0)
			FUZZ_CHECK(credentials.access_key_id &&
				   credentials.secret_access_key);
		else if (rc == -ENOENT)
			FUZZ_CHECK(why[0] != '\0');
		else
			check_result(rc, &error);
		FUZZ_CHECK(!strstr(error.text, SECRET) || is_quoted(profile));
		credentials_fini(&credentials);
	}
}

static void check_endpoints(const struct profile *profile)
{
	const struct endpoint_options options = {.is_http_allowed = true};
	struct endpoint endpoint;
	struct error error = {.kind = ERROR_NONE};
	int rc = endpoint_resolve(profile, &options, &endpoint, &error);

	check_result(rc, &error);
	if (rc == 0)
		FUZZ_CHECK(endpoint.path[0] == '/' && endpoint.host[0] != '\0' &&
			   region_is_valid(endpoint.region));
	for (int s = ENDPOINT_DMS; s <= ENDPOINT_SIGNIN; s++) {
		rc = endpoint_resolve_service(profile, (enum endpoint_service)s, NULL,
					      &endpoint, &error);
		check_result(rc, &error);
	}
}

static void check_settings(const struct profile *profile)
{
	struct retry_settings settings = {.max_attempts = 0};
	struct error error = {.kind = ERROR_NONE};
	const char *region = NULL;
	int rc = profile_region(profile, &region, &error);

	check_result(rc, &error);
	FUZZ_CHECK(rc != 0 || region_is_valid(region));
	rc = retry_settings_read(profile, &settings, &error);
	check_result(rc, &error);
	FUZZ_CHECK(rc != 0 || (settings.max_attempts > 0 &&
			       settings.max_attempts <= RETRY_ATTEMPTS_MAX));
	profile_section_get(profile, "sso-session", "corp", "sso_region");
	profile_get(profile, "s3.addressing_style");
}

static void check_profile(const struct profile *profile)
{
	struct profile *fresh = NULL;
	struct error error = {.kind = ERROR_NONE};

	FUZZ_CHECK(profile_name(profile)[0] != '\0');
	check_settings(profile);
	check_endpoints(profile);
	check_credentials(profile);
	FUZZ_CHECK(profile_reload(profile, &fresh, &error) == 0);
	profile_free(fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct setup setup;
	struct profile_options options = {.environment = {setup_getenv, &setup}};
	struct profile *profile = NULL;
	struct error error = {.kind = ERROR_NONE};
	int rc;

	if (!setup.home)
		setup_init(&setup);
	setup_read(&setup, data, size);
	options.name = setup_getenv(&setup, "--profile");
	options.region = setup_getenv(&setup, "--region");
	rc = profile_load(&options, &profile, &error);
	check_result(rc, &error);
	FUZZ_CHECK((rc == 0) == (profile != NULL));
	if (profile)
		check_profile(profile);
	profile_free(profile);
	setup_fini(&setup);
	return 0;
}
