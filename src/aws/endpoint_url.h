/*
 * An endpoint URL that the user gave, taken apart.
 */
#ifndef DMSFS_SRC_AWS_ENDPOINT_URL_H
#define DMSFS_SRC_AWS_ENDPOINT_URL_H

#include "src/aws/endpoint.h"

/* Loopback may always be plain http. What else may? */
enum endpoint_http {
	ENDPOINT_HTTP_REFUSED, /* nothing: secrets come over this connection */
	ENDPOINT_HTTP_ASKED,   /* nothing, but --allow-http would be the way */
	ENDPOINT_HTTP_ALLOWED, /* --allow-http was given */
};

/*
 * Fills all but the region of @endpoint. -EINVAL with @source, where @text comes
 * from, and what is wrong with it; a password in it is never shown.
 */
int endpoint_url_parse(const char *text, const char *source,
		       enum endpoint_http plain_http, struct endpoint *endpoint,
		       struct error *error);

#endif
