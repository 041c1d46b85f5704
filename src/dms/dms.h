/*
 * The Database Migration Service, as it is asked: by the pager and by single calls.
 */
#ifndef DMSFS_SRC_DMS_DMS_H
#define DMSFS_SRC_DMS_DMS_H

#include "src/aws/call.h"
#include "src/aws/endpoint.h"
#include "src/credentials/chain.h"
#include "src/http/http.h"

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

/* 0 or -ENOMEM. For one thread at a time, as everything that
 * uses its transport. */
int dms_new(const struct dms_options *options, struct dms **dms);
void dms_free(struct dms *dms);

#endif
