#include "src/dms/page_parse.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"
#include "src/format/json.h"

static int fail_for_memory(struct error *error)
{
	return error_set(error, ERROR_MEMORY, "no memory for a page");
}

static int find_field(const char *name)
{
	for (int f = 0; f < CONNECTION_FIELDS; f++)
		if (!strcmp(name, connection_field_name((enum connection_field)f)))
			return f;
	return -1;
}

/* The text of @item, NULL for null; false for another type. */
static bool read_text(const cJSON *item, const char **text)
{
	*text = cJSON_GetStringValue(item);
	return *text || cJSON_IsNull(item);
}

/* An error's text continues the name of the record. */
static int read_connection(const cJSON *record, struct connection *connection,
			   struct error *error)
{
	const cJSON *member = NULL;

	if (!cJSON_IsObject(record))
		return error_set(error, ERROR_RESPONSE, " is %s, not an object",
				 json_type(record));
	cJSON_ArrayForEach(member, record)
	{
		int f = find_field(member->string);

		if (f >= 0 && !read_text(member, &connection->field[f]))
			return error_set(error, ERROR_RESPONSE,
					 ".%s is %s, not a string", member->string,
					 json_type(member));
	}
	return 0;
}

/* The array is for the caller to free; its texts are those of @list. */
static int read_connections(const cJSON *list, struct connection **connections,
			    size_t *count, struct error *error)
{
	const cJSON *record = NULL;

	if (!list)
		return error_set(error, ERROR_RESPONSE,
				 "the response has no Connections");
	if (!cJSON_IsArray(list))
		return error_set(error, ERROR_RESPONSE, "Connections is %s, not a list",
				 json_type(list));
	*connections = calloc((size_t)cJSON_GetArraySize(list) + 1,
			      sizeof(**connections));
	if (!*connections)
		return fail_for_memory(error);
	cJSON_ArrayForEach(record, list)
	{
		int r = read_connection(record, &(*connections)[*count], error);

		if (r < 0) {
			error_prefix(error, "Connections[%zu]", *count);
			return r;
		}
		++*count;
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
	if (*marker && **marker == '\0')
		*marker = NULL;
	if (*marker && strchr(*marker, TEXT_ESCAPE))
		return error_set(error, ERROR_RESPONSE,
				 "Marker contains a NUL or a byte that is not UTF-8");
	return 0;
}

static int make_page(const cJSON *root, struct page **page, struct error *error)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "Connections");
	struct connection *connections = NULL;
	const char *marker = NULL;
	size_t count = 0;
	int r = 0;

	if (!cJSON_IsObject(root))
		return error_set(error, ERROR_RESPONSE,
				 "the response is %s, not an object", json_type(root));
	r = read_marker(cJSON_GetObjectItemCaseSensitive(root, "Marker"), &marker,
			error);
	if (r == 0)
		r = read_connections(list, &connections, &count, error);
	if (r == 0 && page_new(connections, count, marker, page) < 0)
		r = fail_for_memory(error);
	free(connections);
	return r;
}

int page_parse(const char *body, size_t len, struct page **page, struct error *error)
{
	cJSON *root = NULL;
	int r = json_parse(body, len, JSON_PUBLIC, &root, error);

	if (r < 0)
		error_prefix(error, "the response is ");
	else
		r = make_page(root, page, error);
	cJSON_Delete(root);
	return r;
}

static int make_page_of_one(const cJSON *root, const struct connection *known,
			    struct page **page, struct error *error)
{
	const cJSON *record = json_member(root, "Connection");
	struct connection connection = {.field = {NULL}};
	int r = 0;

	if (!record)
		return error_set(error, ERROR_RESPONSE,
				 "the response has no Connection");
	r = read_connection(record, &connection, error);
	if (r < 0) {
		error_prefix(error, "Connection");
		return r;
	}
	if (connection_compare_identity(&connection, known))
		return error_set(error, ERROR_RESPONSE,
				 "the response is about another connection");
	for (int f = 0; f < CONNECTION_FIELDS; f++)
		if (!connection_text(&connection, (enum connection_field)f) &&
		    (f == CONNECTION_ENDPOINT_IDENTIFIER ||
		     f == CONNECTION_REPLICATION_INSTANCE_IDENTIFIER))
			connection.field[f] = known->field[f];
	return page_new(&connection, 1, NULL, page) < 0 ? fail_for_memory(error) : 0;
}

int page_parse_one(const char *body, size_t len, const struct connection *known,
		   struct page **page, struct error *error)
{
	cJSON *root = NULL;
	int r = json_parse(body, len, JSON_PUBLIC, &root, error);

	if (r < 0)
		error_prefix(error, "the response is ");
	else
		r = make_page_of_one(root, known, page, error);
	cJSON_Delete(root);
	return r;
}
