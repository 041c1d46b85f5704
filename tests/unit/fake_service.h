/*
 * A transport that answers by a list, and remembers what it was asked; and a clock
 * that stands still.
 */
#ifndef DMSFS_TESTS_UNIT_FAKE_SERVICE_H
#define DMSFS_TESTS_UNIT_FAKE_SERVICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "src/base/clock.h"
#include "src/http/http.h"

#define FAKE_REQUESTS_MAX 8
#define FAKE_TIME_S INT64_C(1795443597) /* 2026-11-23T14:19:57Z */

struct fake_response {
	int status;	     /* 0: no answer, but an error of the network */
	const char *body;    /* that error's text, then */
	const char *headers; /* further lines, or NULL */
};

struct fake_request {
	char method[8];
	char url[256];
	char body[1024];
	char headers[2048]; /* "name: value\n" each */
	unsigned connect_timeout_ms;
	unsigned read_timeout_ms;
	bool is_direct;
};

struct fake_service {
	const struct fake_response *responses;
	size_t response_count;
	/* Or else writes the answer's body, for request number @index. */
	void (*write)(size_t index, char *body, size_t size);
	bool is_idle_unused; /* as if each response came at once */
	size_t asked;
	struct fake_request requests[FAKE_REQUESTS_MAX]; /* the first of them */
};

static inline void fake_service_note(struct fake_request *note,
				     const struct http_request *request)
{
	size_t used = 0;

	snprintf(note->method, sizeof(note->method), "%s", request->method);
	snprintf(note->url, sizeof(note->url), "%s", request->url);
	snprintf(note->body, sizeof(note->body), "%.*s", (int)request->body_len,
		 request->body);
	for (size_t i = 0; i < request->header_count; i++)
		used += (size_t)snprintf(
			note->headers + used, sizeof(note->headers) - used, "%s: %s\n",
			request->headers[i].name, request->headers[i].value);
	assert_true(used < sizeof(note->headers));
	note->connect_timeout_ms = request->connect_timeout_ms;
	note->read_timeout_ms = request->read_timeout_ms;
	note->is_direct = request->is_direct;
}

static inline int fake_service_response(const struct fake_response *fake,
					struct http_response *response,
					struct error *error)
{
	if (fake->status == 0)
		return error_set(error, ERROR_NETWORK, "%s", fake->body);
	response->status = fake->status;
	response->body = strdup(fake->body);
	response->body_len = strlen(fake->body);
	if (asprintf(&response->headers, "HTTP/1.1 %d X\r\n%s\r\n", fake->status,
		     fake->headers ? fake->headers : "") < 0)
		abort();
	return 0;
}

static inline int fake_service_send(void *data, const struct http_request *request,
				    struct http_response *response, struct error *error)
{
	struct fake_service *service = data;
	size_t index = service->asked++;
	char body[512];

	if (index < FAKE_REQUESTS_MAX)
		fake_service_note(&service->requests[index], request);
	if (request->idle && !service->is_idle_unused)
		request->idle(request->idle_data);
	if (service->write) {
		service->write(index, body, sizeof(body));
		return fake_service_response(
			&(struct fake_response){.status = 200, .body = body}, response,
			error);
	}
	if (index >= service->response_count)
		fail_msg("asked a %zuth time: %s", index + 1,
			 service->requests[index % FAKE_REQUESTS_MAX].body);
	return fake_service_response(&service->responses[index], response, error);
}

static inline struct http_transport fake_service_transport(struct fake_service *service)
{
	return (struct http_transport){.data = service, .send = fake_service_send};
}

/* The value of header @name of request @index, cut off behind it; "" if none. */
static inline const char *fake_service_header(struct fake_service *service,
					      size_t index, const char *name)
{
	static char value[1024];
	struct http_response lines = {.headers = service->requests[index].headers};

	if (!http_response_header(&lines, name, value, sizeof(value)))
		value[0] = '\0';
	return value;
}

static inline int64_t fake_time_ns(void *)
{
	return FAKE_TIME_S * NS_PER_S + 999 * NS_PER_MS;
}

static inline int fake_sleep(void *, int64_t)
{
	fail_msg("nothing is to wait here");
	return 0;
}

static const struct clock fake_clock = {
	.realtime_ns = fake_time_ns,
	.boottime_ns = fake_time_ns,
	.sleep = fake_sleep,
};

#endif
