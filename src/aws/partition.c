#include "src/aws/partition.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

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

const struct partition *partition_find(const char *region)
{
	for (size_t i = 0; i < sizeof(partitions) / sizeof(*partitions); i++)
		if (is_match(partitions[i].regions, region))
			return &partitions[i];
	return &partitions[0];
}
