/*
 * The Database Migration Service: one call, DescribeConnections, all pages.
 */
#ifndef DMSFS_SRC_DMS_DMS_H
#define DMSFS_SRC_DMS_DMS_H

#include <stdbool.h>
#include <stddef.h>

#include "src/aws/call.h"
#include "src/aws/endpoint.h"
#include "src/base/error.h"
#include "src/credentials/credentials.h"
#include "src/dms/page.h"
#include "src/http/http.h"

#define DMS_PAGES_MAX 100000
#define DMS_MAX_RECORDS_MIN 20
#define DMS_MAX_RECORDS_MAX 100

struct dms;

struct dms_options {
	struct http_transport transport;
	struct endpoint endpoint;	 /* copied */
	struct credentials_chain *chain; /* borrowed for the lifetime of the dms */
	struct call_client *client;	 /* the same; its clock is the one used */
	int max_records;		 /* page size, 20 to 100 */
	unsigned connect_timeout_ms;
	unsigned read_timeout_ms;
};

/* The two filters of the API. Values of one are alternatives, both filters are
 * required; a count of 0 leaves a filter out. Borrowed for the call. */
struct dms_filters {
	const char *const *endpoint_arns;
	size_t endpoint_arn_count;
	const char *const *replication_instance_arns;
	size_t replication_instance_arn_count;
};

/* Called by the thread that lists. */
struct dms_progress {
	/* For each page, with the totals so far. */
	void (*page)(void *data, size_t pages, size_t connections);
	void *data;
};

/* The pages of one whole listing, in their order. */
struct listing {
	struct page **pages; /* owned, and a reference to each */
	size_t count;
};

void listing_fini(struct listing *listing);

/* 0 or -ENOMEM. For one thread at a time, like all that uses its transport. */
int dms_new(const struct dms_options *options, struct dms **dms);
void dms_free(struct dms *dms);

/*
 * Follows the markers to the end: the whole listing, or a negative errno with
 * @error and nothing in @listing. ResourceNotFoundFault is an empty listing. An
 * error names the page that it came with ("page 3: ..."). A marker seen before
 * in this listing, more than DMS_PAGES_MAX pages, or a page that page_parse()
 * refuses fails the listing. @progress may be NULL.
 *
 * @known, or NULL, is an earlier listing: a page that came then with the same bytes is
 * not parsed again, but is in @listing too. The next page is asked for before the last
 * one is parsed, where it shows its marker at once.
 *
 * A page that fails for a time is asked for again as call_send() does it, and once
 * more with fresh credentials when the service refuses those it came with; the
 * listing then goes on from there.
 */
int dms_list(struct dms *dms, const struct dms_filters *filters,
	     const struct listing *known, const struct dms_progress *progress,
	     struct listing *listing, struct error *error);

/* ARNs of replication instances. */
struct dms_instances {
	char **arns; /* owned, and each of them */
	size_t count;
};

void dms_instances_fini(struct dms_instances *instances);

/*
 * Asks DescribeReplicationInstances, at most @max of which are taken: more are an
 * error. 0, or a negative errno with @error and nothing in @instances.
 */
int dms_list_instances(struct dms *dms, size_t max, struct dms_instances *instances,
		       struct error *error);

#endif
