#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "src/aws/refusal.h"
#include "src/base/buffer.h"
#include "src/base/regular_file.h"
#include "src/credentials/provider.h"
#include "src/format/json.h"
#include "src/http/target.h"

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define TOKEN_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define HOST "http://169.254.170.2"

/* botocore's. */
#define TIMEOUT_MS 2000
#define TRIES 3
#define PAUSE_NS NS_PER_S

#define URL_SIZE 2048
#define TOKEN_MAX_BYTES ((size_t)64 * 1024)

/* ECS, EKS Pod Identity on IPv4 and IPv6, and this machine. */
static bool is_allowed(const char *host)
{
	static const char *const hosts[] = {"169.254.170.2", "169.254.170.23",
					    "[fd00:ec2::23]"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
		if (strcasecmp(host, hosts[i]) == 0)
			return true;
	return http_host_is_loopback(host);
}

/* The reason why that URL must not be asked, or NULL. */
static const char *find_flaw(CURLU *parsed, const char *url)
{
	const char *flaw = "is not a URL";
	char *scheme = NULL;
	char *host = NULL;

	if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		flaw = NULL;
		if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
			flaw = "is neither http nor https";
		else if (strcmp(scheme, "http") == 0 && !is_allowed(host))
			flaw = "is plain http, for which the host must be a loopback "
			       "address, localhost, 169.254.170.2, 169.254.170.23 or "
			       "[fd00:ec2::23]";
	}
	curl_free(scheme);
	curl_free(host);
	return flaw;
}

static int check_url(const char *url, const char *variable, struct error *error)
{
	CURLU *parsed = curl_url();
	const char *flaw = NULL;

	if (!parsed)
		return error_set(error, ERROR_MEMORY, "no memory for a URL");
	flaw = find_flaw(parsed, url);
	curl_url_cleanup(parsed);
	if (!flaw)
		return 0;
	/* The URL itself may hold a secret. */
	return error_set(error, ERROR_CREDENTIALS, "container: %s %s", variable, flaw);
}

static int find_container_url(const struct profile *profile, char url[URL_SIZE],
			      struct error *error)
{
	const char *relative = profile_env(profile, RELATIVE);
	const char *text = relative ? relative : profile_env(profile, FULL);

	if (relative && *relative != '/')
		return error_set(error, ERROR_CREDENTIALS,
				 "container: " RELATIVE " must begin with a slash");
	if ((size_t)snprintf(url, URL_SIZE, "%s%s", relative ? HOST : "", text) >=
	    URL_SIZE)
		return error_set(error, ERROR_CREDENTIALS, "container: %s is too long",
				 relative ? RELATIVE : FULL);
	return check_url(url, relative ? RELATIVE : FULL, error);
}

/* The token of the file, which is written anew again and again, else of the
 * variable; none leaves it empty. */
static int read_container_token(const struct profile *profile, struct buffer *token,
				struct error *error)
{
	const char *file = profile_env(profile, TOKEN_FILE);
	const char *text = profile_env(profile, TOKEN);
	const char *source = file ? file : TOKEN;
	char *path = file ? profile_file(profile, file) : NULL;
	int r = 0;

	if (path)
		r = regular_file_read(path, token, error);
	else if (file)
		r = error_set(error, ERROR_MEMORY, "no memory for a path");
	free(path);
	if (r < 0) {
		error_prefix(error, "container: the token file (" TOKEN_FILE ") ");
		if (error->kind != ERROR_MEMORY)
			error->kind = ERROR_CREDENTIALS;
		return error_result(error);
	}
	if (!file && text && !buffer_append(token, text, strlen(text)))
		return error_set(error, ERROR_CREDENTIALS,
				 "container: " TOKEN " is too long");
	if (!token->data ||
	    (!strpbrk(token->data, "\r\n") && strlen(token->data) == token->len))
		return 0;
	return error_set(error, ERROR_CREDENTIALS,
			 "container: the token in %s contains a line break or a NUL, "
			 "which cannot be sent",
			 source);
}

static int parse_container(struct http_response *response, const char *token,
			   struct credentials *credentials, struct error *error)
{
	static const struct credentials_members members = {
		.access_key_id = "AccessKeyId",
		.secret_access_key = "SecretAccessKey",
		.session_token = "Token",
		.expiration = "Expiration",
		.is_temporary = true,
	};
	const struct refusal_context context = {.secrets = &token, .secret_count = 1};
	cJSON *root = NULL;
	int r = refusal_check(response, &context, error);

	if (r < 0) {
		error_prefix(error, "container: ");
		return r;
	}
	r = json_parse(response->body, response->body_len, JSON_SECRET, &root, error);
	if (r < 0) {
		error_prefix(error, "container: the response is ");
		return r;
	}
	r = credentials_from_json(root, &members, "container", credentials, error);
	json_wipe(root);
	return r;
}

static int ask_container_once(const struct credentials_options *options,
			      const char *url, const char *token,
			      struct credentials *credentials, struct error *error)
{
	const struct http_header headers[] = {
		{"Accept", "application/json"},
		{"Authorization", token},
	};
	const struct http_request request = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.header_count = token ? 2 : 1,
		.connect_timeout_ms = TIMEOUT_MS,
		.read_timeout_ms = TIMEOUT_MS,
		.is_direct = true,
	};
	struct http_response response = {0};
	int r;

	r = options->transport.send(options->transport.data, &request, &response,
				    error);
	if (r < 0) {
		error_prefix(error, "container: ");
		return r;
	}
	r = parse_container(&response, token, credentials, error);
	http_response_fini(&response);
	return r;
}

/* Another try would get the same: stopping, or a valid response that is wrong. */
static bool is_final(enum error_kind kind)
{
	return kind == ERROR_CANCELED || kind == ERROR_MEMORY || kind == ERROR_CONFIG ||
	       kind == ERROR_CREDENTIALS;
}

static int ask_container(const struct credentials_options *options, const char *url,
			 const char *token, struct credentials *credentials,
			 struct error *error)
{
	const struct clock *clock = &options->client->skew.clock;
	int r = ask_container_once(options, url, token, credentials, error);

	for (int i = 1; i < TRIES && r < 0 && !is_final(error->kind); i++) {
		if (clock->sleep(clock->data, PAUSE_NS) < 0)
			return error_set(error, ERROR_CANCELED, "stopping");
		r = ask_container_once(options, url, token, credentials, error);
	}
	return r;
}

static int load_from_container(const struct credentials_query *query,
			       struct credentials *credentials, struct error *error)
{
	const struct profile *profile = query->options->profile;
	struct buffer token = {.max_bytes = TOKEN_MAX_BYTES};
	char url[URL_SIZE];
	int r;

	if (!profile_env(profile, RELATIVE) && !profile_env(profile, FULL))
		return credentials_pass(query, "no " RELATIVE ", nor " FULL);
	r = find_container_url(profile, url, error);
	if (r == 0)
		r = read_container_token(profile, &token, error);
	if (r == 0)
		r = ask_container(query->options, url, token.data, credentials, error);
	buffer_fini(&token);
	return r;
}

const struct credentials_provider credentials_container = {
	.name = "container",
	.load = load_from_container,
};
