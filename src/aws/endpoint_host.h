/*
 * The host name of a service in a region, by botocore's endpoint rule sets for
 * dms, sts, sso, sso-oidc and signin, as of 1.43.
 */
#ifndef DMSFS_SRC_AWS_ENDPOINT_HOST_H
#define DMSFS_SRC_AWS_ENDPOINT_HOST_H

#include <stdbool.h>
#include <stddef.h>

enum endpoint_service {
	ENDPOINT_DMS,
	ENDPOINT_STS,
	ENDPOINT_SSO,	   /* hands out the credentials of a role */
	ENDPOINT_SSO_OIDC, /* renews the tokens of SSO */
	ENDPOINT_SIGNIN,   /* renews those of "aws login" */
};

struct endpoint_variant {
	bool is_fips;
	bool is_dual_stack;
};

/* Writes the name (@size bytes at most, terminated) and returns @host. */
char *endpoint_host_write(enum endpoint_service service, const char *region,
			  struct endpoint_variant variant, char *host, size_t size);

#endif
