/*
 * The transport over libcurl: one easy handle, driven by a multi handle. The
 * multi handle keeps the connection from request to request, and its wakeup is
 * what lets another thread end a request that hangs.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "src/base/buffer.h"
#include "src/base/regular_file.h"
#include "src/base/secret.h"
#include "src/http/curl_failure.h"
#include "src/http/headers.h"
#include "src/http/http.h"
#include "src/http/target.h"
#include "src/http/trust.h"

#define HEADERS_MAX_BYTES ((size_t)256 * 1024)
/* That curl receives at once: a page of a listing has some 40 KiB. */
#define RECEIVE_BYTES 65536L
#define PAGE_BYTES 4096
#define BODY_LARGE_BYTES ((size_t)4 * PAGE_BYTES)
/* Upper bound on one wait; curl wakes earlier for its own timeouts. */
#define POLL_MS 1000

struct http {
	CURLM *multi;			/* set once */
	CURL *easy;			/* set once; for the thread that sends */
	struct trust *trust;		/* set once; borrowed, or NULL */
	char *ca_bundle;		/* set once; or NULL */
	char *ca_bundle_source;		/* set once; or NULL */
	bool is_ca_directory;		/* as easy */
	char *user_agent;		/* set once; or NULL */
	struct environment environment; /* set once */
	struct trace trace;		/* set once */
	struct http_target target;	/* of the last request; as easy */
	size_t last_body_len;		/* as easy */
	atomic_bool is_canceled;	/* set by any thread, never cleared */
};

/* One request under way. */
struct transfer {
	CURL *easy;
	const struct http_request *request;
	const struct http_target *target;
	struct curl_slist *headers; /* owned */
	struct buffer body;
	struct buffer header_lines;
	char *proxy;	   /* owned; NULL: none */
	X509_STORE *store; /* a reference; NULL: libcurl reads the certificates */
	bool has_idled;
	char cause[CURL_ERROR_SIZE];
};

/* As much as the response announces, or the body would move as it grows. */
static void reserve_body(struct transfer *transfer)
{
	curl_off_t len = 0;

	if (curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
			      &len) == CURLE_OK &&
	    len > 0)
		buffer_reserve(&transfer->body, (size_t)len);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;

	if (transfer->body.len == 0)
		reserve_body(transfer);
	return buffer_append(&transfer->body, bytes, size * count) ? size * count : 0;
}

/* A response may be preceded by interim ones (100): only the last one counts. */
static size_t take_header(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;
	size_t len = size * count;

	if (len >= 5 && !memcmp(bytes, "HTTP/", 5))
		transfer->header_lines.len = 0;
	return buffer_append(&transfer->header_lines, bytes, len) ? len : 0;
}

static int choose_proxy(const struct http *http, struct transfer *transfer,
			struct error *error)
{
	const struct http_target *target = transfer->target;

	if (transfer->request->is_direct || http_host_is_loopback(target->host))
		return 0;
	return proxy_find(&http->environment, target->is_tls ? "https" : "http",
			  target->host, &transfer->proxy, error);
}

/*
 * Each time, as the file may have been replaced: OpenSSL would wait for a FIFO, and
 * libcurl names no reason.
 */
static int check_ca_bundle(struct http *http, struct error *error)
{
	const char *path = http->ca_bundle;
	struct stat status;
	char words[128];
	char cause[160] = "";

	if (!path)
		return 0;
	if (stat(path, &status) < 0 || access(path, R_OK) < 0)
		snprintf(cause, sizeof(cause), "%s",
			 strerror_r(errno, words, sizeof(words)));
	else if (!S_ISDIR(status.st_mode) && regular_file_flaw(status.st_mode))
		snprintf(cause, sizeof(cause),
			 "it is %s; put a regular file in its place",
			 regular_file_flaw(status.st_mode));
	if (*cause)
		return error_set(error, ERROR_CONFIG,
				 "cannot read the CA bundle %s (%s): %s", path,
				 http->ca_bundle_source, cause);
	http->is_ca_directory = S_ISDIR(status.st_mode);
	return 0;
}

/* With a proxy that has a certificate of its own, it is for libcurl, which would have
 * that verified by the same store. */
static void borrow_trust(const struct http *http, struct transfer *transfer)
{
	bool is_proxy_tls = transfer->proxy &&
			    strncasecmp(transfer->proxy, "https:", strlen("https:")) ==
				    0;

	if (http->trust && !http->is_ca_directory && !is_proxy_tls)
		transfer->store = trust_borrow(http->trust, http->ca_bundle);
}

/* Options that all requests share. Not 0 if curl refuses any of them. */
static unsigned set_connection_options(const struct http *http, CURL *easy)
{
	unsigned failed = 0;

	failed |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Refused while there still is a buffer, as after a host that was not found. */
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
	failed |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	failed |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
				   (long)CURL_HTTP_VERSION_1_1);
	failed |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	failed |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	failed |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	failed |= curl_easy_setopt(easy, CURLOPT_SSLVERSION,
				   (long)CURL_SSLVERSION_TLSv1_2);
	failed |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	failed |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (http->ca_bundle)
		failed |= curl_easy_setopt(
			easy, http->is_ca_directory ? CURLOPT_CAPATH : CURLOPT_CAINFO,
			http->ca_bundle);
	if (http->user_agent)
		failed |= curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent);
#ifdef HAVE_CURLOPT_QUICK_EXIT
	/* Or a timeout waits for the thread that looks up the host's name. */
	failed |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	return failed;
}

static unsigned set_request_options(CURL *easy, const struct http_request *request)
{
	bool has_body = strcmp(request->method, "GET") != 0;
	long total_ms = (long)request->connect_timeout_ms +
			(long)request->read_timeout_ms;
	unsigned failed = 0;

	if (request->total_timeout_ms > 0 && request->total_timeout_ms < total_ms)
		total_ms = (long)request->total_timeout_ms;

	failed |= curl_easy_setopt(easy, CURLOPT_URL, request->url);
	failed |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
				   (long)request->connect_timeout_ms);
	failed |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, total_ms);
	failed |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)request->is_once);
	failed |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)request->is_once);
	if (has_body) {
		failed |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
					   (curl_off_t)request->body_len);
		failed |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
					   request->body ? request->body : "");
	}
	failed |= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	return failed;
}

static unsigned set_transfer_options(CURL *easy, struct transfer *transfer)
{
	unsigned failed = 0;

	/* Both, or curl would look at the environment itself. */
	failed |= curl_easy_setopt(easy, CURLOPT_PROXY,
				   transfer->proxy ? transfer->proxy : "");
	failed |= curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	failed |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	failed |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	failed |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	failed |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	failed |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	failed |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->cause);
	return failed;
}

static CURLcode take_result(CURLM *multi)
{
	int queued;
	const CURLMsg *message = curl_multi_info_read(multi, &queued);

	return message && message->msg == CURLMSG_DONE ? message->data.result
						       : CURLE_FAILED_INIT;
}

static int64_t monotonic_us(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/*
 * The time to wait for curl's sockets; 0: the read timeout is over. Curl itself
 * only knows a time to connect and one for all, so what a quick connection saved
 * would go to a slow response.
 */
static int wait_ms(CURL *easy, const struct http_request *request, int64_t started_us)
{
	curl_off_t connected_us = 0;
	int64_t left_us;

	curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
	if (connected_us == 0)
		return POLL_MS;
	left_us = started_us + connected_us + (int64_t)request->read_timeout_ms * 1000 -
		  monotonic_us();
	if (left_us <= 0)
		return 0;
	return left_us < POLL_MS * 1000 ? (int)(left_us / 1000) + 1 : POLL_MS;
}

/*
 * The first touch of memory takes the kernel some microseconds a page: time that
 * there is while the service works. So the body gets room for as much as the last one
 * had, if that was more than the heap has at hand.
 */
static void prepare_body(const struct http *http, struct transfer *transfer)
{
	struct buffer *body = &transfer->body;

	if (http->last_body_len < BODY_LARGE_BYTES || body->data)
		return;
	buffer_reserve(body, http->last_body_len + http->last_body_len / 4);
	for (size_t at = 0; at < body->size; at += PAGE_BYTES)
		((volatile char *)body->data)[at] = '\0';
}

/* What has time until the response comes. */
static void use_wait(const struct http *http, struct transfer *transfer)
{
	const struct http_request *request = transfer->request;

	prepare_body(http, transfer);
	if (request->idle && !transfer->has_idled)
		request->idle(request->idle_data);
	transfer->has_idled = true;
}

/* Until the transfer has ended in one way or another. */
static CURLcode run_transfer(struct http *http, struct transfer *transfer)
{
	int64_t started_us = monotonic_us();

	while (!atomic_load(&http->is_canceled)) {
		int running = 0;
		int timeout_ms;

		if (curl_multi_perform(http->multi, &running) != CURLM_OK)
			return CURLE_FAILED_INIT;
		if (!running)
			return take_result(http->multi);
		use_wait(http, transfer);
		timeout_ms = wait_ms(http->easy, transfer->request, started_us);
		if (timeout_ms == 0)
			return CURLE_OPERATION_TIMEDOUT;
		if (curl_multi_poll(http->multi, NULL, 0, timeout_ms, NULL) != CURLM_OK)
			return CURLE_FAILED_INIT;
	}
	return CURLE_ABORTED_BY_CALLBACK;
}

static CURLcode perform_transfer(struct http *http, struct transfer *transfer)
{
	CURLcode result = CURLE_FAILED_INIT;

	if (curl_multi_add_handle(http->multi, http->easy) == CURLM_OK)
		result = run_transfer(http, transfer);
	curl_multi_remove_handle(http->multi, http->easy);
	return result;
}

static int fail_transfer(const struct http *http, const struct transfer *transfer,
			 CURLcode result, struct error *error)
{
	if (result == CURLE_ABORTED_BY_CALLBACK)
		return error_set(error, ERROR_CANCELED, "%s: the request was canceled",
				 transfer->target->host);
	if (transfer->body.is_over)
		return error_set(error, ERROR_RESPONSE,
				 "%s: the response is larger than %zu MiB",
				 transfer->target->host,
				 transfer->body.max_bytes >> 20);
	if (transfer->header_lines.is_over)
		return error_set(error, ERROR_RESPONSE,
				 "%s: the response headers are larger than %zu KiB",
				 transfer->target->host,
				 transfer->header_lines.max_bytes >> 10);
	if (transfer->body.is_out_of_memory || transfer->header_lines.is_out_of_memory)
		return error_set(error, ERROR_MEMORY, "%s: no memory for the response",
				 transfer->target->host);
	return http_failure_set(error, http->easy, result, transfer->request,
				transfer->target->host, transfer->cause);
}

static int take_response(struct http *http, struct transfer *transfer,
			 struct http_response *response, struct error *error)
{
	long status = 0;

	/* Nothing has been appended yet for a response without a body. */
	if (!buffer_append(&transfer->body, "", 0) ||
	    !buffer_append(&transfer->header_lines, "", 0))
		return error_set(error, ERROR_MEMORY, "%s: no memory for the response",
				 transfer->target->host);
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	response->status = (int)status;
	response->body = buffer_take(&transfer->body, &response->body_len);
	response->headers = buffer_take(&transfer->header_lines, NULL);
	http->last_body_len = response->body_len;
	return 0;
}

static void trace_transfer(const struct http *http, const struct transfer *transfer,
			   CURLcode result)
{
	curl_off_t total_us = 0;
	curl_off_t bytes = 0;
	long status = 0;

	curl_easy_getinfo(http->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	curl_easy_getinfo(http->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	trace_write(&http->trace, "%s %s: status %ld, %lld bytes, %lld ms%s%s",
		    transfer->request->method, transfer->target->shown_url, status,
		    (long long)bytes, (long long)total_us / 1000,
		    result == CURLE_OK ? "" : ", ",
		    result == CURLE_OK ? "" : curl_easy_strerror(result));
}

static int exchange_messages(struct http *http, struct transfer *transfer,
			     struct http_response *response, struct error *error)
{
	CURLcode result;
	unsigned failed;

	curl_easy_reset(http->easy);
	failed = set_connection_options(http, http->easy);
	failed |= set_request_options(http->easy, transfer->request);
	failed |= set_transfer_options(http->easy, transfer);
	if (transfer->store)
		failed |= trust_set(http->easy, transfer->store);
	if (failed)
		return error_set(
			error, ERROR_CONFIG,
			"%s: this libcurl (%s) lacks an option that dmsfs needs",
			transfer->target->host, curl_version());
	result = perform_transfer(http, transfer);
	if (trace_is_wanted(&http->trace))
		trace_transfer(http, transfer, result);
	if (result == CURLE_OK)
		return take_response(http, transfer, response, error);
	return fail_transfer(http, transfer, result, error);
}

static int http_send(void *data, const struct http_request *request,
		     struct http_response *response, struct error *error)
{
	struct http *http = data;
	struct transfer transfer = {
		.easy = http->easy,
		.request = request,
		.target = &http->target,
		.body.max_bytes = HTTP_BODY_MAX_BYTES,
		.header_lines.max_bytes = HEADERS_MAX_BYTES,
	};
	int r;

	*response = (struct http_response){0};
	r = http_target_set(&http->target, request->url, error);
	if (r == 0 && http->target.is_tls)
		r = check_ca_bundle(http, error);
	if (r == 0)
		r = choose_proxy(http, &transfer, error);
	if (r == 0 && http->target.is_tls)
		borrow_trust(http, &transfer);
	if (r == 0)
		r = http_headers_new(request, &transfer.headers, error);
	if (r == 0)
		r = exchange_messages(http, &transfer, response, error);
	/* It points into what goes out of life here. */
	curl_easy_reset(http->easy);
	http_headers_free(transfer.headers);
	secret_free(transfer.proxy);
	X509_STORE_free(transfer.store);
	buffer_fini(&transfer.body);
	buffer_fini(&transfer.header_lines);
	return r;
}

static int copy_ca_bundle(struct http *http, const struct http_options *options,
			  struct error *error)
{
	http->ca_bundle = strdup(options->ca_bundle);
	http->ca_bundle_source = strdup(options->ca_bundle_source);
	if (!http->ca_bundle || !http->ca_bundle_source)
		return error_set(error, ERROR_MEMORY, "no memory for an HTTP client");
	return check_ca_bundle(http, error);
}

static int copy_options(struct http *http, const struct http_options *options,
			struct error *error)
{
	http->trace = options->trace;
	http->trust = options->trust;
	http->environment = options->environment;
	if (options->user_agent) {
		http->user_agent = strdup(options->user_agent);
		if (!http->user_agent)
			return error_set(error, ERROR_MEMORY,
					 "no memory for an HTTP client");
	}
	return options->ca_bundle ? copy_ca_bundle(http, options, error) : 0;
}

static int start_curl(struct http *http, struct error *error)
{
	http->multi = curl_multi_init();
	http->easy = curl_easy_init();
	if (!http->multi || !http->easy)
		return error_set(error, ERROR_MEMORY, "cannot start libcurl");
	return 0;
}

bool http_open_libraries(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void http_close_libraries(void)
{
	curl_global_cleanup();
}

int http_new(const struct http_options *options, struct http **http,
	     struct error *error)
{
	struct http *made = NULL;
	int r;

	if (!http_open_libraries())
		return error_set(error, ERROR_MEMORY, "cannot start libcurl");
	made = calloc(1, sizeof(*made));
	if (!made) {
		http_close_libraries();
		return error_set(error, ERROR_MEMORY, "no memory for an HTTP client");
	}
	atomic_init(&made->is_canceled, false);
	r = copy_options(made, options, error);
	if (r == 0)
		r = start_curl(made, error);
	if (r < 0) {
		http_free(made);
		return r;
	}
	*http = made;
	return 0;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->easy);
	curl_multi_cleanup(http->multi);
	http_target_fini(&http->target);
	free(http->ca_bundle);
	free(http->ca_bundle_source);
	free(http->user_agent);
	free(http);
	http_close_libraries();
}

struct http_transport http_transport(struct http *http)
{
	return (struct http_transport){.data = http, .send = http_send};
}

void http_cancel(struct http *http)
{
	atomic_store(&http->is_canceled, true);
	/* Wakes the poll under way, or the next one. */
	curl_multi_wakeup(http->multi);
}
