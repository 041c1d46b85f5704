/*
 * One DescribeConnections: how it is put, and what its answer says.
 */
#ifndef DMSFS_SRC_DMS_REQUEST_H
#define DMSFS_SRC_DMS_REQUEST_H

#include <stdint.h>

#include "credentials.h"
#include "dms.h"
#include "error.h"
#include "http.h"
#include "page.h"

/*
 * Signs and sends the request for the page that @marker leads to (NULL: the
 * first), for the time @now_s. 0 whatever the service answers, with a response to _fini; else a
 * negative errno with @error.
 */
int dms_request_send(const struct dms_options *options,
		     const struct dms_filters *filters, const char *marker,
		     const struct credentials *credentials, int64_t now_s,
		     struct http_response *response, struct error *error);

/* 0 if @response is to be a page; else what dms_response_read() says of it. */
int dms_response_check(const struct http_response *response, struct error *error);

/*
 * The page in @response; or what is wrong, with the HTTP status and the request
 * id: the service's own error (ERROR_SERVICE, with its code if it gave one), a
 * redirect or a page that is none (ERROR_RESPONSE). @error may not be NULL.
 */
int dms_response_read(const struct http_response *response, struct page **page,
		      struct error *error);

#endif
