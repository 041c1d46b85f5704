#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "src/credentials/provider.h"
#include "src/credentials/sts.h"

/* Roles that are assumed one by means of the other. */
#define ROLES_MAX 10

/* The profiles on the way to this one, for the loops. */
struct visit {
	const char *name;
	const struct visit *from;
	unsigned depth;
};

static bool has_role(const struct credentials_query *query)
{
	return credentials_key(query, "role_arn") &&
	       !credentials_key(query, "web_identity_token_file");
}

static bool has_keys(const struct credentials_query *query)
{
	return credentials_key(query, "aws_access_key_id") ||
	       credentials_key(query, "aws_secret_access_key");
}

static int fail_role(const struct credentials_query *query, const char *reason,
		     const char *subject, struct error *error)
{
	return error_set(
		error, ERROR_CREDENTIALS, "role_arn of profile %s (%s or %s): %s%s%s%s",
		query->name, profile_config_path(query->options->profile),
		profile_credentials_path(query->options->profile), reason,
		subject ? " '" : "", subject ? subject : "", subject ? "'" : "");
}

static int fail_source_profile(const struct credentials_query *query, const char *name,
			       struct error *error)
{
	char hint[320];

	fail_role(query, "source_profile names the missing profile", name, error);
	return error_set(error, ERROR_CREDENTIALS, "%.700s%s", error->text,
			 profile_quotes_hint(query->options->profile, "profile", name,
					     hint, sizeof(hint)));
}

static int fail_mfa(const struct credentials_query *query, struct error *error)
{
	return error_set(
		error, ERROR_CREDENTIALS,
		"profile %s needs the code of an MFA device (mfa_serial), and nobody "
		"could type it each time a mount renews its credentials; use a profile "
		"with: credential_process = aws configure "
		"export-credentials --profile %s",
		query->name, query->name);
}

/* As in botocore, one that is no number is left to the default of STS, an hour. */
static const char *role_duration(const struct credentials_query *query)
{
	const char *text = credentials_key(query, "duration_seconds");

	if (!text || strspn(text, "0123456789") == strlen(text))
		return text;
	credentials_explain(query->options,
			    "credentials of profile %s: ignoring duration_seconds = "
			    "%s, which is not a number of seconds",
			    query->name, text);
	return NULL;
}

static int check_role(const struct credentials_query *query, struct error *error)
{
	bool has_profile = credentials_key(query, "source_profile");
	bool has_source = credentials_key(query, "credential_source");

	if (credentials_key(query, "mfa_serial"))
		return fail_mfa(query, error);
	if (has_profile && has_source)
		return fail_role(
			query,
			"source_profile and credential_source are both set; keep one",
			NULL, error);
	if (!has_profile && !has_source)
		return fail_role(query,
				 "source_profile or credential_source is missing", NULL,
				 error);
	return 0;
}

static int load_from_source(const struct credentials_query *query,
			    struct credentials *credentials, struct error *error)
{
	static const struct {
		const char *name;
		const struct credentials_provider *provider;
	} sources[] = {
		{"Environment", &credentials_environment},
		{"Ec2InstanceMetadata", &credentials_imds},
		{"EcsContainer", &credentials_container},
	};
	const char *wanted = credentials_key(query, "credential_source");
	struct credentials_query own = *query;
	size_t i = 0;
	int r;

	while (i < sizeof(sources) / sizeof(*sources) &&
	       strcmp(sources[i].name, wanted) != 0)
		i++;
	if (i == sizeof(sources) / sizeof(*sources))
		return fail_role(query,
				 "credential_source must be Environment, "
				 "Ec2InstanceMetadata or EcsContainer, not",
				 wanted, error);
	/* The profile itself asks for the variables. */
	own.is_environment_left_out = false;
	r = credentials_ask(sources[i].provider, &own, credentials, error);
	if (r != -ENOENT)
		return r;
	error_set(error, ERROR_CREDENTIALS,
		  "credential_source of profile %s is %s, which has no credentials: %s",
		  query->name, wanted, query->why);
	return error_result(error);
}

static bool is_visited(const struct visit *visit, const char *name)
{
	while (visit && strcmp(visit->name, name) != 0)
		visit = visit->from;
	return visit != NULL;
}

/* A profile may name itself, to take its own keys; these come first, then, so this
 * works for the first role alone. */
static int check_visit(const struct credentials_query *query,
		       const struct credentials_query *source,
		       const struct visit *visit, struct error *error)
{
	if (!profile_exists(query->options->profile, source->name))
		return fail_source_profile(query, source->name, error);
	if (is_visited(visit, source->name) &&
	    (strcmp(source->name, query->name) != 0 || !has_keys(source)))
		return fail_role(query, "source_profile leads in a circle back to",
				 source->name, error);
	if (visit->depth >= ROLES_MAX)
		return fail_role(query, "more than ten roles in a chain, the last in",
				 source->name, error);
	return 0;
}

static int assume_role(const struct credentials_query *query, const struct visit *visit,
		       struct credentials *credentials, struct error *error);

static int load_from_profile(const struct credentials_query *query,
			     const struct visit *visit, struct credentials *credentials,
			     struct error *error)
{
	struct credentials_query source = *query;
	struct visit next = {.from = visit, .depth = visit->depth + 1};
	int r;

	source.name = credentials_key(query, "source_profile");
	source.is_environment_left_out = true;
	next.name = source.name;
	r = check_visit(query, &source, visit, error);
	if (r < 0)
		return r;
	if (!has_keys(&source) && has_role(&source))
		return assume_role(&source, &next, credentials, error);
	r = credentials_search(&source, true, credentials, error);
	if (r == -ENOENT) {
		error_prefix(error, "source_profile of profile %s: ", query->name);
		r = error_result(error);
	}
	return r;
}

static int assume_role(const struct credentials_query *query, const struct visit *visit,
		       struct credentials *credentials, struct error *error)
{
	char source[sizeof(credentials->source)];
	const struct sts_role role = {
		.arn = credentials_key(query, "role_arn"),
		.session_name = credentials_key(query, "role_session_name"),
		.external_id = credentials_key(query, "external_id"),
		.duration_seconds = role_duration(query),
		.source = source,
	};
	struct credentials signer = {0};
	int r;

	r = check_role(query, error);
	if (r < 0)
		return r;
	if (credentials_key(query, "credential_source"))
		r = load_from_source(query, &signer, error);
	else
		r = load_from_profile(query, visit, &signer, error);
	if (r < 0)
		return r;
	snprintf(source, sizeof(source), "assume-role (profile %s, %s)", query->name,
		 role.arn);
	credentials_explain(query->options, "credentials: %s, by those of %s", source,
			    signer.source);
	r = sts_assume_role(query->options, &role, &signer, credentials, error);
	credentials_fini(&signer);
	return r;
}

static int load_role(const struct credentials_query *query,
		     struct credentials *credentials, struct error *error)
{
	const struct visit visit = {.name = query->name};

	if (!credentials_key(query, "role_arn"))
		return credentials_pass(query, "no role_arn");
	if (!has_role(query))
		return credentials_pass(query, "role_arn is for web identity");
	return assume_role(query, &visit, credentials, error);
}

const struct credentials_provider credentials_assume_role = {
	.name = "assume-role",
	.load = load_role,
};
