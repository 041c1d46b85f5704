/*
 * Reads the service's answer into a page.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "page_private.h"
#include "text.h"

static int find_field(const char *name)
{
	for (int f = 0; f < CONNECTION_FIELDS; f++)
		if (!strcmp(name, connection_field_name((enum connection_field)f)))
			return f;
	return -1;
}

/* The text of @item, NULL for null and empty; false for another type. */
static bool read_text(const cJSON *item, const char **text)
{
	const char *value = cJSON_GetStringValue(item);

	*text = value && *value ? value : NULL;
	return value || cJSON_IsNull(item);
}

static int read_connection(const cJSON *record, size_t index,
			   struct connection *connection, struct error *error)
{
	const cJSON *member;

	if (!cJSON_IsObject(record))
		return error_set(error, ERROR_RESPONSE,
				 "Connections[%zu] is %s, not an object", index,
				 json_type(record));
	cJSON_ArrayForEach(member, record)
	{
		int f = find_field(member->string);

		if (f >= 0 && !read_text(member, &connection->field[f]))
			return error_set(error, ERROR_RESPONSE,
					 "Connections[%zu].%s is %s, not a string",
					 index, member->string, json_type(member));
	}
	return 0;
}

static int read_connections(const cJSON *list, struct connection **connections,
			    size_t *count, struct error *error)
{
	const cJSON *record;
	size_t index = 0;

	if (!list)
		return error_set(error, ERROR_RESPONSE,
				 "the answer has no Connections");
	if (!cJSON_IsArray(list))
		return error_set(error, ERROR_RESPONSE, "Connections is %s, not a list",
				 json_type(list));
	*count = (size_t)cJSON_GetArraySize(list);
	*connections = calloc(*count + 1, sizeof(**connections));
	if (!*connections)
		return error_set(error, ERROR_MEMORY, "no memory for a page");
	cJSON_ArrayForEach(record, list)
	{
		int err = read_connection(record, index, *connections + index, error);

		if (err)
			return err;
		index++;
	}
	return 0;
}

/*
 * A marker goes back to the service as it came, which a NUL or a byte that is in
 * no UTF-8 could not: no JSON text can be made of them.
 */
static int read_marker(const cJSON *item, const char **marker, struct error *error)
{
	*marker = NULL;
	if (!item)
		return 0;
	if (!read_text(item, marker))
		return error_set(error, ERROR_RESPONSE, "Marker is %s, not a string",
				 json_type(item));
	if (*marker && strchr(*marker, TEXT_ESCAPE))
		return error_set(error, ERROR_RESPONSE,
				 "Marker holds a NUL or a byte that is not UTF-8");
	return 0;
}

static int read_answer(const cJSON *root, struct shared_texts *shared,
		       struct page **page, struct error *error)
{
	struct connection *connections = NULL;
	const char *marker = NULL;
	size_t count = 0;
	int err;

	if (!cJSON_IsObject(root))
		return error_set(error, ERROR_RESPONSE,
				 "the answer is %s, not an object", json_type(root));
	err = read_marker(cJSON_GetObjectItemCaseSensitive(root, "Marker"), &marker,
			  error);
	if (err)
		return err;
	err = read_connections(cJSON_GetObjectItemCaseSensitive(root, "Connections"),
			       &connections, &count, error);
	if (err)
		goto out;
	err = page_build(connections, count, marker, shared, page);
	if (err)
		error_set(error, ERROR_MEMORY, "no memory for a page");
out:
	free(connections);
	return err;
}

int page_parse(const char *body, size_t len, struct shared_texts *shared,
	       struct page **page, struct error *error)
{
	cJSON *root = NULL;
	int err = json_parse(body, len, JSON_PUBLIC, &root, error);

	if (err)
		error_prefix(error, "the answer is ");
	else
		err = read_answer(root, shared, page, error);
	cJSON_Delete(root);
	return err;
}
