#include "src/dms/request.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "src/aws/call.h"
#include "src/aws/refusal.h"
#include "src/dms/page_parse.h"
#include "src/dms/page_scan.h"

#define TARGET_SIZE 64

static bool add_filter(cJSON *filters, const struct dms_filter *given)
{
	cJSON *filter;
	cJSON *list;

	filter = cJSON_CreateObject();
	if (!cJSON_AddItemToArray(filters, filter)) {
		cJSON_Delete(filter);
		return false;
	}
	list = cJSON_AddStringToObject(filter, "Name", given->name)
		       ? cJSON_AddArrayToObject(filter, "Values")
		       : NULL;
	for (size_t i = 0; list && i < given->count; i++) {
		cJSON *value = cJSON_CreateString(given->values[i]);

		if (!cJSON_AddItemToArray(list, value)) {
			cJSON_Delete(value);
			return false;
		}
	}
	return list != NULL;
}

/* The member is left out where no filter has a value. */
static bool add_filters(cJSON *root, const struct dms_filter *filters, size_t count)
{
	cJSON *list = NULL;
	bool is_added = true;

	for (size_t i = 0; i < count && is_added; i++) {
		if (filters[i].count > 0 && !list)
			list = cJSON_AddArrayToObject(root, "Filters");
		is_added = filters[i].count == 0 ||
			   (list && add_filter(list, &filters[i]));
	}
	return is_added;
}

/* For cJSON_free(); NULL: no memory. */
static char *write_body(const struct dms_call *request, int max_records)
{
	cJSON *root = cJSON_CreateObject();
	char *body = NULL;

	if (root && add_filters(root, request->filters, request->filter_count) &&
	    cJSON_AddNumberToObject(root, "MaxRecords", max_records) &&
	    (!request->marker ||
	     cJSON_AddStringToObject(root, "Marker", request->marker)))
		body = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return body;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same_key(const struct credentials *a, const struct credentials *b)
{
	return is_same(a->access_key_id, b->access_key_id) &&
	       is_same(a->secret_access_key, b->secret_access_key) &&
	       is_same(a->session_token, b->session_token);
}

/*
 * Takes credentials anew from where they came from. False if there are none but
 * those that were refused; @error then says why, if that is not what it says already.
 */
static bool renew_credentials(struct credentials_chain *chain,
			      struct credentials *credentials, struct error *error)
{
	struct credentials fresh = {0};
	struct error reason = {0};
	bool is_new;

	credentials_chain_invalidate(chain);
	if (credentials_chain_get(chain, &fresh, &reason) < 0) {
		*error = reason;
		error->is_unsent = true;
		error_prefix(error,
			     "the service refused the credentials of %s, and there are "
			     "no new ones: ",
			     credentials->source);
		return false;
	}
	is_new = !is_same_key(&fresh, credentials);
	if (is_new) {
		credentials_fini(credentials);
		*credentials = fresh;
	} else {
		credentials_fini(&fresh);
	}
	return is_new;
}

/* The body moves; call_send() still looks at the headers. */
static int take_body(void *data, struct http_response *response, struct error *error)
{
	struct http_response *taken = data;
	char *headers = strdup(response->headers ? response->headers : "");

	if (!headers)
		return error_set(error, ERROR_MEMORY, "no memory for a response");
	*taken = *response;
	taken->headers = headers;
	response->body = NULL;
	response->body_len = 0;
	return 0;
}

static int send_renewing(const struct dms *dms, struct call *call,
			 struct credentials *credentials, struct error *error)
{
	int r = call_send(call, error);

	if (r < 0 && refusal_meaning(error->code) & REFUSAL_CREDENTIALS) {
		if (renew_credentials(dms->chain, credentials, error))
			r = call_send(call, error);
		else
			r = error_result(error);
	}
	return r;
}

/* Of @given there are operation and body, NULL if there was no memory for it, and what
 * may be left out. */
static int send_call(const struct dms *dms, const struct call *given,
		     struct http_response *taken, struct error *error)
{
	struct credentials credentials = {0};
	char target[TARGET_SIZE];
	char permission[TARGET_SIZE];
	struct call call = *given;
	int r = call.body ? credentials_chain_get(dms->chain, &credentials, error)
			  : error_set(error, ERROR_MEMORY, "no memory for a request");

	if (r < 0) {
		error->is_unsent = true;
		return r;
	}
	snprintf(target, sizeof(target), "AmazonDMSv20160101.%s", call.operation);
	snprintf(permission, sizeof(permission), "dms:%s", call.operation);
	call.transport = &dms->transport;
	call.client = dms->client;
	call.endpoint = &dms->endpoint;
	call.service = "dms";
	call.signer = &credentials;
	call.method = "POST";
	call.content_type = "application/x-amz-json-1.1";
	call.header = (struct http_header){"x-amz-target", target};
	call.permission = permission;
	call.connect_timeout_ms = dms->connect_timeout_ms;
	call.read_timeout_ms = dms->read_timeout_ms;
	call.deadline_ns = dms->deadline_ns;
	call.read = take_body;
	call.data = taken;
	r = send_renewing(dms, &call, &credentials, error);
	credentials_fini(&credentials);
	return r;
}

int dms_ask(const struct dms *dms, const struct dms_call *request,
	    struct http_response *taken, uint64_t *bytes, struct error *error)
{
	char *body = write_body(request, dms->max_records);
	const struct call call = {.operation = request->action,
				  .body = body,
				  .idle = request->idle,
				  .idle_data = request->idle_data};
	int r = send_call(dms, &call, taken, error);

	*bytes += taken->body_len;
	cJSON_free(body);
	return r;
}

int dms_send_once(const struct dms *dms, const char *action, const char *body,
		  struct http_response *taken, struct error *error)
{
	const struct call call = {.operation = action, .body = body, .is_once = true};

	return send_call(dms, &call, taken, error);
}

int dms_response_read(const struct http_response *response, struct shared_texts *shared,
		      struct page **page, struct error *error)
{
	int r = 0;

	if (page_scan(response->body, response->body_len, shared, page))
		return 0;
	r = page_parse(response->body, response->body_len, page, error);
	if (r < 0)
		refusal_add_ids(response, error);
	return r;
}
