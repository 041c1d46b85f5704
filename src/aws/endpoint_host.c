#include "src/aws/endpoint_host.h"

#include <stdio.h>
#include <string.h>

#include "src/aws/partition.h"

#define IN(partition) (1U << PARTITION_##partition)

struct name {
	const char *label;
	unsigned fips_plain; /* partitions where the ordinary name is the FIPS one */
};

static const struct name names[] = {
	[ENDPOINT_DMS] = {"dms", IN(US_GOV) | IN(ISO) | IN(ISO_B)},
	[ENDPOINT_STS] = {"sts", IN(US_GOV)},
	[ENDPOINT_SSO] = {"portal.sso", IN(US_GOV)},
	[ENDPOINT_SSO_OIDC] = {"oidc", IN(US_GOV)},
	[ENDPOINT_SIGNIN] = {"signin", 0},
};

/* The sign-in service has its names under other domains, the region in front. */
static bool write_signin(const struct partition *partition, const char *region,
			 bool is_fips, char *host, size_t size)
{
	if (is_fips && partition->id != PARTITION_US_GOV)
		return false;
	if (is_fips && !strcmp(region, "us-gov-west-1"))
		snprintf(host, size, "signin-fips.%s", partition->signin_suffix);
	else
		snprintf(host, size, "%s.signin%s.%s", region, is_fips ? "-fips" : "",
			 partition->signin_suffix);
	return true;
}

char *endpoint_host_write(enum endpoint_service service, const char *region,
			  struct endpoint_variant variant, char *host, size_t size)
{
	const struct partition *partition = partition_find(region);
	const struct name *name = &names[service];
	bool is_plain = name->fips_plain & (1U << partition->id);
	bool is_fips_name = variant.is_fips && (variant.is_dual_stack || !is_plain);

	if (service == ENDPOINT_SIGNIN && !variant.is_dual_stack &&
	    write_signin(partition, region, variant.is_fips, host, size))
		return host;
	snprintf(host, size, "%s%s.%s.%s", name->label, is_fips_name ? "-fips" : "",
		 region,
		 variant.is_dual_stack ? partition->dual_stack_suffix
				       : partition->suffix);
	return host;
}
