/*
 * Where a service of a region is reached: partitions, FIPS, dual-stack, and the
 * user's own endpoint URLs. Rules: botocore's endpoint rule set for DMS and its
 * partitions.json, as of 1.43.
 */
#ifndef DMSFS_SRC_ENDPOINT_H
#define DMSFS_SRC_ENDPOINT_H

#include <stdbool.h>

#include "error.h"
#include "profile.h"

struct endpoint {
	char url[1024];	 /* "https://dms.us-east-1.amazonaws.com" or as given */
	char host[512];	 /* for the signature: with the port if not the default */
	char region[64]; /* the region to sign for */
	char path[512];	 /* "/" or the path of the URL given */
	bool is_custom;	 /* given by the user, not made from the region */
};

struct endpoint_options {
	const char *url;      /* --endpoint-url, or NULL */
	bool is_http_allowed; /* --allow-http: plain http beyond loopback */
};

/*
 * Finds the endpoint of DMS for the profile's region. --endpoint-url, then
 * AWS_ENDPOINT_URL_DATABASE_MIGRATION_SERVICE, AWS_ENDPOINT_URL, the services
 * section, endpoint_url (all but the first unless
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS), else made from the region. -EINVAL with
 * the name and source of what is wrong: no URL, http beyond loopback without
 * leave, FIPS or dual-stack with a custom URL, a missing services section.
 */
int endpoint_resolve(const struct profile *profile,
		     const struct endpoint_options *options, struct endpoint *endpoint,
		     struct error *error);

#endif
