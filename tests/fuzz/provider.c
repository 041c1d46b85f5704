#include "tests/fuzz/provider.h"

#include <errno.h>
#include <string.h>

#include "tests/fuzz/answers.h"
#include "tests/fuzz/fuzz.h"

static void check_part(const char *part)
{
	FUZZ_CHECK(part && *part != '\0');
	for (; *part != '\0'; part++)
		FUZZ_CHECK(*part > ' ' && *part <= '~');
}

static void check_credentials(const struct credentials *credentials)
{
	struct credentials copy;

	check_part(credentials->access_key_id);
	check_part(credentials->secret_access_key);
	if (credentials->session_token)
		check_part(credentials->session_token);
	FUZZ_CHECK(credentials->source[0] != '\0');
	FUZZ_CHECK(credentials_copy(&copy, credentials) == 0);
	credentials_fini(&copy);
}

/* Why a provider is passed over may be a message of the service's. */
static void hear(void *data, const char *line)
{
	const struct responses *responses = data;

	FUZZ_CHECK(*line != '\0');
	FUZZ_CHECK(responses->is_refused || strstr(line, "passed over") ||
		   !strstr(line, PROVIDER_SECRET));
}

void provider_check(const struct credentials_provider *provider,
		    const struct profile *profile, const char *name, struct parts parts)
{
	struct responses responses = {.parts = parts};
	const struct retry_settings once = {RETRY_STANDARD, 1};
	struct call_client client;
	const struct credentials_options options = {
		.profile = profile,
		.transport = responses_transport(&responses),
		.client = &client,
		.explain = hear,
		.explain_data = &responses,
	};
	char why[CREDENTIALS_WHY_SIZE] = "";
	const struct credentials_query query = {
		.options = &options,
		.name = name,
		.why = why,
	};
	struct credentials credentials = {0};
	struct error error = {.kind = ERROR_NONE};
	int rc;

	FUZZ_CHECK(call_client_init(&client, &once, &responses_clock) == 0);
	rc = credentials_ask(provider, &query, &credentials, &error);
	if (rc == 0)
		check_credentials(&credentials);
	else if (rc == -ENOENT)
		FUZZ_CHECK(why[0] != '\0');
	else
		responses_check_error(rc, &error);
	FUZZ_CHECK(responses.is_refused || !strstr(error.text, PROVIDER_SECRET));
	FUZZ_CHECK(!strstr(credentials.source, PROVIDER_SECRET));
	credentials_fini(&credentials);
	call_client_fini(&client);
}
