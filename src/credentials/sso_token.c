#include "src/credentials/sso_token.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/aws/call.h"
#include "src/base/digits.h"
#include "src/base/secret.h"
#include "src/credentials/provider.h"
#include "src/credentials/token_cache.h"
#include "src/format/json.h"

#define FOLDER "~/.aws/sso/cache"

/* botocore's. */
#define REFRESH_WINDOW_S INT64_C(900)

#define SOURCE_SIZE 256

int sso_token_fail(const struct sso_config *config, const char *reason,
		   struct error *error)
{
	return error_set(error, ERROR_CREDENTIALS,
			 "SSO (profile %s): %s; run: aws sso login --profile %s",
			 config->profile, reason, config->profile);
}

static char *find_token_path(const struct credentials_options *options,
			     const struct sso_config *config)
{
	char *folder = profile_path(options->profile, FOLDER);
	char *path = NULL;

	if (folder)
		path = token_cache_path(
			folder, config->session ? config->session : config->start_url,
			false);
	free(folder);
	return path;
}

/* Whether all that a renewal of the token needs is there. */
static bool is_renewable(const cJSON *cached, int64_t now)
{
	int64_t end_s;

	return json_string(cached, "refreshToken") && json_string(cached, "clientId") &&
	       json_string(cached, "clientSecret") &&
	       token_cache_time(cached, "registrationExpiresAt", &end_s) && now < end_s;
}

static char *write_token_request(const cJSON *cached)
{
	cJSON *root = cJSON_CreateObject();
	char *body = NULL;

	if (cJSON_AddStringToObject(root, "clientId",
				    json_string(cached, "clientId")) &&
	    cJSON_AddStringToObject(root, "clientSecret",
				    json_string(cached, "clientSecret")) &&
	    cJSON_AddStringToObject(root, "grantType", "refresh_token") &&
	    cJSON_AddStringToObject(root, "refreshToken",
				    json_string(cached, "refreshToken")))
		body = cJSON_PrintUnformatted(root);
	json_wipe(root);
	return body;
}

/* Puts the root's token into @cached. */
static int update_token(cJSON *cached, const struct sso_config *config,
			const cJSON *root, int64_t now, struct error *error)
{
	const char *refresh = json_string(root, "refreshToken");
	const char *access = json_string(root, "accessToken");
	char end[TIMESTAMP_SIZE];
	int64_t life_s;

	if (!access || !token_cache_seconds(root, "expiresIn", &life_s))
		return error_set(error, ERROR_RESPONSE,
				 "the response lacks accessToken or expiresIn");
	timestamp_format(now + life_s, end);
	if (token_cache_set(cached, "startUrl", config->start_url) &&
	    token_cache_set(cached, "region", config->region) &&
	    token_cache_set(cached, "accessToken", access) &&
	    token_cache_set(cached, "expiresAt", end) &&
	    (!refresh || token_cache_set(cached, "refreshToken", refresh)))
		return 0;
	return error_set(error, ERROR_MEMORY, "no memory for a token");
}

struct renewal {
	const struct sso_config *config;
	int64_t now;
	cJSON *cached;
};

static int read_token_response(void *data, struct http_response *response,
			       struct error *error)
{
	const struct renewal *renewal = data;
	cJSON *root = NULL;
	int r = json_parse(response->body, response->body_len, JSON_SECRET, &root,
			   error);

	if (r < 0)
		error_prefix(error, "the response is ");
	else
		r = update_token(renewal->cached, renewal->config, root, renewal->now,
				 error);
	json_wipe(root);
	return r;
}

static int renew_token(const struct credentials_options *options,
		       const struct sso_config *config, cJSON *cached,
		       struct error *error)
{
	struct renewal renewal = {config, credentials_now_s(options), cached};
	char *body = write_token_request(cached);
	struct endpoint endpoint;
	const struct call call = {
		.transport = &options->transport,
		.client = options->client,
		.endpoint = &endpoint,
		.method = "POST",
		.path = "/token",
		.content_type = "application/json",
		.body = body,
		.secrets = {json_string(cached, "refreshToken"),
			    json_string(cached, "clientSecret")},
		.read = read_token_response,
		.data = &renewal,
	};
	int r;

	if (!body)
		return error_set(error, ERROR_MEMORY, "no memory for a request");
	r = endpoint_resolve_service(options->profile, ENDPOINT_SSO_OIDC,
				     config->region, &endpoint, error);
	if (r == 0)
		r = call_send(&call, error);
	if (r < 0)
		error_prefix(error,
			     "SSO (profile %s): renewing the token: ", config->profile);
	secret_free(body);
	return r;
}

static void write_token_back(const struct credentials_options *options,
			     const struct sso_config *config, const char *path,
			     const cJSON *cached)
{
	char source[SOURCE_SIZE];
	char command[SOURCE_SIZE];

	snprintf(source, sizeof(source), "SSO (profile %s)", config->profile);
	snprintf(command, sizeof(command), "aws sso login --profile %s",
		 config->profile);
	token_cache_write(options, source, path, cached, command);
}

/* A renewal that fails while the token is good is of no matter yet. */
static int renew_token_if_due(const struct credentials_options *options,
			      const struct sso_config *config, const char *path,
			      cJSON *cached, int64_t end_s, struct error *error)
{
	int64_t now = credentials_now_s(options);
	int r;

	if (end_s - now >= REFRESH_WINDOW_S)
		return 0;
	if (!config->session || !is_renewable(cached, now))
		return now < end_s
			       ? 0
			       : sso_token_fail(config, "its login has expired", error);
	r = renew_token(options, config, cached, error);
	if (r == 0)
		write_token_back(options, config, path, cached);
	else if (now < end_s)
		r = r == -ECANCELED ? r : 0;
	else if (error->kind == ERROR_SERVICE && error->http_status < 500)
		r = sso_token_fail(
			config, "its login has expired and cannot be renewed", error);
	return r;
}

static int use_token(const struct credentials_options *options,
		     const struct sso_config *config, const char *path, cJSON *cached,
		     char **token, struct error *error)
{
	int64_t end_s;
	int r;

	if (!json_string(cached, "accessToken") ||
	    !token_cache_time(cached, "expiresAt", &end_s))
		return sso_token_fail(config, "its cached login is unusable", error);
	r = renew_token_if_due(options, config, path, cached, end_s, error);
	if (r < 0)
		return r;
	*token = strdup(json_string(cached, "accessToken"));
	return *token ? 0 : error_set(error, ERROR_MEMORY, "no memory for a token");
}

int sso_token_load(const struct credentials_options *options,
		   const struct sso_config *config, char **token, struct error *error)
{
	char *path = find_token_path(options, config);
	cJSON *cached = NULL;
	int r;

	*token = NULL;
	if (!path)
		return error_set(error, ERROR_MEMORY, "no memory for a path");
	r = token_cache_read(options->tokens, path, &cached, error);
	if (r == -ENOENT)
		r = sso_token_fail(config, "nobody is logged in", error);
	else if (r < 0 && r != -ENOMEM)
		r = sso_token_fail(config, error->text, error);
	else if (r == 0)
		r = use_token(options, config, path, cached, token, error);
	json_wipe(cached);
	free(path);
	return r;
}
