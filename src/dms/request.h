/*
 * One request to the service and its response.
 */
#ifndef DMSFS_SRC_DMS_REQUEST_H
#define DMSFS_SRC_DMS_REQUEST_H

#include <stdint.h>

#include "src/base/error.h"
#include "src/credentials/chain.h"
#include "src/dms/dms.h"
#include "src/dms/filters.h"
#include "src/dms/page.h"
#include "src/http/http.h"

#define DMS_CONNECTIONS "DescribeConnections"
#define DMS_INSTANCES "DescribeReplicationInstances"
#define DMS_ENDPOINTS "DescribeEndpoints"
#define DMS_TEST "TestConnection"
#define DMS_DELETE "DeleteConnection"

/* One page of one call. All is borrowed. */
struct dms_call {
	const char *action;		  /* one of the above */
	const struct dms_filter *filters; /* or NULL */
	size_t filter_count;
	const char *marker; /* or NULL, for the first page */
	/* Or NULL: as in struct call. */
	void (*idle)(void *data);
	void *idle_data;
};

/*
 * Asks until there is a response of success: again while that may help, and once more
 * with fresh credentials when the service refuses those it came with. Adds what the
 * response had to *@bytes. 0 with @taken, to _fini; else a negative errno with @error,
 * which may not be NULL.
 */
int dms_ask(const struct dms *dms, const struct dms_call *request,
	    struct http_response *taken, uint64_t *bytes, struct error *error);

/*
 * The same for a call that does something, with @body, a JSON text: as a call that
 * is_once (call.h). On failure @error says by is_unsent where nothing was sent.
 */
int dms_send_once(const struct dms *dms, const char *action, const char *body,
		  struct http_response *taken, struct error *error);

/* The page in a response of success (@shared: as of page_new_sharing()); or what is
 * wrong, with the HTTP status and the request id. @error may not be NULL. */
int dms_response_read(const struct http_response *response, struct shared_texts *shared,
		      struct page **page, struct error *error);

#endif
