#include "src/aws/service_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/aws/sigv4.h"
#include "src/format/json.h"

#define CONNECT_TIMEOUT_MS 5000
#define READ_TIMEOUT_MS 15000
#define HEADERS_MAX 6
#define URL_SIZE 4096

struct target {
	struct endpoint endpoint;
	char path[1024]; /* as sent: the endpoint's and the call's */
	char url[URL_SIZE];
};

/* An endpoint of the user's may have a path of its own, which goes first. */
static int find_target(const struct credentials_options *options,
		       const struct service_call *call, struct target *target,
		       struct error *error)
{
	struct endpoint *endpoint = &target->endpoint;
	size_t url_len;
	size_t path_len;
	int rc;

	rc = endpoint_resolve_service(options->profile, call->service, call->region,
				      endpoint, error);
	if (rc < 0)
		return rc;
	path_len = strlen(endpoint->path);
	url_len = strlen(endpoint->url);
	if (path_len > 0 && endpoint->path[path_len - 1] == '/')
		path_len--;
	if (url_len > 0 && endpoint->url[url_len - 1] == '/')
		url_len--;
	if ((size_t)snprintf(target->path, sizeof(target->path), "%.*s%s",
			     (int)path_len, endpoint->path,
			     call->path) >= sizeof(target->path) ||
	    (size_t)snprintf(target->url, sizeof(target->url), "%.*s%s%s%s",
			     (int)url_len, endpoint->url, call->path,
			     *call->query ? "?" : "",
			     call->query) >= sizeof(target->url))
		return error_set(error, ERROR_CONFIG, "%s: the request is too long",
				 endpoint->host);
	return 0;
}

int service_call_url(const struct credentials_options *options,
		     const struct service_call *call, char *url, size_t size,
		     struct error *error)
{
	struct target target;
	int rc = find_target(options, call, &target, error);

	if (rc == 0)
		snprintf(url, size, "%.*s", (int)strcspn(target.url, "?"), target.url);
	return rc;
}

static void add(struct http_header *headers, size_t *count, const char *name,
		const char *value)
{
	if (name && value)
		headers[(*count)++] = (struct http_header){name, value};
}

/* In the order in which they are signed: by name. */
static size_t fill_headers(const struct service_call *call, const struct target *target,
			   const char *time, struct http_header *headers)
{
	const struct credentials *signer = call->signer;
	size_t count = 0;

	add(headers, &count, "content-type", call->content_type);
	add(headers, &count, "host", target->endpoint.host);
	if (signer) {
		add(headers, &count, "x-amz-date", time);
		add(headers, &count, "x-amz-security-token", signer->session_token);
	}
	return count;
}

/* The value of the Authorization header, for the caller to wipe and free. */
static int sign(const struct service_call *call, const struct target *target,
		const struct sigv4_scope *scope, const struct http_header *headers,
		size_t header_count, char **authorization, struct error *error)
{
	const struct sigv4_request request = {
		.method = call->method,
		.path = target->path,
		.query = call->query,
		.headers = headers,
		.header_count = header_count,
		.body = call->body ? call->body : "",
		.body_len = call->body ? strlen(call->body) : 0,
	};

	struct sigv4 *sigv4 = NULL;
	int rc;

	if (!call->signer)
		return 0;
	/* Not kept: such calls are hours apart. */
	rc = sigv4_new(&sigv4);
	if (rc == 0)
		rc = sigv4_authorization(
			sigv4, &request, scope, call->signer->access_key_id,
			call->signer->secret_access_key, authorization);
	sigv4_free(sigv4);
	return rc < 0 ? error_set(error, ERROR_MEMORY, "the request cannot be signed")
		      : 0;
}

/* What an attempt at a call needs. */
struct sending {
	const struct credentials_options *options;
	const struct service_call *call;
	const struct target *target;
	int (*read)(void *data, const struct http_response *response,
		    struct error *error);
	void *data;
};

static int send_once(const struct sending *sending, int64_t now_s,
		     struct http_response *response, struct error *error)
{
	const struct service_call *call = sending->call;
	const struct http_transport *transport = &sending->options->transport;
	struct sigv4_scope scope = {.region = sending->target->endpoint.region,
				    .service = call->signing_service};
	struct http_header headers[HEADERS_MAX];
	struct http_request request = {
		.method = call->method,
		.url = sending->target->url,
		.headers = headers,
		.body = call->body,
		.body_len = call->body ? strlen(call->body) : 0,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.read_timeout_ms = READ_TIMEOUT_MS,
	};
	char *authorization = NULL;
	int rc;

	sigv4_format_time(now_s, scope.time);
	request.header_count = fill_headers(call, sending->target, scope.time, headers);
	rc = sign(call, sending->target, &scope, headers, request.header_count,
		  &authorization, error);
	if (rc < 0)
		return rc;
	add(headers, &request.header_count, "authorization", authorization);
	add(headers, &request.header_count, call->header.name, call->header.value);
	rc = transport->send(transport->data, &request, response, error);
	if (authorization)
		explicit_bzero(authorization, strlen(authorization));
	free(authorization);
	return rc;
}

static int attempt(void *data, int64_t now_s, struct http_response *response,
		   struct error *error)
{
	const struct sending *sending = data;
	int rc = send_once(sending, now_s, response, error);

	return rc < 0 ? rc : sending->read(sending->data, response, error);
}

static int send_all(const struct credentials_options *options,
		    const struct sending *sending, struct error *error)
{
	struct sending copy = *sending;
	const struct retry_request request = {.data = &copy, .attempt = attempt};
	struct http_response response = {0};
	int rc;

	if (options->client)
		return retry_send(options->client, &request, error);
	rc = attempt(&copy, options->clock.realtime_ns(options->clock.data) / NS_PER_S,
		     &response, error);
	http_response_fini(&response);
	return rc;
}

int service_call_send(const struct credentials_options *options,
		      const struct service_call *call,
		      int (*read)(void *data, const struct http_response *response,
				  struct error *error),
		      void *data, struct error *error)
{
	struct target target;
	const struct sending sending = {options, call, &target, read, data};
	int rc;

	rc = find_target(options, call, &target, error);
	if (rc == 0)
		rc = send_all(options, &sending, error);
	explicit_bzero(target.url, sizeof(target.url));
	return rc;
}

void service_call_note(const struct http_response *response, struct error *error)
{
	error->http_status = response->status;
	if (!http_response_header(response, "x-amzn-RequestId", error->request_id,
				  sizeof(error->request_id)))
		http_response_header(response, "x-amz-request-id", error->request_id,
				     sizeof(error->request_id));
}

/* What is behind a '#' or before a ':' is no part of the name. */
static void copy_code(const char *code, char *out, size_t size)
{
	const char *hash = strchr(code, '#');

	if (hash)
		code = hash + 1;
	snprintf(out, size, "%.*s", (int)strcspn(code, ":"), code);
}

static const char *first_string(const cJSON *object, const char *const *names,
				size_t count)
{
	const char *value = NULL;

	for (size_t i = 0; !value && i < count; i++)
		value = json_string(object, names[i]);
	return value;
}

int service_call_refused(const struct http_response *response, struct error *error)
{
	static const char *const messages[] = {"message", "Message",
					       "error_description"};
	static const char *const codes[] = {"__type", "code", "Code", "error"};
	const char *message = NULL;
	const char *code = NULL;
	char header[96] = "";
	cJSON *root = NULL;
	struct error ignored;

	(void)json_parse(response->body, response->body_len, JSON_SECRET, &root,
			 &ignored);
	message = first_string(root, messages, sizeof(messages) / sizeof(*messages));
	code = first_string(root, codes, sizeof(codes) / sizeof(*codes));
	if (http_response_header(response, "x-amzn-ErrorType", header, sizeof(header)))
		code = header;
	error_set(error, ERROR_SERVICE, "%s (HTTP status %d)",
		  message ? message : "refused without a reason", response->status);
	if (code)
		copy_code(code, error->code, sizeof(error->code));
	service_call_note(response, error);
	json_wipe(root);
	return error_result(error);
}
