/*
 * HTTP as the rest of src/ sees it: one request, one whole response. The
 * transport is handed in; curl.c has the real one, tests bring their own.
 */
#ifndef DMSFS_SRC_HTTP_HTTP_H
#define DMSFS_SRC_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/error.h"
#include "src/base/trace.h"
#include "src/http/proxy.h"

/* A bound on the size of one response, headers not counted. */
#define HTTP_BODY_MAX_BYTES ((size_t)16 * 1024 * 1024)

struct http_header {
	const char *name;
	const char *value;
};

/* All borrowed for the time of the call. */
struct http_request {
	const char *method; /* "GET", "POST", "PUT" */
	const char *url;
	const struct http_header *headers;
	size_t header_count;
	const char *body; /* may be NULL when body_len is 0 */
	size_t body_len;
	unsigned connect_timeout_ms; /* until connected, TLS included */
	unsigned read_timeout_ms;  /* from connected to the last byte of the response */
	unsigned total_timeout_ms; /* both together; 0: their sum */
	bool is_direct;		   /* never through a proxy (metadata services) */
	/* By a connection of its own: the transport may send a request once more by
	 * itself where a kept connection turns out to be lost. */
	bool is_once;
	/* Or NULL. Called with idle_data while the response is awaited, once at most,
	 * for work that has time until then; not where the request fails before. */
	void (*idle)(void *data);
	void *idle_data;
};

struct http_response {
	int status;
	char *body; /* owned, terminated beyond body_len; never NULL after success */
	size_t body_len;
	char *headers; /* owned: the raw header lines of the final response */
};

/*
 * Sends a request and waits for the whole response. 0 whatever the HTTP status;
 * else a negative errno with host and cause in @error (ERROR_NETWORK, also for an
 * response cut short, ERROR_TIMEOUT, ERROR_TLS, ERROR_RESPONSE for a response over the
 * bound or not of HTTP, ERROR_CONFIG, ERROR_CANCELED) and nothing in @response; with
 * is_unsent where there was no connection to send it by.
 */
struct http_transport {
	void *data;
	int (*send)(void *data, const struct http_request *request,
		    struct http_response *response, struct error *error);
};

/*
 * The first value of header @name (case does not matter), without blanks around
 * it, copied into @value (@size bytes, cut if longer). False if there is none.
 */
bool http_response_header(const struct http_response *response, const char *name,
			  char *value, size_t size);

/* Wipes and frees what a response owns, and clears it; for every response, since
 * some carry credentials. */
void http_response_fini(struct http_response *response);

/*
 * Has the libraries set up what all clients use, as the first http_new() does
 * otherwise: before a fork, both processes have that in the same memory.
 * http_close_libraries() is due if it could. While there is one thread.
 */
bool http_open_libraries(void);
void http_close_libraries(void);

struct http;
struct trust;

struct http_options {
	/* A file or folder of certificates, or NULL for the system's; and what named
	 * it, for messages. */
	const char *ca_bundle;
	const char *ca_bundle_source;
	/* That it shares with others, borrowed; or NULL. */
	struct trust *trust;
	const char *user_agent; /* or NULL */
	struct environment environment;
	struct trace trace; /* hears of the traffic, without secrets */
};

/*
 * One client keeps its connection alive from request to request, verifies TLS
 * (1.2 or later), follows no redirect, and takes proxies by proxy_find(), but none to
 * loopback addresses. The options are copied. Sending is for one thread at a time;
 * http_cancel() may be called by any thread and ends a request under way, and all later
 * ones, at once with ERROR_CANCELED. The program must ignore SIGPIPE: TLS libraries
 * write to sockets without MSG_NOSIGNAL, at the end of a connection too.
 */
int http_new(const struct http_options *options, struct http **http,
	     struct error *error);
void http_free(struct http *http);
struct http_transport http_transport(struct http *http);
void http_cancel(struct http *http);

#endif
