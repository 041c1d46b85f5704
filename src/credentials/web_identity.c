#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/buffer.h"
#include "src/base/regular_file.h"
#include "src/credentials/provider.h"
#include "src/credentials/sts.h"

/* The variable, unless they are left out, then the key. */
static const char *find_web_setting(const struct credentials_query *query,
				    const char *env, const char *key)
{
	const char *value = NULL;

	if (!query->is_environment_left_out)
		value = profile_env(query->options->profile, env);
	return value ? value : credentials_key(query, key);
}

/* Other tools write a newline behind the token, which is no part of it. */
static void strip_token(struct buffer *token)
{
	while (token->len > 0 && strchr(" \t\r\n", token->data[token->len - 1]))
		token->data[--token->len] = '\0';
}

static int read_web_token(const struct profile *profile, const char *setting,
			  const char *source, struct buffer *token, struct error *error)
{
	char *path = profile_file(profile, setting);
	int r = path ? regular_file_read(path, token, error)
		     : error_set(error, ERROR_MEMORY, "no memory for a path");

	free(path);
	if (r < 0) {
		error_prefix(error, "%s: the token file ", source);
		if (r != -ENOMEM)
			error->kind = ERROR_CREDENTIALS;
		return error_result(error);
	}
	strip_token(token);
	if (token->len > 0 && strlen(token->data) == token->len)
		return 0;
	return error_set(error, ERROR_CREDENTIALS, "%s: the token file %s %s", source,
			 setting, token->len > 0 ? "contains a NUL byte" : "is empty");
}

static int load_web_identity(const struct credentials_query *query,
			     struct credentials *credentials, struct error *error)
{
	const char *path = find_web_setting(query, "AWS_WEB_IDENTITY_TOKEN_FILE",
					    "web_identity_token_file");
	struct buffer token = {.max_bytes = STS_TOKEN_MAX_BYTES};
	char source[sizeof(credentials->source)];
	const struct sts_role role = {
		.arn = find_web_setting(query, "AWS_ROLE_ARN", "role_arn"),
		.session_name = find_web_setting(query, "AWS_ROLE_SESSION_NAME",
						 "role_session_name"),
		.source = source,
	};
	int r;

	if (!path)
		return credentials_pass(query, "no web_identity_token_file, nor "
					       "AWS_WEB_IDENTITY_TOKEN_FILE");
	if (!role.arn)
		return error_set(error, ERROR_CREDENTIALS,
				 "web identity (profile %s): a token file (%s) is set, "
				 "but neither AWS_ROLE_ARN nor role_arn is",
				 query->name, path);
	snprintf(source, sizeof(source), "web identity (profile %s, %s)", query->name,
		 role.arn);
	r = read_web_token(query->options->profile, path, source, &token, error);
	if (r == 0)
		r = sts_assume_role_with_web_identity(query->options, &role, token.data,
						      credentials, error);
	buffer_fini(&token);
	return r;
}

const struct credentials_provider credentials_web_identity = {
	.name = "web identity",
	.load = load_web_identity,
};
