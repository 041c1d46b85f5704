/*
 * One call of an AWS service, whichever it is: signed, sent, tried again while that
 * may help, and its refusal read.
 */
#ifndef DMSFS_SRC_AWS_CALL_H
#define DMSFS_SRC_AWS_CALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/aws/clock_skew.h"
#include "src/aws/credentials.h"
#include "src/aws/endpoint.h"
#include "src/aws/retry.h"
#include "src/base/buffer.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/tally.h"
#include "src/http/http.h"

#define CALL_SECRETS_MAX 2

/* What was sent so far: attempts by operation and what came of them, which is "ok", the
 * code of the refusal, its HTTP status where it has no code, or "none" without any
 * response. Any thread. */
struct call_counts {
	struct tally requests;
	atomic_size_t throttled; /* of them, those refused for their pace */
};

/* The state that all calls of a client share. For one thread at a time. */
struct call_client {
	struct retry retry;
	struct clock_skew skew;
	struct sigv4 *sigv4;	    /* owned */
	struct call_counts *counts; /* borrowed; NULL: nothing is counted */
};

/* Copies @clock, whose sleep should end when the program does. 0 or -ENOMEM; to _fini
 * in any case. */
int call_client_init(struct call_client *client, const struct retry_settings *settings,
		     const struct clock *clock);
void call_client_fini(struct call_client *client);

/* All borrowed for the time of the call; what may be NULL is left out then. */
struct call {
	const struct http_transport *transport;
	struct call_client *client;
	const struct endpoint *endpoint;
	const char *operation; /* to be counted under; NULL: it is not */
	const char *service;   /* as it is signed for: "sts"; with a signer */
	const struct credentials *signer; /* NULL: the call is not signed */
	const char *method;
	const char *path;  /* "/token", below the endpoint's own, or NULL */
	const char *query; /* encoded, or NULL */
	const char *content_type;
	/* A further one, or {NULL}; where it is signed, its name comes after
	 * "x-amz-security-token". */
	struct http_header header;
	const char *body; /* or NULL */
	/* That no error may show, beside those of the signer; NULL: none. */
	const char *secrets[CALL_SECRETS_MAX];
	const char *permission;	     /* "dms:DescribeConnections", or NULL */
	unsigned connect_timeout_ms; /* 0: 5 s */
	unsigned read_timeout_ms;    /* 0: 15 s */
	int64_t deadline_ns; /* since boot: no attempt lasts beyond it; 0: none */
	/*
	 * It does something at the service, so that another attempt is made only where
	 * the one before did nothing: it was refused for its credentials, its clock or
	 * for its pace, or nothing of it was sent.
	 */
	bool is_once;
	/* Or NULL: as in struct http_request, for each attempt. */
	void (*idle)(void *data);
	void *idle_data;
	/*
	 * Takes what the caller wants from a response of success, of which it may move
	 * the body out: 0, or a negative errno with @error.
	 */
	int (*read)(void *data, struct http_response *response, struct error *error);
	void *data;
};

/*
 * 0, or what the last attempt failed with, as refusal_check(), the transport or
 * call->read put it; -ECANCELED when a wait was ended. Another attempt is made after
 * a wait when the service or the way to it fails, and at once, but once only, when
 * the local clock was wrong. @error may not be NULL, and is written only on failure.
 */
int call_send(const struct call *call, struct error *error);

/* The URL that a call goes to, without a query, into @url (@size bytes). */
int call_url(const struct endpoint *endpoint, const char *path, char *url, size_t size,
	     struct error *error);

/*
 * Appends "NAME=VALUE", with a & before all but the first, to the parameters of a query
 * or of a form. Each byte but the unreserved ones of RFC 3986 is percent-encoded. False
 * as buffer_append() is.
 */
bool call_add_parameter(struct buffer *parameters, const char *name, const char *value);

#endif
