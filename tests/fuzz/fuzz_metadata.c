/*
 * The services that a container and an EC2 instance have for credentials: the same
 * answers to the one and to the other.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/provider.h"
#include "tests/fuzz/setup.h"

/* The config file, the credentials file, the variables. */
static const char setup_text[] =
	"[default]\n"
	"ec2_metadata_service_endpoint_mode = ipv4\n"
	"\x1E\x1E"
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/id\n"
	"AWS_CONTAINER_AUTHORIZATION_TOKEN=token\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct setup setup;
	static struct profile *profile;
	const struct parts parts = {data, data + size};

	if (!profile) {
		setup_init(&setup);
		profile = setup_load(&setup, setup_text);
	}
	provider_check(&credentials_container, profile, "default", parts);
	provider_check(&credentials_imds, profile, "default", parts);
	return 0;
}
