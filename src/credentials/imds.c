/*
 * The metadata service of an EC2 instance. Most machines have none, so whatever it
 * responds or does not, the user has not set it up; only a setting that is wrong is
 * an error.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "src/aws/region.h"
#include "src/credentials/imds.h"
#include "src/credentials/provider.h"
#include "src/format/json.h"

#define HOST_IPV4 "http://169.254.169.254"
#define HOST_IPV6 "http://[fd00:ec2::254]"
#define TOKEN_PATH "/latest/api/token"
#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"
#define REGION_PATH "/latest/meta-data/placement/region"
#define TOKEN_TTL_S "21600"
#define ROLE_SIZE 65 /* names have 64 characters at most */

#define TIMEOUT_MAX_S 60
#define ATTEMPTS_MAX 10

/* Credentials of a service that cannot renew them are good for longer than they
 * say: by the time at which they would be renewed, and 2 to 10 minutes more. */
#define EXTENSION_S INT64_C(900)
#define JITTER_MIN_S 120
#define JITTER_MAX_S 600

#define HOP_LIMIT_HINT                                                              \
	"; in a container on EC2 the instance's metadata hop limit must be 2 (aws " \
	"ec2 modify-instance-metadata-options --http-put-response-hop-limit 2)"

struct imds {
	const struct credentials_query *query;
	char base[512]; /* without a slash at its end */
	unsigned timeout_ms;
	unsigned attempts;
	bool is_v1_disabled;
	char token[1024]; /* empty: version 1 */
};

static const char *setting(const struct credentials_query *query, const char *env,
			   const char *key)
{
	return profile_setting(query->options->profile, env, key);
}

static int fail_setting(const struct credentials_query *query, const char *env,
			const char *key, const char *must, struct error *error)
{
	char source[512];

	profile_describe(query->options->profile, env, key, source, sizeof(source));
	return error_set(error, ERROR_CREDENTIALS, "EC2 metadata: '%s' (%s) must be %s",
			 setting(query, env, key), source, must);
}

static int read_number(const struct credentials_query *query, const char *env,
		       const char *key, unsigned max, unsigned *number,
		       struct error *error)
{
	const char *text = setting(query, env, key);
	char must[48];
	char *end = NULL;
	unsigned long value;

	*number = 1;
	if (!text)
		return 0;
	value = strtoul(text, &end, 10);
	snprintf(must, sizeof(must), "a number from 1 to %u", max);
	if (*text < '0' || *text > '9' || *end != '\0' || value < 1 || value > max)
		return fail_setting(query, env, key, must, error);
	*number = (unsigned)value;
	return 0;
}

static int find_base(const struct credentials_query *query, struct imds *imds,
		     struct error *error)
{
	static const char endpoint_env[] = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
	static const char endpoint_key[] = "ec2_metadata_service_endpoint";
	static const char mode_env[] = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
	static const char mode_key[] = "ec2_metadata_service_endpoint_mode";
	const char *endpoint = setting(query, endpoint_env, endpoint_key);
	const char *mode = setting(query, mode_env, mode_key);
	size_t len;

	if (mode && strcasecmp(mode, "ipv4") != 0 && strcasecmp(mode, "ipv6") != 0)
		return fail_setting(query, mode_env, mode_key, "ipv4 or ipv6", error);
	if (!endpoint)
		endpoint = mode && strcasecmp(mode, "ipv6") == 0 ? HOST_IPV6
								 : HOST_IPV4;
	len = strlen(endpoint);
	if ((strncmp(endpoint, "http://", 7) != 0 &&
	     strncmp(endpoint, "https://", 8) != 0) ||
	    len >= sizeof(imds->base))
		return fail_setting(query, endpoint_env, endpoint_key,
				    "a URL like " HOST_IPV4, error);
	if (endpoint[len - 1] == '/')
		len--;
	snprintf(imds->base, sizeof(imds->base), "%.*s", (int)len, endpoint);
	return 0;
}

static int read_settings(const struct credentials_query *query, struct imds *imds,
			 struct error *error)
{
	unsigned timeout_s;
	int r;

	imds->query = query;
	imds->is_v1_disabled = profile_setting_bool(query->options->profile,
						    "AWS_EC2_METADATA_V1_DISABLED",
						    "ec2_metadata_v1_disabled");
	r = find_base(query, imds, error);
	if (r == 0)
		r = read_number(query, "AWS_METADATA_SERVICE_TIMEOUT",
				"metadata_service_timeout", TIMEOUT_MAX_S, &timeout_s,
				error);
	if (r == 0)
		r = read_number(query, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
				"metadata_service_num_attempts", ATTEMPTS_MAX,
				&imds->attempts, error);
	if (r == 0)
		imds->timeout_ms = timeout_s * 1000;
	return r;
}

static int send_imds_request(const struct imds *imds, const char *method,
			     const char *path, const struct http_header *header,
			     struct http_response *response, struct error *error)
{
	const struct http_transport *transport = &imds->query->options->transport;
	char url[sizeof(imds->base) + 256];
	const struct http_request request = {
		.method = method,
		.url = url,
		.headers = header,
		.header_count = header->value && *header->value ? 1 : 0,
		.connect_timeout_ms = imds->timeout_ms,
		.read_timeout_ms = imds->timeout_ms,
		.is_direct = true,
	};

	snprintf(url, sizeof(url), "%s%s", imds->base, path);
	return transport->send(transport->data, &request, response, error);
}

/* Whether asking was of no use because of this program, not of the service. */
static bool is_fatal(const struct error *error)
{
	return error->kind == ERROR_CANCELED || error->kind == ERROR_MEMORY;
}

/* An empty token stands for version 1. Follows botocore: what refuses to give one
 * or keeps silent may be of version 1; a 400 is a mistake of ours. */
static int fetch_token(struct imds *imds, struct error *error)
{
	static const struct http_header ttl = {"x-aws-ec2-metadata-token-ttl-seconds",
					       TOKEN_TTL_S};
	struct http_response response = {0};
	int status = 0;
	int r = -1;

	for (unsigned i = 0; i < imds->attempts && status == 0; i++) {
		r = send_imds_request(imds, "PUT", TOKEN_PATH, &ttl, &response, error);
		if (r == 0)
			status = response.status;
		else if (is_fatal(error))
			return r;
		if (status == 200 && response.body_len < sizeof(imds->token) &&
		    strcspn(response.body, "\r\n") == response.body_len)
			memcpy(imds->token, response.body, response.body_len);
		http_response_fini(&response);
	}
	if (status == 400)
		return credentials_pass(
			imds->query,
			"%s rejects the request for a token (HTTP status 400)",
			imds->base);
	if (!imds->token[0] && imds->is_v1_disabled)
		return credentials_pass(imds->query,
					"%s returns no token (%s) and its version 1 is "
					"disabled" HOP_LIMIT_HINT,
					imds->base, r < 0 ? error->text : "refused");
	return 0;
}

/* A 200 with a body, else -ENOENT. */
static int get_metadata(const struct imds *imds, const char *path,
			struct http_response *response, struct error *error)
{
	const struct http_header token = {"x-aws-ec2-metadata-token", imds->token};
	int status = 0;
	int r = -1;

	for (unsigned i = 0; i < imds->attempts; i++) {
		r = send_imds_request(imds, "GET", path, &token, response, error);
		if (r < 0 && is_fatal(error))
			return r;
		if (r == 0 && response->status == 200 && response->body_len > 0)
			return 0;
		status = r == 0 ? response->status : 0;
		http_response_fini(response);
	}
	if (r < 0)
		credentials_pass(imds->query, "%s%s", error->text, HOP_LIMIT_HINT);
	else
		credentials_pass(imds->query, "%s%s returns HTTP status %d%s",
				 imds->base, path, status,
				 status == 404 && strcmp(path, ROLE_PATH) == 0
					 ? ", so the instance has no role"
					 : "");
	return -ENOENT;
}

/* Some services send a newline after the name. */
static bool copy_role(const char *text, char role[ROLE_SIZE])
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789+=,.@_-");

	if (len == 0 || len >= ROLE_SIZE || (text[len] && !strchr("\r\n", text[len])))
		return false;
	memcpy(role, text, len);
	role[len] = '\0';
	return true;
}

static int fetch_role(const struct imds *imds, char *path, size_t size,
		      struct error *error)
{
	struct http_response response = {0};
	char role[ROLE_SIZE];
	int r;

	r = get_metadata(imds, ROLE_PATH, &response, error);
	if (r < 0)
		return r;
	if (copy_role(response.body, role))
		snprintf(path, size, ROLE_PATH "%s", role);
	else
		r = credentials_pass(imds->query,
				     "%s does not respond like EC2 metadata",
				     imds->base);
	http_response_fini(&response);
	return r;
}

static int64_t jitter_s(void)
{
	uint32_t random = 0;

	(void)!getrandom(&random, sizeof(random), 0);
	return JITTER_MIN_S + random % (JITTER_MAX_S - JITTER_MIN_S + 1);
}

/* Static stability, as botocore has it. */
static void extend_expiry(const struct imds *imds, struct credentials *credentials)
{
	int64_t now = credentials_now_s(imds->query->options);
	int64_t extension_s = EXTENSION_S + jitter_s();

	if (now < credentials->expires_at_s - extension_s)
		return;
	credentials->expires_at_s = now + extension_s;
	credentials_explain(
		imds->query->options,
		"credentials: EC2 metadata has no newer ones; using these for %" PRId64
		" s "
		"more",
		extension_s);
}

/* With a Code and a Message, and no keys, the service says why there are none. */
static int parse_metadata(const struct imds *imds, const struct http_response *response,
			  const char *source, struct credentials *credentials,
			  struct error *error)
{
	static const struct credentials_members members = {
		.access_key_id = "AccessKeyId",
		.secret_access_key = "SecretAccessKey",
		.session_token = "Token",
		.expiration = "Expiration",
		.is_temporary = true,
	};
	cJSON *root = NULL;
	int r;

	r = json_parse(response->body, response->body_len, JSON_SECRET, &root, error);
	if (r == -ENOMEM) {
		error_prefix(error, "%s: the response is ", source);
	} else if (r < 0) {
		r = credentials_pass(imds->query, "%s: the response is %s", source,
				     error->text);
	} else if (json_string(root, "AccessKeyId")) {
		r = credentials_from_json(root, &members, source, credentials, error);
	} else {
		const char *message = json_string(root, "Message");

		r = credentials_pass(imds->query, "%s: %s", source,
				     message ? message : "the response has no keys");
	}
	json_wipe(root);
	return r;
}

static int fetch_credentials(struct imds *imds, struct credentials *credentials,
			     struct error *error)
{
	struct http_response response = {0};
	char path[sizeof(ROLE_PATH) + ROLE_SIZE] = "";
	char source[sizeof(credentials->source)];
	int r;

	r = fetch_token(imds, error);
	if (r == 0)
		r = fetch_role(imds, path, sizeof(path), error);
	if (r == 0)
		r = get_metadata(imds, path, &response, error);
	if (r < 0)
		return r;
	snprintf(source, sizeof(source), "EC2 metadata (role %s)",
		 path + strlen(ROLE_PATH));
	r = parse_metadata(imds, &response, source, credentials, error);
	http_response_fini(&response);
	if (r == 0)
		extend_expiry(imds, credentials);
	return r;
}

/* -ENOENT by credentials_pass() where it is disabled. */
static int open_imds(const struct credentials_query *query, struct imds *imds,
		     struct error *error)
{
	const char *disabled = profile_env(query->options->profile,
					   "AWS_EC2_METADATA_DISABLED");

	if (disabled && strcasecmp(disabled, "true") == 0)
		return credentials_pass(query, "disabled by AWS_EC2_METADATA_DISABLED");
	return read_settings(query, imds, error);
}

static int load_from_imds(const struct credentials_query *query,
			  struct credentials *credentials, struct error *error)
{
	struct imds imds = {0};
	int r = open_imds(query, &imds, error);

	if (r == 0)
		r = fetch_credentials(&imds, credentials, error);
	explicit_bzero(imds.token, sizeof(imds.token));
	return r;
}

/* Some services send a newline after it. */
static bool copy_region(const char *text, char *region, size_t size)
{
	size_t len = strcspn(text, "\r\n");

	snprintf(region, size, "%.*s", len < size ? (int)len : 0, text);
	return region_is_valid(region);
}

static int fetch_region(struct imds *imds, char *region, size_t size,
			struct error *error)
{
	struct http_response response = {0};
	int r = fetch_token(imds, error);

	if (r == 0)
		r = get_metadata(imds, REGION_PATH, &response, error);
	if (r < 0)
		return r;
	if (!response.body || !copy_region(response.body, region, size))
		r = credentials_pass(imds->query,
				     "%s does not respond like EC2 metadata",
				     imds->base);
	http_response_fini(&response);
	return r;
}

int imds_region(const struct credentials_options *options, char *region, size_t size,
		struct error *error)
{
	char why[CREDENTIALS_WHY_SIZE] = "";
	const struct credentials_query query = {
		.options = options,
		.name = profile_name(options->profile),
		.why = why,
	};
	struct imds imds = {0};
	int r = open_imds(&query, &imds, error);

	if (r == 0)
		r = fetch_region(&imds, region, size, error);
	explicit_bzero(imds.token, sizeof(imds.token));
	return r == -ENOENT ? error_set(error, ERROR_CONFIG, "EC2 metadata: %s", why)
			    : r;
}

const struct credentials_provider credentials_imds = {
	.name = "EC2 metadata",
	.load = load_from_imds,
};
