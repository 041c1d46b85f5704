/*
 * Whether a request is signed as AWS asks (Signature Version 4), with the answers that
 * AWS gives when it is not. Written from the public description of the scheme, apart
 * from the signer under test, so that an error of the one shows at the other.
 */
#ifndef DMS_SIM_SIGV4_CHECK_H
#define DMS_SIM_SIGV4_CHECK_H

#include <stddef.h>
#include <time.h>

#include "tests/sim/base/buf.h"
#include "tests/sim/base/keys.h"

struct header {
	const char *name; /* as sent */
	const char *value;
};

struct sigv4_check {
	const char *method;
	const char *path; /* canonical; a query is not part of this API */
	const struct header *headers;
	size_t header_count;
	const char *body;
	size_t body_len;
	const char *region;
	const char *service;
	const struct keys *keys;
	time_t now;
};

struct sigv4_verdict {
	const struct key *key;	/* NULL unless the request is authentic */
	char access_key[129];	/* as claimed, cut; "" when there was none */
	const char *error_type; /* static; NULL when authentic */
	struct buf message;	/* may quote the request, as AWS does */
};

/* The caller ends @verdict with buf_fini() of its message. */
void sigv4_check(const struct sigv4_check *check, struct sigv4_verdict *verdict);

/* The value of the first header of that name, or NULL. */
const char *header_find(const struct header *headers, size_t count, const char *name);

#endif
