#include "src/aws/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/aws/refusal.h"
#include "src/aws/sigv4.h"
#include "src/base/digits.h"
#include "src/base/secret.h"

#define CONNECT_TIMEOUT_MS 5000
#define READ_TIMEOUT_MS 15000
#define HEADERS_MAX 6
#define URL_SIZE 4096
#define DECIMAL 10
#define MS_PER_S 1000
#define HINT_MAX INT64_C(1000000) /* far more than is heeded */

/* A call on its way. */
struct attempt {
	const struct call *call;
	const char *path;  /* as it is sent */
	const char *url;   /* the same */
	bool is_corrected; /* the clock has been, once */
	struct retry_call retry;
};

int call_client_init(struct call_client *client, const struct retry_settings *settings,
		     const struct clock *clock)
{
	client->counts = NULL;
	retry_init(&client->retry, settings);
	clock_skew_init(&client->skew, clock);
	return sigv4_new(&client->sigv4);
}

void call_client_fini(struct call_client *client)
{
	sigv4_free(client->sigv4);
	client->sigv4 = NULL;
}

/* An endpoint of the user's may have a path of its own, which goes first. */
static bool join_url(const char *first, const char *second, const char *query,
		     char *out, size_t size)
{
	size_t len = strlen(first);

	if (*second && len > 0 && first[len - 1] == '/')
		len--;
	return (size_t)snprintf(out, size, "%.*s%s%s%s", (int)len, first, second,
				*query ? "?" : "", query) < size;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static int fail_too_long(const struct endpoint *endpoint, struct error *error)
{
	return error_set(error, ERROR_CONFIG, "%s: the request is too long",
			 endpoint->host);
}

int call_url(const struct endpoint *endpoint, const char *path, char *url, size_t size,
	     struct error *error)
{
	return join_url(endpoint->url, path, "", url, size)
		       ? 0
		       : fail_too_long(endpoint, error);
}

static void add_header(struct http_header *headers, size_t *count, const char *name,
		       const char *value)
{
	if (name && value)
		headers[(*count)++] = (struct http_header){name, value};
}

/* In the order in which they are signed: by name. */
static size_t fill_headers(const struct call *call, const char *time,
			   struct http_header *headers)
{
	size_t count = 0;

	add_header(headers, &count, "content-type", call->content_type);
	add_header(headers, &count, "host", call->endpoint->host);
	if (call->signer) {
		add_header(headers, &count, "x-amz-date", time);
		add_header(headers, &count, "x-amz-security-token",
			   call->signer->session_token);
	}
	add_header(headers, &count, call->header.name, call->header.value);
	return count;
}

/* The value of the Authorization header, for the caller to wipe and free. */
static int sign_call(const struct attempt *attempt, const char *time,
		     const struct http_header *headers, size_t header_count,
		     char **authorization, struct error *error)
{
	const struct call *call = attempt->call;
	const struct sigv4_request request = {
		.method = call->method,
		.path = attempt->path,
		.query = or_empty(call->query),
		.headers = headers,
		.header_count = header_count,
		.body = or_empty(call->body),
		.body_len = strlen(or_empty(call->body)),
	};
	struct sigv4_scope scope = {.region = call->endpoint->region,
				    .service = call->service};

	if (!call->signer)
		return 0;
	memcpy(scope.time, time, sizeof(scope.time));
	if (sigv4_authorization(call->client->sigv4, &request, &scope,
				call->signer->access_key_id,
				call->signer->secret_access_key, authorization) < 0)
		return error_set(error, ERROR_MEMORY, "the request cannot be signed");
	return 0;
}

/* Shortens the time-outs to what the deadline leaves. */
static int set_timeouts(const struct call *call, struct http_request *request,
			struct error *error)
{
	const struct clock *clock = &call->client->skew.clock;
	int64_t left_ms;

	request->connect_timeout_ms = call->connect_timeout_ms
					      ? call->connect_timeout_ms
					      : CONNECT_TIMEOUT_MS;
	request->read_timeout_ms = call->read_timeout_ms ? call->read_timeout_ms
							 : READ_TIMEOUT_MS;
	if (call->deadline_ns == 0)
		return 0;
	left_ms = (call->deadline_ns - clock->boottime_ns(clock->data)) / NS_PER_MS;
	if (left_ms <= 0) {
		error_set(error, ERROR_TIMEOUT, "%s: no time is left for the request",
			  call->endpoint->host);
		error->is_unsent = true;
		return error_result(error);
	}
	if (left_ms < (int64_t)request->connect_timeout_ms + request->read_timeout_ms)
		request->total_timeout_ms = (unsigned)left_ms;
	return 0;
}

static int send_signed(const struct attempt *attempt, struct http_response *response,
		       struct error *error)
{
	const struct call *call = attempt->call;
	struct http_header headers[HEADERS_MAX];
	struct http_request request = {
		.method = call->method,
		.url = attempt->url,
		.headers = headers,
		.body = call->body,
		.body_len = strlen(or_empty(call->body)),
		.is_once = call->is_once,
		.idle = call->idle,
		.idle_data = call->idle_data,
	};
	char time[SIGV4_TIME_SIZE];
	char *authorization = NULL;
	int r = set_timeouts(call, &request, error);

	if (r < 0)
		return r;
	sigv4_format_time(clock_skew_now_s(&call->client->skew), time);
	request.header_count = fill_headers(call, time, headers);
	r = sign_call(attempt, time, headers, request.header_count, &authorization,
		      error);
	if (r < 0)
		return r;
	add_header(headers, &request.header_count, "authorization", authorization);
	r = call->transport->send(call->transport->data, &request, response, error);
	secret_free(authorization);
	return r;
}

static int make_attempt(const struct attempt *attempt, struct http_response *response,
			struct error *error)
{
	const struct call *call = attempt->call;
	const struct credentials *signer = call->signer;
	const char *const secrets[] = {
		signer ? signer->secret_access_key : NULL,
		signer ? signer->session_token : NULL,
		call->secrets[0],
		call->secrets[1],
	};
	const struct refusal_context context = {
		.secrets = secrets,
		.secret_count = sizeof(secrets) / sizeof(*secrets),
		.permission = call->permission,
	};
	int r = send_signed(attempt, response, error);

	if (r == 0)
		r = refusal_check(response, &context, error);
	else
		return r;
	if (r == 0) {
		r = call->read(call->data, response, error);
		if (r < 0)
			refusal_add_ids(response, error);
	}
	return r;
}

static int64_t read_hint(const struct http_response *response, const char *name,
			 int64_t unit_ms)
{
	char text[32];
	int64_t count;

	if (!http_response_header(response, name, text, sizeof(text)) ||
	    *text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return RETRY_NO_HINT;
	count = strtoll(text, NULL, DECIMAL);
	return count < HINT_MAX ? count * unit_ms : HINT_MAX * unit_ms;
}

/* AWS's own header, else that of HTTP, as a gateway sends it; a date in the latter is
 * not read, as by the SDKs. */
static int64_t read_hint_ms(const struct http_response *response)
{
	int64_t hint_ms = read_hint(response, "x-amz-retry-after", 1);

	return hint_ms != RETRY_NO_HINT ? hint_ms
					: read_hint(response, "Retry-After", MS_PER_S);
}

static enum retry_class classify(const struct call *call, const struct error *error)
{
	enum retry_class class = retry_classify(error);

	if (call->is_once && class == RETRY_TRANSIENT && !error->is_unsent)
		return RETRY_NEVER;
	return class;
}

/* Whether @wait_ns from now there is no time for an attempt. */
static bool is_late(const struct call *call, int64_t wait_ns)
{
	const struct clock *clock = &call->client->skew.clock;

	return call->deadline_ns > 0 &&
	       clock->boottime_ns(clock->data) >= call->deadline_ns - wait_ns;
}

/* After a failed attempt: true when it is time for the next one. Ending the wait
 * replaces the error. */
static bool prepare_next(struct attempt *attempt, const struct http_response *response,
			 struct error *error)
{
	struct call_client *client = attempt->call->client;
	const struct clock *clock = &client->skew.clock;
	int64_t wait_ns;

	if (!attempt->is_corrected &&
	    clock_skew_correct(&client->skew, response, error)) {
		attempt->is_corrected = true;
		return true;
	}
	if (!retry_next(&client->retry, &attempt->retry, classify(attempt->call, error),
			read_hint_ms(response), &wait_ns) ||
	    is_late(attempt->call, wait_ns))
		return false;
	if (clock->sleep(clock->data, wait_ns) == 0)
		return true;
	error_set(error, ERROR_CANCELED, "the wait for another attempt was canceled");
	return false;
}

static void count_attempt(const struct call *call, int r, const struct error *error)
{
	struct call_counts *counts = call->client->counts;
	char status[NUMBER_SIZE];
	const char *result = "ok";

	if (!counts || !call->operation)
		return;
	if (r < 0 && error->code[0] != '\0') {
		result = error->code;
	} else if (r < 0) {
		snprintf(status, sizeof(status), "%d", error->http_status);
		result = error->http_status ? status : "none";
	}
	tally_add(&counts->requests, call->operation, result);
	if (r < 0 && retry_classify(error) == RETRY_THROTTLED)
		atomic_fetch_add(&counts->throttled, 1);
}

static int make_attempts(struct attempt *attempt, struct error *error)
{
	struct call_client *client = attempt->call->client;
	bool has_next = true;
	int r = 0;

	while (has_next) {
		struct http_response response = {0};
		struct error reason = {0};

		r = make_attempt(attempt, &response, &reason);
		count_attempt(attempt->call, r, &reason);
		has_next = r < 0 && prepare_next(attempt, &response, &reason);
		if (r == 0) {
			clock_skew_follow(&client->skew, &response);
			retry_succeeded(&client->retry, &attempt->retry);
		} else if (!has_next) {
			*error = reason;
			r = error_result(&reason);
		}
		http_response_fini(&response);
	}
	return r;
}

int call_send(const struct call *call, struct error *error)
{
	char path[sizeof(call->endpoint->path) + 512];
	char url[URL_SIZE];
	struct attempt attempt = {.call = call, .path = path, .url = url};
	int r;

	if (!join_url(call->endpoint->path, or_empty(call->path), "", path,
		      sizeof(path)) ||
	    !join_url(call->endpoint->url, or_empty(call->path), or_empty(call->query),
		      url, sizeof(url)))
		return fail_too_long(call->endpoint, error);
	r = make_attempts(&attempt, error);
	explicit_bzero(url, sizeof(url));
	return r;
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c));
}

static bool append_encoded(struct buffer *parameters, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		const char escape[] = {'%', digits[c >> 4], digits[c & 0xF]};

		if (is_unreserved(*text) ? !buffer_append(parameters, text, 1)
					 : !buffer_append(parameters, escape, 3))
			return false;
	}
	return true;
}

bool call_add_parameter(struct buffer *parameters, const char *name, const char *value)
{
	if (parameters->len > 0 && !buffer_append(parameters, "&", 1))
		return false;
	return append_encoded(parameters, name) && buffer_append(parameters, "=", 1) &&
	       append_encoded(parameters, value);
}
