/*
 * The keys that stand in one of the two files themselves.
 */
#include <errno.h>
#include <stdio.h>

#include "src/credentials/provider.h"

struct key_file {
	const char *(*get)(const struct profile *profile, const char *name,
			   const char *key);
	const char *(*path)(const struct profile *profile);
};

static int load_keys(const struct key_file *file, const struct credentials_query *query,
		     struct credentials *credentials, struct error *error)
{
	const struct profile *profile = query->options->profile;
	const char *name = query->name;
	struct credentials_parts parts = {
		.access_key_id_name = "aws_access_key_id",
		.secret_access_key_name = "aws_secret_access_key",
		/* The older name first, as in botocore. */
		.session_token_name = "aws_security_token",
	};
	char source[sizeof(credentials->source)];
	int r;

	snprintf(source, sizeof(source), "profile %s in %s", name, file->path(profile));
	parts.source = source;
	parts.access_key_id = file->get(profile, name, parts.access_key_id_name);
	parts.secret_access_key = file->get(profile, name,
					    parts.secret_access_key_name);
	parts.session_token = file->get(profile, name, parts.session_token_name);
	if (!parts.session_token) {
		parts.session_token_name = "aws_session_token";
		parts.session_token = file->get(profile, name,
						parts.session_token_name);
	}
	r = credentials_fill(credentials, &parts, error);
	return r == -ENOENT ? credentials_pass(query, "no aws_access_key_id") : r;
}

static int load_config_file(const struct credentials_query *query,
			    struct credentials *credentials, struct error *error)
{
	static const struct key_file file = {profile_get_config_of,
					     profile_config_path};

	return load_keys(&file, query, credentials, error);
}

static int load_credentials_file(const struct credentials_query *query,
				 struct credentials *credentials, struct error *error)
{
	static const struct key_file file = {profile_get_credentials_of,
					     profile_credentials_path};

	return load_keys(&file, query, credentials, error);
}

const struct credentials_provider credentials_config_file = {
	.name = "config file",
	.load = load_config_file,
};

const struct credentials_provider credentials_shared_file = {
	.name = "credentials file",
	.load = load_credentials_file,
};
