/*
 * The endpoint of a service in a region: partitions, FIPS, dual-stack, and the
 * user's own endpoint URLs. Rules: botocore's endpoint rule sets of these services
 * and its partitions.json, as of 1.43.
 */
#ifndef DMSFS_SRC_AWS_ENDPOINT_H
#define DMSFS_SRC_AWS_ENDPOINT_H

#include <stdbool.h>

#include "src/aws/endpoint_host.h"
#include "src/aws/endpoint_url.h"
#include "src/aws/profile.h"
#include "src/base/error.h"

struct endpoint_options {
	const char *url;      /* --endpoint-url, or NULL */
	bool is_http_allowed; /* --allow-http: plain http beyond loopback */
};

/*
 * Finds the endpoint of DMS for the profile's region. --endpoint-url, then
 * AWS_ENDPOINT_URL_DATABASE_MIGRATION_SERVICE, AWS_ENDPOINT_URL, the services
 * section, endpoint_url (all but the first unless
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS), else made from the region, which is signed for
 * as endpoint->region: of us-west-2-fips, us-west-2 and the FIPS endpoint. -EINVAL with
 * the name and source of what is wrong: no URL, http beyond loopback without
 * leave, FIPS or dual-stack with a custom URL, a missing services section.
 */
int endpoint_resolve(const struct profile *profile,
		     const struct endpoint_options *options, struct endpoint *endpoint,
		     struct error *error);

/*
 * Finds the endpoint of another service, in @region or, where that is NULL, in the
 * profile's: AWS_ENDPOINT_URL_STS and the like, then as above; --endpoint-url is
 * for DMS alone. With AWS_STS_REGIONAL_ENDPOINTS or sts_regional_endpoints
 * "legacy", STS of the oldest regions is sts.amazonaws.com, for which
 * endpoint->region, to sign for, is us-east-1. Plain http is for loopback alone,
 * whatever --allow-http says: secrets come back from these services. -EINVAL with
 * the name and source of what is wrong.
 */
int endpoint_resolve_service(const struct profile *profile,
			     enum endpoint_service service, const char *region,
			     struct endpoint *endpoint, struct error *error);

#endif
