/*
 * One request to the service: how it is put, and what its answer says.
 */
#ifndef DMSFS_SRC_DMS_REQUEST_H
#define DMSFS_SRC_DMS_REQUEST_H

#include <stdint.h>

#include "src/base/error.h"
#include "src/credentials/credentials.h"
#include "src/dms/dms.h"
#include "src/dms/page.h"
#include "src/http/http.h"

#define DMS_CONNECTIONS "DescribeConnections"
#define DMS_INSTANCES "DescribeReplicationInstances"

/* One page of one call. All is borrowed. */
struct dms_call {
	const char *action;		   /* one of the above */
	const struct dms_filters *filters; /* or NULL */
	const char *marker;		   /* or NULL, for the first page */
};

/*
 * Signs and sends the request, for the time @now_s. 0 whatever the service answers,
 * with a response to _fini; else a negative errno with @error.
 */
int dms_request_send(const struct dms *dms, const struct dms_call *call,
		     const struct credentials *credentials, int64_t now_s,
		     struct http_response *response, struct error *error);

/*
 * The same until there is an answer of success: tried again while that may help, and
 * once more with fresh credentials when the service refuses those it came with. Adds
 * what all the answers had to *@bytes. 0 with @answer, to _fini; else a negative errno
 * with @error, which may not be NULL.
 */
int dms_ask(const struct dms *dms, const struct dms_call *call,
	    struct http_response *answer, uint64_t *bytes, struct error *error);

/* 0 if @response tells of success, to a call of @action; else what is wrong, as
 * below. */
int dms_response_check(const struct http_response *response, const char *action,
		       struct error *error);

/*
 * The page in @response, with @shared as in page_parse(); or what is wrong, with the HTTP status and the request
 * id: the service's own error (ERROR_SERVICE, with its code if it gave one), a
 * redirect or a page that is none (ERROR_RESPONSE). @error may not be NULL.
 */
int dms_response_read(const struct http_response *response, struct shared_texts *shared,
		      struct page **page, struct error *error);

#endif
