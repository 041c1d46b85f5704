/*
 * An endpoint URL that the user gave, taken apart.
 */
#ifndef DMSFS_SRC_AWS_ENDPOINT_URL_H
#define DMSFS_SRC_AWS_ENDPOINT_URL_H

#include <stdbool.h>

#include "src/base/error.h"

struct endpoint {
	char url[1024];	 /* "https://dms.us-east-1.amazonaws.com" or as given */
	char host[512];	 /* for the signature: with the port if not the default */
	char region[64]; /* the region to sign for */
	char path[512];	 /* "/" or the path of the URL given */
	bool is_custom;	 /* given by the user, not made from the region */
};

/* Whether plain http is allowed beyond loopback, for which it always is. */
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
