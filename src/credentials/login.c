/*
 * The session of "aws login": credentials of 15 minutes in a file, and a token that
 * renews them for the key that the file holds too.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/aws/call.h"
#include "src/base/digits.h"
#include "src/base/secret.h"
#include "src/credentials/dpop.h"
#include "src/credentials/provider.h"
#include "src/credentials/token_cache.h"
#include "src/format/json.h"

#define FOLDER "~/.aws/login/cache"
#define FOLDER_VARIABLE "AWS_LOGIN_CACHE_DIRECTORY"
#define PATH "/v1/token"

/* botocore's: with more left than this, some other tool has renewed them. */
#define FRESH_S INT64_C(300)

#define COMMAND_SIZE 256

struct login {
	const struct credentials_options *options;
	const char *profile; /* its name */
	char source[128];
	char *path;    /* owned */
	cJSON *cached; /* owned */
};

static int fail_login(const struct login *login, const char *reason,
		      struct error *error)
{
	return error_set(error, ERROR_CREDENTIALS,
			 "%s: %s; run: aws login --profile %s", login->source, reason,
			 login->profile);
}

static const cJSON *access_token(const struct login *login)
{
	return json_member(login->cached, "accessToken");
}

static int find_login_path(struct login *login, const char *session,
			   struct error *error)
{
	const struct profile *profile = login->options->profile;
	const char *text = profile_env(profile, FOLDER_VARIABLE);
	char *folder = profile_path(profile, text ? text : FOLDER);

	login->path = folder ? token_cache_path(folder, session, true) : NULL;
	free(folder);
	return login->path ? 0 : error_set(error, ERROR_MEMORY, "no memory for a path");
}

static int read_login_cache(struct login *login, struct error *error)
{
	static const char *const names[] = {"refreshToken", "dpopKey", "clientId"};
	char reason[64];
	int r;

	r = token_cache_read(login->options->tokens, login->path, &login->cached,
			     error);
	if (r == -ENOENT)
		return fail_login(login, "nobody is logged in", error);
	if (r < 0)
		return r == -ENOMEM ? r : fail_login(login, error->text, error);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (json_string(login->cached, names[i]))
			continue;
		snprintf(reason, sizeof(reason), "its cached login has no %s",
			 names[i]);
		return fail_login(login, reason, error);
	}
	return 0;
}

/* @body and @proof are for the caller to wipe and free. */
static int prepare_login_request(const struct login *login,
				 const struct endpoint *endpoint, char **body,
				 char **proof, struct error *error)
{
	cJSON *root = cJSON_CreateObject();
	char url[2048];
	int r;

	if (cJSON_AddStringToObject(root, "clientId",
				    json_string(login->cached, "clientId")) &&
	    cJSON_AddStringToObject(root, "grantType", "refresh_token") &&
	    cJSON_AddStringToObject(root, "refreshToken",
				    json_string(login->cached, "refreshToken")))
		*body = cJSON_PrintUnformatted(root);
	json_wipe(root);
	if (!*body)
		return error_set(error, ERROR_MEMORY, "no memory for a request");
	r = call_url(endpoint, PATH, url, sizeof(url), error);
	if (r == 0)
		r = dpop_proof(json_string(login->cached, "dpopKey"), url,
			       credentials_now_s(login->options), proof, error);
	return r;
}

static const char *const token_names[] = {"accessKeyId", "secretAccessKey",
					  "sessionToken"};
#define TOKEN_NAMES (sizeof(token_names) / sizeof(*token_names))

/* NULL if nothing is missing. */
static const char *missing_name(const cJSON *token)
{
	for (size_t i = 0; i < TOKEN_NAMES; i++)
		if (!json_string(token, token_names[i]))
			return token_names[i];
	return NULL;
}

static bool set_access_token(cJSON *access, const cJSON *token, int64_t end_s)
{
	char end[TIMESTAMP_SIZE];

	for (size_t i = 0; i < TOKEN_NAMES; i++)
		if (!token_cache_set(access, token_names[i],
				     json_string(token, token_names[i])))
			return false;
	return token_cache_set(access, "expiresAt", timestamp_format(end_s, end));
}

static int update_login(struct login *login, const cJSON *root, struct error *error)
{
	cJSON *access = cJSON_GetObjectItemCaseSensitive(login->cached, "accessToken");
	const cJSON *token = json_member(root, "accessToken");
	const char *refresh = json_string(root, "refreshToken");
	int64_t now = credentials_now_s(login->options);
	const char *missing = refresh ? missing_name(token) : "refreshToken";
	int64_t life_s = 0;

	if (!missing && !token_cache_seconds(root, "expiresIn", &life_s))
		missing = "expiresIn";
	if (missing)
		return error_set(error, ERROR_RESPONSE, "the response lacks %s",
				 missing);
	if (!access)
		access = cJSON_AddObjectToObject(login->cached, "accessToken");
	if (set_access_token(access, token, now + life_s) &&
	    token_cache_set(login->cached, "refreshToken", refresh))
		return 0;
	return error_set(error, ERROR_MEMORY, "no memory for a login");
}

/* The service tells by a word of its own what would help. */
static int explain_login_failure(const struct login *login, struct error *error)
{
	bool is_login_over = error->http_status >= 400 && error->http_status < 500 &&
			     error->http_status != 429 &&
			     strcmp(error->code, "INSUFFICIENT_PERMISSIONS") != 0;

	char reason[sizeof(error->text)];

	if (is_login_over) {
		snprintf(reason, sizeof(reason),
			 "its login has expired or is no longer accepted: %.900s",
			 error->text);
		return fail_login(login, reason, error);
	}
	error_prefix(error, "%s: ", login->source);
	return error_result(error);
}

static int read_login_response(void *data, struct http_response *response,
			       struct error *error)
{
	struct login *login = data;
	cJSON *root = NULL;
	int r = json_parse(response->body, response->body_len, JSON_SECRET, &root,
			   error);

	if (r < 0)
		error_prefix(error, "the response is ");
	else
		r = update_login(login, root, error);
	json_wipe(root);
	return r;
}

static int renew_login(struct login *login, struct error *error)
{
	struct endpoint endpoint;
	struct call call = {
		.transport = &login->options->transport,
		.client = login->options->client,
		.endpoint = &endpoint,
		.method = "POST",
		.path = PATH,
		.content_type = "application/json",
		.secrets = {json_string(login->cached, "refreshToken")},
		.read = read_login_response,
		.data = login,
	};
	char *body = NULL;
	char *proof = NULL;
	/* It is renewed where it was made; older AWS CLIs do not write that down. */
	int r = endpoint_resolve_service(login->options->profile, ENDPOINT_SIGNIN,
					 json_string(login->cached, "signInRegion"),
					 &endpoint, error);

	if (r == 0)
		r = prepare_login_request(login, &endpoint, &body, &proof, error);
	if (r == 0) {
		call.body = body;
		call.header = (struct http_header){"DPoP", proof};
		call.secrets[1] = proof;
		r = call_send(&call, error);
	}
	if (r < 0)
		r = explain_login_failure(login, error);
	secret_free(body);
	secret_free(proof);
	return r;
}

static int renew_login_if_due(struct login *login, struct error *error)
{
	int64_t now = credentials_now_s(login->options);
	char command[COMMAND_SIZE];
	int64_t end_s = 0;
	int r;

	(void)token_cache_time(access_token(login), "expiresAt", &end_s);
	if (end_s - now > FRESH_S)
		return 0;
	r = renew_login(login, error);
	snprintf(command, sizeof(command), "aws login --profile %s", login->profile);
	if (r == 0)
		token_cache_write(login->options, login->source, login->path,
				  login->cached, command);
	return r;
}

static int load_login(const struct credentials_query *query,
		      struct credentials *credentials, struct error *error)
{
	static const struct credentials_members members = {
		.access_key_id = "accessKeyId",
		.secret_access_key = "secretAccessKey",
		.session_token = "sessionToken",
		.expiration = "expiresAt",
		.is_temporary = true,
	};
	const char *session = credentials_key(query, "login_session");
	struct login login = {.options = query->options, .profile = query->name};
	int r;

	if (!session)
		return credentials_pass(query, "no login_session");
	snprintf(login.source, sizeof(login.source), "login (profile %s)", query->name);
	r = find_login_path(&login, session, error);
	if (r == 0)
		r = read_login_cache(&login, error);
	if (r == 0)
		r = renew_login_if_due(&login, error);
	if (r == 0)
		r = credentials_from_json(access_token(&login), &members, login.source,
					  credentials, error);
	json_wipe(login.cached);
	free(login.path);
	return r;
}

const struct credentials_provider credentials_login = {
	.name = "login",
	.load = load_login,
};
