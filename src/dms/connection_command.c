#include "src/dms/connection_command.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "src/aws/refusal.h"
#include "src/aws/retry.h"
#include "src/dms/page_parse.h"
#include "src/dms/pager.h"
#include "src/dms/request.h"
#include "src/format/json.h"

/* For cJSON_free(); NULL: no memory. */
static char *write_body(const struct connection *known)
{
	cJSON *root = cJSON_CreateObject();
	char *body = NULL;

	if (root &&
	    cJSON_AddStringToObject(
		    root, "ReplicationInstanceArn",
		    known->field[CONNECTION_REPLICATION_INSTANCE_ARN]) &&
	    cJSON_AddStringToObject(root, "EndpointArn",
				    known->field[CONNECTION_ENDPOINT_ARN]))
		body = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return body;
}

int dms_command_send(const struct dms *dms, enum dms_command command,
		     const struct connection *known, struct page **page,
		     struct error *error)
{
	const char *action = command == DMS_COMMAND_TEST ? DMS_TEST : DMS_DELETE;
	struct http_response response = {.status = 0};
	char *body = write_body(known);
	int r = dms_send_once(dms, action, body, &response, error);

	if (r == 0) {
		*error = (struct error){.kind = ERROR_NONE};
		r = page_parse_one(response.body, response.body_len, known, page,
				   error);
		refusal_add_ids(&response, error);
	}
	http_response_fini(&response);
	cJSON_free(body);
	return r;
}

bool dms_command_did_nothing(const struct error *error)
{
	if (error->is_unsent)
		return true;
	return error->kind == ERROR_SERVICE &&
	       ((error->http_status >= 400 && error->http_status < 500) ||
		retry_classify(error) == RETRY_THROTTLED);
}

/* How a kind of thing is asked for and answered. */
static const struct {
	const char *action;
	const char *filter;
	const char *list;
	const char *identifier;
	const char *arn;
} things[] = {
	[DMS_THING_INSTANCE] = {DMS_INSTANCES, "replication-instance-id",
				"ReplicationInstances", "ReplicationInstanceIdentifier",
				"ReplicationInstanceArn"},
	[DMS_THING_ENDPOINT] = {DMS_ENDPOINTS, "endpoint-id", "Endpoints",
				"EndpointIdentifier", "EndpointArn"},
};

struct search {
	enum dms_thing thing;
	const char *identifier;
	char *arn; /* owned; NULL until it is found */
};

static int fail_for_memory(struct error *error)
{
	return error_set(error, ERROR_MEMORY, "no memory for an ARN");
}

static int search_list(struct search *search, const cJSON *root, struct error *error)
{
	const char *name = things[search->thing].list;
	const cJSON *list = json_member(root, name);
	const cJSON *item = NULL;

	if (!list || !cJSON_IsArray(list))
		return error_set(error, ERROR_RESPONSE, "%s is %s, not a list", name,
				 json_type(list));
	cJSON_ArrayForEach(item, list)
	{
		const char *identifier = json_string(item,
						     things[search->thing].identifier);
		const char *arn = json_string(item, things[search->thing].arn);

		if (search->arn || !identifier || !arn ||
		    strcmp(identifier, search->identifier) != 0)
			continue;
		search->arn = strdup(arn);
		if (!search->arn)
			return fail_for_memory(error);
	}
	return 0;
}

/* Once it is found there is no need for further pages. */
static int search_page(void *data, struct http_response *response, char **marker,
		       struct error *error)
{
	struct search *search = data;
	const char *next = NULL;
	cJSON *root = NULL;
	int r = json_parse(response->body, response->body_len, JSON_PUBLIC, &root,
			   error);

	if (r == 0)
		r = search_list(search, root, error);
	next = r == 0 && !search->arn ? json_string(root, "Marker") : NULL;
	if (next) {
		*marker = strdup(next);
		r = *marker ? 0 : fail_for_memory(error);
	}
	cJSON_Delete(root);
	return r;
}

int dms_find_arn(const struct dms *dms, enum dms_thing thing, const char *identifier,
		 char **arn, struct error *error)
{
	const struct dms_filter filter = {things[thing].filter, &identifier, 1};
	struct search search = {.thing = thing, .identifier = identifier};
	const struct pager pager = {.action = things[thing].action,
				    .filters = &filter,
				    .filter_count = 1,
				    .page = search_page,
				    .data = &search};
	int r = pager_walk(dms, &pager, error);

	if (r < 0 && error->kind == ERROR_SERVICE &&
	    refusal_meaning(error->code) & REFUSAL_NOT_FOUND) {
		*error = (struct error){.kind = ERROR_NONE};
		r = 0;
	}
	if (r < 0) {
		free(search.arn);
		return r;
	}
	*arn = search.arn;
	return 0;
}
