/*
 * The table of the providers, and the order in which they are asked.
 */
#include "src/credentials/provider.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "src/base/digits.h"

#define LINE_SIZE 1024

/* In the order in which botocore asks them. */
static const struct {
	const struct credentials_provider *provider;
	bool is_of_profile; /* asked for a source profile, too */
} rows[] = {
	{&credentials_environment, false}, {&credentials_assume_role, false},
	{&credentials_web_identity, true}, {&credentials_sso, true},
	{&credentials_shared_file, true},  {&credentials_login, true},
	{&credentials_process, true},	   {&credentials_config_file, true},
	{&credentials_container, false},   {&credentials_imds, false},
};

#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

int64_t credentials_now_s(const struct credentials_options *options)
{
	return clock_skew_now_s(&options->client->skew);
}

const char *credentials_key(const struct credentials_query *query, const char *key)
{
	return profile_get_of(query->options->profile, query->name, key);
}

int credentials_pass(const struct credentials_query *query, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(query->why, CREDENTIALS_WHY_SIZE, format, args);
	va_end(args);
	return -ENOENT;
}

void credentials_explain(const struct credentials_options *options, const char *format,
			 ...)
{
	char line[LINE_SIZE];
	va_list args;

	if (!options->explain)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	options->explain(options->explain_data, line);
}

void credentials_warn(const struct credentials_options *options, const char *format,
		      ...)
{
	char line[LINE_SIZE];
	va_list args;

	if (!options->warn)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	options->warn(options->explain_data, line);
}

char *credentials_hide_id(const char *access_key_id, char out[CREDENTIALS_ID_SIZE])
{
	size_t len = strlen(access_key_id);

	snprintf(out, CREDENTIALS_ID_SIZE, "****%s",
		 len >= 16 ? access_key_id + len - 4 : "");
	return out;
}

static void explain_taken(const struct credentials_query *query, const char *provider,
			  const struct credentials *credentials)
{
	char id[CREDENTIALS_ID_SIZE];
	char until[TIMESTAMP_SIZE] = "";

	if (credentials->expires_at_s != 0)
		timestamp_format(credentials->expires_at_s, until);
	credentials_hide_id(credentials->access_key_id, id);
	credentials_explain(query->options,
			    "credentials of profile %s: %s: taken from %s, %s%s%s",
			    query->name, provider, credentials->source, id,
			    *until ? ", until " : "", until);
}

static int check_expiry(const struct credentials_options *options,
			const struct credentials *credentials, struct error *error)
{
	char text[TIMESTAMP_SIZE];

	if (credentials->expires_at_s == 0 ||
	    credentials_now_s(options) < credentials->expires_at_s)
		return 0;
	return error_set(error, ERROR_CREDENTIALS,
			 "the credentials of %s expired at %s; renew them",
			 credentials->source,
			 timestamp_format(credentials->expires_at_s, text));
}

int credentials_ask(const struct credentials_provider *provider,
		    const struct credentials_query *query,
		    struct credentials *credentials, struct error *error)
{
	int r = provider->load(query, credentials, error);

	if (r == 0)
		r = check_expiry(query->options, credentials, error);
	if (r == 0)
		explain_taken(query, provider->name, credentials);
	else
		credentials_fini(credentials);
	if (r == -ENOENT)
		credentials_explain(query->options,
				    "credentials of profile %s: %s: passed over: %s",
				    query->name, provider->name, query->why);
	else if (r < 0)
		credentials_explain(query->options,
				    "credentials of profile %s: %s: failed: %s",
				    query->name, provider->name, error->text);
	return r;
}

static int fail_none(const struct credentials_query *query, const char *list,
		     struct error *error)
{
	const struct profile *profile = query->options->profile;

	error_set(error, ERROR_CREDENTIALS,
		  "no AWS credentials found for profile %s in %s and %s: %s",
		  query->name, profile_config_path(profile),
		  profile_credentials_path(profile), list);
	return -ENOENT;
}

int credentials_search(const struct credentials_query *query, bool is_profile_only,
		       struct credentials *credentials, struct error *error)
{
	char why[CREDENTIALS_WHY_SIZE] = "";
	struct credentials_query own = *query;
	char list[LINE_SIZE] = "";
	size_t used = 0;

	own.why = why;
	for (size_t i = 0; i < ROW_COUNT; i++) {
		int r;

		if (is_profile_only && !rows[i].is_of_profile)
			continue;
		r = credentials_ask(rows[i].provider, &own, credentials, error);
		if (r != -ENOENT)
			return r;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used,
						 "%s%s: %s", used ? "; " : "",
						 rows[i].provider->name, why);
	}
	return fail_none(query, list, error);
}
