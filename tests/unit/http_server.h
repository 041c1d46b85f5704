/*
 * A small HTTP server on loopback, in a thread of the test, that answers every
 * request by a script: well, badly, or not at all. One connection at a time.
 */
#ifndef DMSFS_TESTS_UNIT_HTTP_SERVER_H
#define DMSFS_TESTS_UNIT_HTTP_SERVER_H

#include <stdbool.h>

struct http_server;

struct http_server_script {
	const char *response; /* as sent, status line and all; "": none, and close */
	const char *endless;  /* sent after it over and over */
	unsigned drip_ms;     /* then send a byte each so often, without end */
	int failing_requests; /* so many first requests are closed on, unanswered */
	bool is_hanging;      /* never answer */
	bool is_closing;      /* close after the answer */
	bool is_resetting;    /* the same, with a reset */
	bool is_tls;	      /* with a certificate of its own making, for localhost */
	bool is_old_tls;      /* offer TLS 1.1 at most */
};

/* The script's strings are borrowed. */
struct http_server *http_server_start(const struct http_server_script *script);
void http_server_stop(struct http_server *server); /* takes NULL */

int http_server_port(const struct http_server *server);

/* So far. */
int http_server_requests(struct http_server *server);
int http_server_connections(struct http_server *server);

/* The last whole request, as received; valid until the next one. */
const char *http_server_last_request(struct http_server *server);

/* Waits until a first request has come in. */
void http_server_await_request(struct http_server *server);

/* Writes the server's certificate, as PEM. */
void http_server_write_certificate(struct http_server *server, const char *path);

#endif
