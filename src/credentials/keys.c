/*
 * Keys that are written down: in the environment, or in one of the two files.
 */
#include <errno.h>
#include <stdio.h>

#include "src/base/digits.h"
#include "src/credentials/provider.h"

#define EXPIRATION "AWS_CREDENTIAL_EXPIRATION"

/* The older name first, as in botocore. */
static const char *token_name(const struct profile *profile)
{
	return profile_env(profile, "AWS_SECURITY_TOKEN") ? "AWS_SECURITY_TOKEN"
							  : "AWS_SESSION_TOKEN";
}

static int read_expiry(const struct profile *profile, int64_t *expires_at_s,
		       struct error *error)
{
	const char *text = profile_env(profile, EXPIRATION);

	*expires_at_s = 0;
	if (!text || timestamp_parse(text, expires_at_s))
		return 0;
	return error_set(error, ERROR_CREDENTIALS,
			 "'%s' (" EXPIRATION
			 ") is not a time such as 2026-11-23T14:19:57Z",
			 text);
}

/* A secret key alone is passed over, as by the AWS CLI; an id alone is a mistake. */
static int pass_keys(const struct credentials_query *query,
		     const struct credentials_parts *parts)
{
	return credentials_pass(query, "no %s%s%s%s", parts->access_key_id_name,
				parts->secret_access_key ? ", although " : "",
				parts->secret_access_key ? parts->secret_access_key_name
							 : "",
				parts->secret_access_key ? " is set" : "");
}

/* A profile given by --profile is meant more than what the shell happens to hold. */
static int load_from_environment(const struct credentials_query *query,
				 struct credentials *credentials, struct error *error)
{
	const struct profile *profile = query->options->profile;
	struct credentials_parts parts = {
		.access_key_id_name = "AWS_ACCESS_KEY_ID",
		.secret_access_key_name = "AWS_SECRET_ACCESS_KEY",
		.session_token_name = token_name(profile),
		.source = "environment",
	};
	int r;

	if (query->is_environment_left_out)
		return credentials_pass(query, "ignored, as --profile is given");
	parts.access_key_id = profile_env(profile, parts.access_key_id_name);
	parts.secret_access_key = profile_env(profile, parts.secret_access_key_name);
	parts.session_token = profile_env(profile, parts.session_token_name);
	if (!parts.access_key_id)
		return pass_keys(query, &parts);
	r = read_expiry(profile, &parts.expires_at_s, error);
	return r < 0 ? r : credentials_fill(credentials, &parts, error);
}

const struct credentials_provider credentials_environment = {
	.name = "environment",
	.load = load_from_environment,
};

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
	return parts.access_key_id ? credentials_fill(credentials, &parts, error)
				   : pass_keys(query, &parts);
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
