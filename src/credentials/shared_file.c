#include "src/credentials/provider.h"

static int load(const struct credentials_query *query, struct credentials *credentials,
		struct error *error)
{
	static const struct credentials_file file = {
		.get = profile_get_credentials_of,
		.path = profile_credentials_path,
	};

	return credentials_file_load(&file, query, credentials, error);
}

const struct credentials_provider credentials_shared_file = {
	.name = "credentials file",
	.load = load,
};
