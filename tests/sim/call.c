#include "tests/sim/call.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

const cJSON *call_param(const struct call *call, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(call->params, name);

	return cJSON_IsNull(item) ? NULL : item;
}

static void refuse_type(struct call *call, const cJSON *item, const char *wanted)
{
	const char *found = "STRING_VALUE";

	if (cJSON_IsNumber(item))
		found = "NUMBER_VALUE";
	else if (cJSON_IsBool(item))
		found = cJSON_IsTrue(item) ? "TRUE_VALUE" : "FALSE_VALUE";
	else if (cJSON_IsObject(item))
		found = "START_OBJECT";
	else if (cJSON_IsArray(item))
		found = "START_ARRAY";
	response_error(call->response, 400, "SerializationException",
		       "%s can not be converted to %s", found, wanted);
}

const char *call_required_text(struct call *call, const char *name)
{
	const cJSON *item = call_param(call, name);

	if (!item) {
		response_error(
			call->response, 400, "ValidationException",
			"1 validation error detected: Value null at '%s' failed to "
			"satisfy constraint: Member must not be null",
			name);
		return NULL;
	}
	if (!cJSON_IsString(item))
		refuse_type(call, item, "a String");
	return cJSON_GetStringValue(item);
}

void call_read_marker(struct call *call)
{
	const cJSON *filters = call_param(call, "Filters");
	const cJSON *text = call_param(call, "Marker");
	char *printed = filters ? cJSON_PrintUnformatted(filters) : NULL;
	struct marker marker = {.page = 0};
	struct buf scope = {0};

	call->has_filters = cJSON_GetArraySize(filters) > 0;
	buf_addf(&scope, "%s\n", call->action);
	if (call->has_filters)
		buf_adds(&scope, printed);
	cJSON_free(printed);
	call->scope = scope.at;
	/* The service's own example passes an empty marker for the first page. */
	if (cJSON_IsString(text) && *text->valuestring)
		call->marker = text->valuestring;
	if (!call->marker)
		marker.page = 1;
	else if (marker_open(call->sim->marker_key, call->scope, call->marker, &marker))
		marker.page = 0;
	call->page = marker.page;
	call->position = marker.position;
}

void call_fini(struct call *call)
{
	free(call->scope);
}

bool call_check_paging(struct call *call, size_t *max_records)
{
	const cJSON *max = call_param(call, "MaxRecords");
	const cJSON *marker = call_param(call, "Marker");

	*max_records = CALL_MAX_RECORDS_MAX;
	if (max && (!cJSON_IsNumber(max) || max->valuedouble != max->valueint)) {
		refuse_type(call, max, "an Integer");
		return false;
	}
	if (marker && !cJSON_IsString(marker)) {
		refuse_type(call, marker, "a String");
		return false;
	}
	if (max && (max->valueint < CALL_MAX_RECORDS_MIN ||
		    max->valueint > CALL_MAX_RECORDS_MAX)) {
		response_error(
			call->response, 400, "InvalidParameterValueException",
			"Invalid value %d for MaxRecords. Must be between %d and %d",
			max->valueint, CALL_MAX_RECORDS_MIN, CALL_MAX_RECORDS_MAX);
		return false;
	}
	if (call->page == 0) {
		response_error(call->response, 400, "InvalidParameterValueException",
			       "The marker '%s' is not valid for this request",
			       call->marker);
		return false;
	}
	if (max)
		*max_records = (size_t)max->valueint;
	return true;
}

static bool check_values(struct call *call, const char *name, const cJSON *values)
{
	const cJSON *value = NULL;

	if (!cJSON_IsArray(values)) {
		refuse_type(call, values, "a List");
		return false;
	}
	if (cJSON_GetArraySize(values) == 0) {
		response_error(call->response, 400, "InvalidParameterValueException",
			       "The filter %s has no values", name);
		return false;
	}
	cJSON_ArrayForEach(value, values)
	{
		if (!cJSON_IsString(value)) {
			refuse_type(call, value, "a String");
			return false;
		}
	}
	return true;
}

static bool read_filter(struct call *call, const cJSON *filter,
			const char *const *names, size_t count, const cJSON **values)
{
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(filter, "Name");
	const cJSON *given = cJSON_GetObjectItemCaseSensitive(filter, "Values");
	size_t i = 0;

	if (!cJSON_IsObject(filter)) {
		refuse_type(call, filter, "a Filter");
		return false;
	}
	if (!cJSON_IsString(name) || !given || cJSON_IsNull(given)) {
		response_error(
			call->response, 400, "ValidationException",
			"1 validation error detected: Value null at "
			"'filters.1.member.%s' failed to satisfy constraint: Member "
			"must not be null",
			cJSON_IsString(name) ? "values" : "name");
		return false;
	}
	while (i < count && strcmp(names[i], name->valuestring) != 0)
		i++;
	if (i == count || values[i]) {
		response_error(call->response, 400, "InvalidParameterValueException",
			       i == count ? "%s is not a valid filter name"
					  : "The filter %s is given twice",
			       name->valuestring);
		return false;
	}
	values[i] = given;
	return check_values(call, names[i], given);
}

bool call_read_filters(struct call *call, const char *const *names, size_t count,
		       const cJSON **values)
{
	const cJSON *filters = call_param(call, "Filters");
	const cJSON *filter = NULL;

	for (size_t i = 0; i < count; i++)
		values[i] = NULL;
	if (filters && !cJSON_IsArray(filters)) {
		refuse_type(call, filters, "a List");
		return false;
	}
	cJSON_ArrayForEach(filter, filters)
	{
		if (!read_filter(call, filter, names, count, values))
			return false;
	}
	return true;
}

void call_add_marker(struct call *call, bool has_more, size_t next)
{
	const char *end = call->sim->settings.end_marker;
	struct marker marker = {.position = next, .page = call->page + 1};
	struct buf *body = &call->response->body;
	char text[MARKER_SIZE];

	if (call->response->fault.kind == FAULT_ENDLESS_MARKERS && !has_more) {
		marker.position = 0;
		has_more = true;
	}
	marker_seal(call->sim->marker_key, call->scope, &marker, text);
	if (call->response->fault.kind == FAULT_REPEATED_MARKER && call->marker)
		buf_addf(body, ",\"Marker\":\"%s\"", call->marker);
	else if (has_more || call->response->fault.kind == FAULT_REPEATED_MARKER)
		buf_addf(body, ",\"Marker\":\"%s\"", text);
	else if (strcmp(end, "absent") != 0)
		buf_adds(body, strcmp(end, "null") == 0 ? ",\"Marker\":null"
							: ",\"Marker\":\"\"");
}
