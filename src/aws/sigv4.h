/*
 * AWS Signature Version 4, in its named stages.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
#ifndef DMSFS_SRC_AWS_SIGV4_H
#define DMSFS_SRC_AWS_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "src/http/http.h"

#define SIGV4_HASH_BYTES 32
#define SIGV4_HEX_SIZE (2 * SIGV4_HASH_BYTES + 1)
#define SIGV4_TIME_SIZE 17 /* "20261123T141957Z" and its end */

/* The request that is signed; all borrowed. */
struct sigv4_request {
	const char *method;
	const char *path;  /* as sent, already percent-encoded; "" counts as "/" */
	const char *query; /* as sent, parameters already sorted, or "" */
	/* The headers to sign, lower-case names in ascending order, host, x-amz-date
	 * and, with temporary credentials, x-amz-security-token among them. */
	const struct http_header *headers;
	size_t header_count;
	const char *body;
	size_t body_len;
};

struct sigv4_scope {
	const char *region;
	const char *service;
	char time[SIGV4_TIME_SIZE]; /* filled by sigv4_format_time() */
};

/* @seconds since 1970, UTC. */
void sigv4_format_time(int64_t seconds, char time[SIGV4_TIME_SIZE]);

/*
 * The signer: it keeps the last signing key, which is good for a day, and what that
 * was derived from, the secret too, until another one is asked for. For one thread at
 * a time. 0 or -ENOMEM.
 */
struct sigv4;

int sigv4_new(struct sigv4 **sigv4);
/* Wipes what it kept. Takes NULL. */
void sigv4_free(struct sigv4 *sigv4);

/* The stages. Strings are allocated for the caller to free; 0, -ENOMEM, or -EIO
 * if OpenSSL fails. */
int sigv4_hash_hex(const void *data, size_t len, char hex[SIGV4_HEX_SIZE]);
int sigv4_canonical_request(const struct sigv4_request *request, char **canonical);
int sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical,
			 char **string);
int sigv4_signing_key(const struct sigv4_scope *scope, const char *secret_access_key,
		      unsigned char key[SIGV4_HASH_BYTES]);
int sigv4_signature(const unsigned char key[SIGV4_HASH_BYTES], const char *string,
		    char hex[SIGV4_HEX_SIZE]);

/*
 * All of them: the value of the Authorization header, allocated; the caller wipes
 * and frees it. No key material but what @sigv4 keeps is left.
 */
int sigv4_authorization(struct sigv4 *sigv4, const struct sigv4_request *request,
			const struct sigv4_scope *scope, const char *access_key_id,
			const char *secret_access_key, char **authorization);

#endif
