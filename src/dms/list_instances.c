#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"
#include "src/dms/dms_private.h"
#include "src/dms/request.h"
#include "src/format/json.h"

void dms_instances_fini(struct dms_instances *instances)
{
	for (size_t i = 0; i < instances->count; i++)
		free(instances->arns[i]);
	free(instances->arns);
	*instances = (struct dms_instances){0};
}

static int fail_for_memory(struct error *error)
{
	return error_set(error, ERROR_MEMORY, "no memory for the instances");
}

static int add(struct dms_instances *instances, size_t max, const char *arn,
	       struct error *error)
{
	if (!arn || strchr(arn, TEXT_ESCAPE))
		return error_set(error, ERROR_RESPONSE,
				 "an instance has no ARN that could be asked for");
	if (instances->count == max)
		return error_set(error, ERROR_RESPONSE, "more than %zu instances", max);
	instances->arns[instances->count] = strdup(arn);
	if (!instances->arns[instances->count])
		return fail_for_memory(error);
	instances->count++;
	return 0;
}

/* @marker becomes a copy of the one that leads on, or NULL. */
static int read_page(const cJSON *root, size_t max, struct dms_instances *instances,
		     char **marker, struct error *error)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(root,
							     "ReplicationInstances");
	const char *next = json_string(root, "Marker");
	const cJSON *item;
	int err = 0;

	if (!list || !cJSON_IsArray(list))
		return error_set(error, ERROR_RESPONSE,
				 "ReplicationInstances is %s, not a list",
				 json_type(list));
	cJSON_ArrayForEach(item, list)
	{
		err = add(instances, max, json_string(item, "ReplicationInstanceArn"),
			  error);
		if (err)
			return err;
	}
	/* Which also ends a chain of markers that leads round in circles. */
	if (next && !list->child)
		return error_set(error, ERROR_RESPONSE,
				 "an empty page of instances that leads on");
	*marker = next ? strdup(next) : NULL;
	return next && !*marker ? fail_for_memory(error) : 0;
}

static int ask_page(struct dms *dms, size_t max, struct dms_instances *instances,
		    char **marker, struct error *error)
{
	const struct dms_call call = {.action = DMS_INSTANCES, .marker = *marker};
	struct http_response answer = {0};
	cJSON *root = NULL;
	uint64_t bytes = 0;
	int err = dms_ask(dms, &call, &answer, &bytes, error);

	free(*marker);
	*marker = NULL;
	if (err)
		return err;
	err = json_parse(answer.body, answer.body_len, JSON_PUBLIC, &root, error);
	if (!err)
		err = read_page(root, max, instances, marker, error);
	cJSON_Delete(root);
	http_response_fini(&answer);
	return err;
}

int dms_list_instances(struct dms *dms, size_t max, struct dms_instances *instances,
		       struct error *error)
{
	struct dms_instances found = {.arns = calloc(max + 1, sizeof(char *))};
	struct error unwanted;
	char *marker = NULL;
	int err;

	if (!error)
		error = &unwanted;
	*error = (struct error){0};
	if (!found.arns)
		return fail_for_memory(error);
	do {
		err = ask_page(dms, max, &found, &marker, error);
	} while (!err && marker);
	free(marker);
	if (err)
		dms_instances_fini(&found);
	else
		*instances = found;
	return err;
}
