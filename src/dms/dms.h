/*
 * The Database Migration Service, as it is asked: by the pager and by single calls.
 */
#ifndef DMSFS_SRC_DMS_DMS_H
#define DMSFS_SRC_DMS_DMS_H

#include <stdint.h>

#include "src/aws/call.h"
#include "src/aws/endpoint.h"
#include "src/credentials/chain.h"
#include "src/http/http.h"

#define DMS_MAX_RECORDS_MIN 20
#define DMS_MAX_RECORDS_MAX 100

/* All borrowed while it is in use. For one thread at a time, as the transport is. */
struct dms {
	struct http_transport transport;
	struct endpoint endpoint;
	struct credentials_chain *chain;
	struct call_client *client; /* its clock is the one used */
	int max_records;	    /* page size, 20 to 100 */
	unsigned connect_timeout_ms;
	unsigned read_timeout_ms;
	/* Since boot: no page begins and no attempt lasts beyond it; 0: none */
	int64_t deadline_ns;
};

#endif
