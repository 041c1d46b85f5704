#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/aws/call.h"
#include "src/base/secret.h"
#include "src/credentials/provider.h"
#include "src/credentials/sso_token.h"
#include "src/format/json.h"

#define SESSION "sso-session"

static int fail_sso(const struct credentials_query *query, struct error *error,
		    const char *reason, const char *subject)
{
	return error_set(error, ERROR_CREDENTIALS, "SSO (profile %s in %s): %s %s",
			 query->name, profile_config_path(query->options->profile),
			 reason, subject);
}

static int fail_session(const struct credentials_query *query, const char *session,
			struct error *error)
{
	char hint[320];

	fail_sso(query, error, "there is no section [" SESSION "] named", session);
	return error_set(error, ERROR_CREDENTIALS, "%.700s%s", error->text,
			 profile_quotes_hint(query->options->profile, SESSION, session,
					     hint, sizeof(hint)));
}

/* A key that may stand in the session's section, in the profile or in both; in both
 * it must be the same. */
static int find_sso_key(const struct credentials_query *query, const char *session,
			const char *key, const char **value, struct error *error)
{
	const char *own = credentials_key(query, key);
	const char *shared = NULL;

	if (session)
		shared = profile_section_get(query->options->profile, SESSION, session,
					     key);
	if (own && shared && strcmp(own, shared) != 0)
		return fail_sso(query, error,
				"the profile and its [" SESSION "] disagree about",
				key);
	*value = shared ? shared : own;
	return *value ? 0 : fail_sso(query, error, "there is no", key);
}

static int read_sso_config(const struct credentials_query *query,
			   struct sso_config *config, struct error *error)
{
	const char *session = credentials_key(query, "sso_session");
	int r;

	config->profile = query->name;
	config->session = session;
	if (session &&
	    !profile_section_exists(query->options->profile, SESSION, session))
		return fail_session(query, session, error);
	r = find_sso_key(query, session, "sso_start_url", &config->start_url, error);
	if (r == 0)
		r = find_sso_key(query, session, "sso_region", &config->region, error);
	if (r == 0)
		r = find_sso_key(query, session, "sso_account_id", &config->account_id,
				 error);
	if (r == 0)
		r = find_sso_key(query, session, "sso_role_name", &config->role_name,
				 error);
	return r;
}

/* Its expiration is a number: milliseconds since 1970. */
static int fill_role(const cJSON *role, const char *source,
		     struct credentials *credentials, struct error *error)
{
	static const struct credentials_members members = {
		.access_key_id = "accessKeyId",
		.secret_access_key = "secretAccessKey",
		.session_token = "sessionToken",
		.expiration = "",
	};
	double expiration;
	int r;

	if (!json_number(role, "expiration", &expiration))
		return error_set(error, ERROR_CREDENTIALS,
				 "the response of %s: expiration is %s", source,
				 json_type(json_member(role, "expiration")));
	if (expiration < 1 || expiration > 1e15)
		return error_set(error, ERROR_CREDENTIALS,
				 "the response of %s: expiration is not a time",
				 source);
	r = credentials_from_json(role, &members, source, credentials, error);
	if (r == 0)
		credentials->expires_at_s = (int64_t)(expiration / 1000);
	return r;
}

struct role_response {
	const char *source;
	struct credentials *credentials;
};

static int read_role_response(void *data, struct http_response *response,
			      struct error *error)
{
	const struct role_response *role = data;
	cJSON *root = NULL;
	int r = json_parse(response->body, response->body_len, JSON_SECRET, &root,
			   error);

	if (r < 0)
		error_prefix(error, "the response is ");
	else
		r = fill_role(json_member(root, "roleCredentials"), role->source,
			      role->credentials, error);
	json_wipe(root);
	return r;
}

static int explain_sso_failure(const struct sso_config *config, const char *source,
			       struct error *error)
{
	if (error->http_status == 401)
		return sso_token_fail(config, "its login is no longer accepted", error);
	error_prefix(error, "%s: ", source);
	return error_result(error);
}

static int ask_sso(const struct credentials_options *options,
		   const struct sso_config *config, const char *token,
		   struct credentials *credentials, struct error *error)
{
	struct buffer query = {.max_bytes = 1024};
	char source[sizeof(credentials->source)];
	struct role_response role = {source, credentials};
	struct endpoint endpoint;
	struct call call = {
		.transport = &options->transport,
		.client = options->client,
		.endpoint = &endpoint,
		.method = "GET",
		.path = "/federation/credentials",
		.header = {"x-amz-sso_bearer_token", token},
		.secrets = {token},
		.read = read_role_response,
		.data = &role,
	};
	int r;

	snprintf(source, sizeof(source), "SSO (profile %s, account %s, role %s)",
		 config->profile, config->account_id, config->role_name);
	if (!call_add_parameter(&query, "role_name", config->role_name) ||
	    !call_add_parameter(&query, "account_id", config->account_id)) {
		r = query.is_out_of_memory
			    ? error_set(error, ERROR_MEMORY, "%s: no memory", source)
			    : error_set(error, ERROR_CREDENTIALS,
					"%s: the account or the role is too long",
					source);
		buffer_fini(&query);
		return r;
	}
	call.query = query.data;
	r = endpoint_resolve_service(options->profile, ENDPOINT_SSO, config->region,
				     &endpoint, error);
	if (r == 0)
		r = call_send(&call, error);
	if (r < 0)
		r = explain_sso_failure(config, source, error);
	buffer_fini(&query);
	return r;
}

static int load_sso(const struct credentials_query *query,
		    struct credentials *credentials, struct error *error)
{
	struct sso_config config = {0};
	char *token = NULL;
	int r;

	if (!credentials_key(query, "sso_account_id") &&
	    !credentials_key(query, "sso_role_name"))
		return credentials_pass(query, "no sso_account_id");
	r = read_sso_config(query, &config, error);
	if (r == 0)
		r = sso_token_load(query->options, &config, &token, error);
	if (r == 0)
		r = ask_sso(query->options, &config, token, credentials, error);
	secret_free(token);
	return r;
}

const struct credentials_provider credentials_sso = {
	.name = "SSO",
	.load = load_sso,
};
