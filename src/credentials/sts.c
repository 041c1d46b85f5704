#include "src/credentials/sts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/aws/call.h"
#include "src/base/buffer.h"
#include "src/base/digits.h"
#include "src/credentials/provider.h"
#include "src/format/xml.h"

#define BODY_MAX_BYTES ((size_t)4 * STS_TOKEN_MAX_BYTES)

enum {
	FIELD_ID,
	FIELD_SECRET,
	FIELD_TOKEN,
	FIELD_EXPIRATION,
	FIELD_COUNT,
};

static bool add_role(struct buffer *body, const char *action,
		     const struct credentials_options *options,
		     const struct sts_role *role)
{
	char session[48];

	snprintf(session, sizeof(session), "dmsfs-%" PRId64,
		 credentials_now_s(options));
	return call_add_parameter(body, "Action", action) &&
	       call_add_parameter(body, "Version", "2011-06-15") &&
	       call_add_parameter(body, "RoleArn", role->arn) &&
	       call_add_parameter(body, "RoleSessionName",
				  role->session_name ? role->session_name : session) &&
	       (!role->external_id ||
		call_add_parameter(body, "ExternalId", role->external_id)) &&
	       (!role->duration_seconds ||
		call_add_parameter(body, "DurationSeconds", role->duration_seconds));
}

static int take_role(const struct xml_field *fields, const char *source,
		     struct credentials *credentials, struct error *error)
{
	struct credentials_parts parts = {
		.access_key_id = fields[FIELD_ID].text,
		.access_key_id_name = "AccessKeyId",
		.secret_access_key = fields[FIELD_SECRET].text,
		.secret_access_key_name = "SecretAccessKey",
		.session_token = fields[FIELD_TOKEN].text,
		.session_token_name = "SessionToken",
		.source = source,
	};
	const char *expiration = fields[FIELD_EXPIRATION].text;

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!fields[i].text || !*fields[i].text)
			return error_set(error, ERROR_RESPONSE, "the response lacks %s",
					 strchr(fields[i].path, '/') + 1);
	}
	if (!timestamp_parse(expiration, &parts.expires_at_s))
		return error_set(error, ERROR_RESPONSE,
				 "Expiration in the response is not a time such as "
				 "2026-11-23T14:19:57Z");
	return credentials_fill(credentials, &parts, error);
}

struct role_response {
	const char *source;
	struct credentials *credentials;
};

static int read_sts_response(void *data, struct http_response *response,
			     struct error *error)
{
	const struct role_response *role = data;
	struct xml_field fields[FIELD_COUNT] = {
		[FIELD_ID] = {.path = "Credentials/AccessKeyId"},
		[FIELD_SECRET] = {.path = "Credentials/SecretAccessKey"},
		[FIELD_TOKEN] = {.path = "Credentials/SessionToken"},
		[FIELD_EXPIRATION] = {.path = "Credentials/Expiration"},
	};
	int r;

	r = xml_read(response->body, response->body_len, fields, FIELD_COUNT, error);
	if (r < 0)
		error_prefix(error, "the response is ");
	else
		r = take_role(fields, role->source, role->credentials, error);
	xml_fields_fini(fields, FIELD_COUNT);
	return r;
}

/* Signed by @signer, or proved by @token. */
static int ask_sts(const struct credentials_options *options, const struct buffer *body,
		   const char *source, const struct credentials *signer,
		   const char *token, struct credentials *credentials,
		   struct error *error)
{
	struct endpoint endpoint;
	struct role_response wanted = {source, credentials};
	const struct call call = {
		.transport = &options->transport,
		.client = options->client,
		.endpoint = &endpoint,
		.service = "sts",
		.signer = signer,
		.method = "POST",
		.path = "/",
		.content_type = "application/x-www-form-urlencoded; charset=utf-8",
		.body = body->data,
		.secrets = {token},
		.read = read_sts_response,
		.data = &wanted,
	};
	int r = endpoint_resolve_service(options->profile, ENDPOINT_STS, NULL,
					 &endpoint, error);

	if (r == 0)
		r = call_send(&call, error);
	if (r < 0)
		error_prefix(error, "%s: STS: ", source);
	return r;
}

int sts_assume_role(const struct credentials_options *options,
		    const struct sts_role *role, const struct credentials *signer,
		    struct credentials *credentials, struct error *error)
{
	struct buffer body = {.max_bytes = BODY_MAX_BYTES};
	int r;

	if (add_role(&body, "AssumeRole", options, role))
		r = ask_sts(options, &body, role->source, signer, NULL, credentials,
			    error);
	else
		r = error_set(error, ERROR_MEMORY, "no memory for a request");
	buffer_fini(&body);
	return r;
}

int sts_assume_role_with_web_identity(const struct credentials_options *options,
				      const struct sts_role *role, const char *token,
				      struct credentials *credentials,
				      struct error *error)
{
	struct buffer body = {.max_bytes = BODY_MAX_BYTES};
	int r;

	if (add_role(&body, "AssumeRoleWithWebIdentity", options, role) &&
	    call_add_parameter(&body, "WebIdentityToken", token))
		r = ask_sts(options, &body, role->source, NULL, token, credentials,
			    error);
	else
		r = error_set(error, ERROR_MEMORY, "no memory for a request");
	buffer_fini(&body);
	return r;
}
