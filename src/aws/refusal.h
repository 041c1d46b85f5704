/*
 * A response that is no success, read as an error: the only reader of refusals, for
 * every service, and the only table of what their codes mean.
 */
#ifndef DMSFS_SRC_AWS_REFUSAL_H
#define DMSFS_SRC_AWS_REFUSAL_H

#include <stddef.h>

#include "src/base/error.h"
#include "src/http/http.h"

/* The meaning of a code; some have several. */
enum {
	REFUSAL_THROTTLED = 1 << 0,
	REFUSAL_TRANSIENT = 1 << 1,
	REFUSAL_CLOCK = 1 << 2,	      /* the time of the signature */
	REFUSAL_CREDENTIALS = 1 << 3, /* whatever service refuses them */
	REFUSAL_DENIED = 1 << 4,      /* a permission is missing */
	REFUSAL_NOT_FOUND = 1 << 5,   /* nothing matches */
};

/* The meanings of error code @code, as bits; 0: none of these. */
unsigned refusal_meaning(const char *code);

/* The request that was refused; all borrowed. */
struct refusal_context {
	/* Secrets that the request carried. NULL among them counts for nothing. */
	const char *const *secrets;
	size_t secret_count;
	const char *permission; /* that it needs: "dms:DescribeConnections", or NULL */
};

/*
 * 0 if the status of @response is 2xx and its body is not packed; else a negative
 * errno with @error: the service's own error (ERROR_SERVICE), a redirect or a packed
 * body (ERROR_RESPONSE), with its code, the HTTP status and the request id.
 *
 * The code stands in "__type", the header x-amzn-ErrorType, "code", "Code" or, of
 * OAuth, "error"; in XML in Error/Code. Text before a '#' or after a ':' is no
 * part of it. A text without a code tells the HTTP status.
 *
 * A refused signature is explained by the request as the service saw it, with the
 * session token in it: the text ends before that, and asterisks take the place of
 * every secret of @context, in @response too. @error may not be NULL.
 */
int refusal_check(struct http_response *response, const struct refusal_context *context,
		  struct error *error);

/* Adds the HTTP status and the request id of @response to an error that is set. */
void refusal_add_ids(const struct http_response *response, struct error *error);

#endif
