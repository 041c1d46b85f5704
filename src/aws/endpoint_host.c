#include "src/aws/endpoint_host.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

/* Regions that belong together, with the domains of their services. By botocore's
 * partitions.json, as of 1.43. */
enum partition_id {
	PARTITION_AWS,
	PARTITION_CN,
	PARTITION_US_GOV,
	PARTITION_EUSC,
	PARTITION_ISO,
	PARTITION_ISO_B,
	PARTITION_ISO_E,
	PARTITION_ISO_F,
};

struct partition {
	enum partition_id id;
	const char *regions; /* POSIX extended */
	const char *suffix;
	const char *dual_stack_suffix;
	const char *signin_suffix; /* of the sign-in service alone */
};

static const struct partition partitions[] = {
	{PARTITION_AWS,
	 "^((us|eu|ap|sa|ca|me|af|il|mx)-[[:alnum:]_]+-[0-9]+|aws-global)$",
	 "amazonaws.com", "api.aws", "aws.amazon.com"},
	{PARTITION_CN, "^(cn-[[:alnum:]_]+-[0-9]+|aws-cn-global)$", "amazonaws.com.cn",
	 "api.amazonwebservices.com.cn", "amazonaws.cn"},
	{PARTITION_US_GOV, "^(us-gov-[[:alnum:]_]+-[0-9]+|aws-us-gov-global)$",
	 "amazonaws.com", "api.aws", "amazonaws-us-gov.com"},
	{PARTITION_EUSC, "^eusc-de-[[:alnum:]_]+-[0-9]+$", "amazonaws.eu",
	 "api.amazonwebservices.eu", "amazonaws-eusc.eu"},
	{PARTITION_ISO, "^(us-iso-[[:alnum:]_]+-[0-9]+|aws-iso-global)$", "c2s.ic.gov",
	 "api.aws.ic.gov", "c2shome.ic.gov"},
	{PARTITION_ISO_B, "^(us-isob-[[:alnum:]_]+-[0-9]+|aws-iso-b-global)$",
	 "sc2s.sgov.gov", "api.aws.scloud", "sc2shome.sgov.gov"},
	{PARTITION_ISO_E, "^(eu-isoe-[[:alnum:]_]+-[0-9]+|aws-iso-e-global)$",
	 "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "csphome.adc-e.uk"},
	{PARTITION_ISO_F, "^(us-isof-[[:alnum:]_]+-[0-9]+|aws-iso-f-global)$",
	 "csp.hci.ic.gov", "api.aws.hci.ic.gov", "csphome.hci.ic.gov"},
};

static bool is_match(const char *pattern, const char *text)
{
	regex_t regex;
	bool is_matching;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	is_matching = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return is_matching;
}

/* A region that no partition knows is taken for one of aws. */
static const struct partition *find_partition(const char *region)
{
	for (size_t i = 0; i < sizeof(partitions) / sizeof(*partitions); i++)
		if (is_match(partitions[i].regions, region))
			return &partitions[i];
	return &partitions[0];
}

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
	const struct partition *partition = find_partition(region);
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
