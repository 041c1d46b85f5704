#include "credentials_provider.h"

static const struct credentials_file file = {
	.get = profile_get_credentials,
	.path = profile_credentials_path,
};

static int load(const struct credentials_options *options,
		struct credentials *credentials, struct error *error)
{
	return credentials_file_load(&file, options, credentials, error);
}

static void describe(const struct credentials_options *options, char *out, size_t size)
{
	credentials_file_describe(&file, options, out, size);
}

const struct credentials_provider credentials_shared_file = {
	.name = "credentials file",
	.load = load,
	.describe = describe,
};
