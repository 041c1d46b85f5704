/*
 * Reads the service's answer into a page.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text.h"
#include "src/dms/page_draft.h"
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

static int read_connections(const cJSON *list, struct page_draft *draft,
			    struct error *error)
{
	const cJSON *record;
	size_t index = 0;

	if (!list)
		return error_set(error, ERROR_RESPONSE,
				 "the answer has no Connections");
	if (!cJSON_IsArray(list))
		return error_set(error, ERROR_RESPONSE, "Connections is %s, not a list",
				 json_type(list));
	if (page_draft_init(draft, (size_t)cJSON_GetArraySize(list)))
		return fail_for_memory(error);
	cJSON_ArrayForEach(record, list)
	{
		int err = read_connection(record, index, &draft->connections[index],
					  error);

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

static int read_answer(const cJSON *root, struct page_draft *draft, struct error *error)
{
	int err;

	if (!cJSON_IsObject(root))
		return error_set(error, ERROR_RESPONSE,
				 "the answer is %s, not an object", json_type(root));
	err = read_marker(cJSON_GetObjectItemCaseSensitive(root, "Marker"),
			  &draft->marker, error);
	if (err)
		return err;
	return read_connections(cJSON_GetObjectItemCaseSensitive(root, "Connections"),
				draft, error);
}

static int parse(const char *body, size_t len, struct shared_texts *shared,
		 struct page_draft *draft, struct error *error)
{
	cJSON *root = NULL;
	int err = json_parse(body, len, JSON_PUBLIC, &root, error);

	if (err)
		error_prefix(error, "the answer is ");
	else
		err = read_answer(root, draft, error);
	if (!err && page_draft_gather(draft, shared))
		err = fail_for_memory(error);
	cJSON_Delete(root);
	return err;
}

int page_parse(const char *body, size_t len, struct shared_texts *shared,
	       struct page **page, struct error *error)
{
	struct page_draft draft = {0};
	int err = parse(body, len, shared, &draft, error);

	if (!err && page_draft_finish(&draft, page))
		err = fail_for_memory(error);
	page_draft_fini(&draft);
	return err;
}
