#include "src/credentials/values.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/digits.h"
#include "src/base/secret.h"
#include "src/format/json.h"

void credentials_fini(struct credentials *credentials)
{
	secret_free(credentials->access_key_id);
	secret_free(credentials->secret_access_key);
	secret_free(credentials->session_token);
	memset(credentials, 0, sizeof(*credentials));
}

int credentials_copy(struct credentials *to, const struct credentials *from)
{
	struct credentials copy = *from;

	copy.access_key_id = strdup(from->access_key_id);
	copy.secret_access_key = strdup(from->secret_access_key);
	copy.session_token = from->session_token ? strdup(from->session_token) : NULL;
	if (!copy.access_key_id || !copy.secret_access_key ||
	    (from->session_token && !copy.session_token)) {
		credentials_fini(&copy);
		memset(to, 0, sizeof(*to));
		return -ENOMEM;
	}
	*to = copy;
	return 0;
}

static bool is_given(const char *part)
{
	return part && *part != '\0';
}

static int check_part(const char *part, const char *name, const char *source,
		      struct error *error)
{
	for (const char *c = part; c && *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return error_set(error, ERROR_CREDENTIALS,
					 "%s (%s) contains a blank, a newline or "
					 "another character that no key has",
					 name, source);
	return 0;
}

static int check_pair(const struct credentials_parts *parts, struct error *error)
{
	if (is_given(parts->secret_access_key))
		return 0;
	return error_set(error, ERROR_CREDENTIALS,
			 "incomplete key pair (%s): %s is set and %s is missing",
			 parts->source, parts->access_key_id_name,
			 parts->secret_access_key_name);
}

int credentials_fill(struct credentials *credentials,
		     const struct credentials_parts *parts, struct error *error)
{
	char *token = NULL;
	int r;

	r = check_pair(parts, error);
	if (r == 0)
		r = check_part(parts->access_key_id, parts->access_key_id_name,
			       parts->source, error);
	if (r == 0)
		r = check_part(parts->secret_access_key, parts->secret_access_key_name,
			       parts->source, error);
	if (r == 0)
		r = check_part(parts->session_token, parts->session_token_name,
			       parts->source, error);
	if (r < 0)
		return r;
	credentials->access_key_id = strdup(parts->access_key_id);
	credentials->secret_access_key = strdup(parts->secret_access_key);
	token = is_given(parts->session_token) ? strdup(parts->session_token) : NULL;
	credentials->session_token = token;
	credentials->expires_at_s = parts->expires_at_s;
	snprintf(credentials->source, sizeof(credentials->source), "%s", parts->source);
	if (credentials->access_key_id && credentials->secret_access_key &&
	    (token || !is_given(parts->session_token)))
		return 0;
	credentials_fini(credentials);
	return error_set(error, ERROR_MEMORY, "no memory for credentials");
}

/* A member that is absent or null is none; one of another type is a mistake. */
static int check_member(const cJSON *object, const char *name, bool is_required,
			const char *source, struct error *error)
{
	const cJSON *item = json_member(object, name);
	bool is_string = item && cJSON_IsString(item);

	if (json_string(object, name))
		return 0;
	if (!is_required && (!item || is_string || cJSON_IsNull(item)))
		return 0;
	return error_set(error, ERROR_CREDENTIALS, "the response of %s: %s is %s",
			 source, name, is_string ? "empty" : json_type(item));
}

static int check_members(const cJSON *object, const struct credentials_members *members,
			 const char *source, struct error *error)
{
	int r;

	r = check_member(object, members->access_key_id, true, source, error);
	if (r == 0)
		r = check_member(object, members->secret_access_key, true, source,
				 error);
	if (r == 0)
		r = check_member(object, members->session_token, members->is_temporary,
				 source, error);
	if (r == 0)
		r = check_member(object, members->expiration, members->is_temporary,
				 source, error);
	return r;
}

int credentials_from_json(const cJSON *object,
			  const struct credentials_members *members, const char *source,
			  struct credentials *credentials, struct error *error)
{
	const char *expiration = json_string(object, members->expiration);
	struct credentials_parts parts = {
		.access_key_id = json_string(object, members->access_key_id),
		.access_key_id_name = members->access_key_id,
		.secret_access_key = json_string(object, members->secret_access_key),
		.secret_access_key_name = members->secret_access_key,
		.session_token = json_string(object, members->session_token),
		.session_token_name = members->session_token,
		.source = source,
	};
	int r;

	r = check_members(object, members, source, error);
	if (r < 0)
		return r;
	if (expiration && !timestamp_parse(expiration, &parts.expires_at_s))
		return error_set(error, ERROR_CREDENTIALS,
				 "the response of %s: %s is not a time such as "
				 "2026-11-23T14:19:57Z",
				 source, members->expiration);
	return credentials_fill(credentials, &parts, error);
}
