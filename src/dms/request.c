#include "src/dms/request.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "src/dms/dms_private.h"

#define SERVICE "dms"
#define CONTENT_TYPE "application/x-amz-json-1.1"
#define TARGET_PREFIX "AmazonDMSv20160101."
#define TARGET_SIZE 64
#define SIGNED_HEADERS_MAX 5

static bool add_filter(cJSON *filters, const char *name, const char *const *values,
		       size_t count)
{
	cJSON *filter;
	cJSON *list;

	if (count == 0)
		return true;
	filter = cJSON_CreateObject();
	if (!cJSON_AddItemToArray(filters, filter)) {
		cJSON_Delete(filter);
		return false;
	}
	list = cJSON_AddStringToObject(filter, "Name", name)
		       ? cJSON_AddArrayToObject(filter, "Values")
		       : NULL;
	for (size_t i = 0; list && i < count; i++) {
		cJSON *value = cJSON_CreateString(values[i]);

		if (!cJSON_AddItemToArray(list, value)) {
			cJSON_Delete(value);
			return false;
		}
	}
	return list != NULL;
}

static bool add_filters(cJSON *root, const struct dms_filters *filters)
{
	cJSON *list;

	if (!filters ||
	    filters->endpoint_arn_count + filters->replication_instance_arn_count == 0)
		return true;
	list = cJSON_AddArrayToObject(root, "Filters");
	return list &&
	       add_filter(list, "endpoint-arn", filters->endpoint_arns,
			  filters->endpoint_arn_count) &&
	       add_filter(list, "replication-instance-arn",
			  filters->replication_instance_arns,
			  filters->replication_instance_arn_count);
}

/* For cJSON_free(); NULL: no memory. */
static char *write_body(const struct dms_filters *filters, int max_records,
			const char *marker)
{
	cJSON *root = cJSON_CreateObject();
	char *body = NULL;

	if (root && add_filters(root, filters) &&
	    cJSON_AddNumberToObject(root, "MaxRecords", max_records) &&
	    (!marker || cJSON_AddStringToObject(root, "Marker", marker)))
		body = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return body;
}

/* In the order in which they are signed: by name. */
static size_t fill_headers(const struct dms_options *options,
			   const struct credentials *credentials, const char *target,
			   const char *time,
			   struct http_header headers[SIGNED_HEADERS_MAX])
{
	size_t count = 0;

	headers[count++] = (struct http_header){"content-type", CONTENT_TYPE};
	headers[count++] = (struct http_header){"host", options->endpoint.host};
	headers[count++] = (struct http_header){"x-amz-date", time};
	if (credentials->session_token)
		headers[count++] = (struct http_header){"x-amz-security-token",
							credentials->session_token};
	headers[count++] = (struct http_header){"x-amz-target", target};
	return count;
}

static void free_secret(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static int sign_and_send(const struct dms *dms, const char *action, const char *body,
			 const struct credentials *credentials, int64_t now_s,
			 struct http_response *response, struct error *error)
{
	const struct dms_options *options = &dms->options;
	struct sigv4_scope scope = {.region = options->endpoint.region,
				    .service = SERVICE};
	struct http_header headers[SIGNED_HEADERS_MAX + 1];
	struct sigv4_request signable = {
		.method = "POST",
		.path = options->endpoint.path,
		.query = "",
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
	};
	struct http_request request = {
		.method = signable.method,
		.url = options->endpoint.url,
		.headers = headers,
		.body = body,
		.body_len = signable.body_len,
		.connect_timeout_ms = options->connect_timeout_ms,
		.read_timeout_ms = options->read_timeout_ms,
	};
	char target[TARGET_SIZE];
	char *authorization = NULL;
	int err;

	snprintf(target, sizeof(target), "%s%s", TARGET_PREFIX, action);
	sigv4_format_time(now_s, scope.time);
	signable.header_count = fill_headers(options, credentials, target, scope.time,
					     headers);
	err = sigv4_authorization(dms->sigv4, &signable, &scope,
				  credentials->access_key_id,
				  credentials->secret_access_key, &authorization);
	if (err)
		return error_set(error, ERROR_MEMORY, "the request cannot be signed");
	headers[signable.header_count] = (struct http_header){"authorization",
							      authorization};
	request.header_count = signable.header_count + 1;
	err = options->transport.send(options->transport.data, &request, response,
				      error);
	free_secret(authorization);
	return err;
}

int dms_request_send(const struct dms *dms, const struct dms_call *call,
		     const struct credentials *credentials, int64_t now_s,
		     struct http_response *response, struct error *error)
{
	char *body = write_body(call->filters, dms->options.max_records, call->marker);
	int err;

	if (!body)
		return error_set(error, ERROR_MEMORY, "no memory for a request");
	err = sign_and_send(dms, call->action, body, credentials, now_s, response,
			    error);
	cJSON_free(body);
	return err;
}
