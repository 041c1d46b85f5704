#include <stdio.h>

#include "credentials_provider.h"

int credentials_file_load(const struct credentials_file *file,
			  const struct credentials_options *options,
			  struct credentials *credentials, struct error *error)
{
	const struct profile *profile = options->profile;
	struct credentials_parts parts = {
		.access_key_id_name = "aws_access_key_id",
		.secret_access_key_name = "aws_secret_access_key",
		/* The older name first, as in botocore. */
		.session_token_name = "aws_security_token",
	};
	char source[512];

	snprintf(source, sizeof(source), "profile %s in %s", profile_name(profile),
		 file->path(profile));
	parts.source = source;
	parts.access_key_id = file->get(profile, parts.access_key_id_name);
	parts.secret_access_key = file->get(profile, parts.secret_access_key_name);
	parts.session_token = file->get(profile, parts.session_token_name);
	if (!parts.session_token) {
		parts.session_token_name = "aws_session_token";
		parts.session_token = file->get(profile, parts.session_token_name);
	}
	return credentials_fill(credentials, &parts, error);
}

void credentials_file_describe(const struct credentials_file *file,
			       const struct credentials_options *options, char *out,
			       size_t size)
{
	snprintf(out, size, "aws_access_key_id of profile %s in %s",
		 profile_name(options->profile), file->path(options->profile));
}
