#include "src/dms/list_instances.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"
#include "src/dms/pager.h"
#include "src/dms/request.h"
#include "src/format/json.h"

struct list {
	size_t max;
	struct dms_instances instances;
};

void dms_instances_fini(struct dms_instances *instances)
{
	for (size_t i = 0; i < instances->count; i++)
		free(instances->arns[i]);
	free(instances->arns);
	*instances = (struct dms_instances){.arns = NULL};
}

static int fail_for_memory(struct error *error)
{
	return error_set(error, ERROR_MEMORY, "no memory for the instances");
}

static int add_instance(struct list *list, const char *arn, struct error *error)
{
	struct dms_instances *instances = &list->instances;

	if (!arn || strchr(arn, TEXT_ESCAPE))
		return error_set(error, ERROR_RESPONSE,
				 "an instance has no ARN that a filter could name");
	if (instances->count == list->max)
		return error_set(error, ERROR_RESPONSE, "more than %zu instances",
				 list->max);
	instances->arns[instances->count] = strdup(arn);
	if (!instances->arns[instances->count])
		return fail_for_memory(error);
	instances->count++;
	return 0;
}

static int add_instances(struct list *list, const cJSON *root, char **marker,
			 struct error *error)
{
	const cJSON *instances =
		cJSON_GetObjectItemCaseSensitive(root, "ReplicationInstances");
	const char *next = json_string(root, "Marker");
	const cJSON *instance = NULL;
	int r = 0;

	if (!instances || !cJSON_IsArray(instances))
		return error_set(error, ERROR_RESPONSE,
				 "ReplicationInstances is %s, not a list",
				 json_type(instances));
	cJSON_ArrayForEach(instance, instances)
	{
		r = add_instance(list, json_string(instance, "ReplicationInstanceArn"),
				 error);
		if (r < 0)
			return r;
	}
	*marker = next ? strdup(next) : NULL;
	return next && !*marker ? fail_for_memory(error) : 0;
}

static int add_page(void *data, struct http_response *response, char **marker,
		    struct error *error)
{
	cJSON *root = NULL;
	int r = json_parse(response->body, response->body_len, JSON_PUBLIC, &root,
			   error);

	if (r == 0)
		r = add_instances(data, root, marker, error);
	cJSON_Delete(root);
	return r;
}

int dms_list_instances(const struct dms *dms, size_t max,
		       struct dms_instances *instances, struct error *error)
{
	struct list list = {.max = max,
			    .instances = {.arns = calloc(max + 1, sizeof(char *))}};
	const struct pager pager = {
		.action = DMS_INSTANCES, .page = add_page, .data = &list};
	int r = 0;

	if (!list.instances.arns)
		return fail_for_memory(error);
	r = pager_walk(dms, &pager, error);
	if (r < 0)
		dms_instances_fini(&list.instances);
	else
		*instances = list.instances;
	return r;
}
