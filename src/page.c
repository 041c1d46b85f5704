#include "page.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "json.h"
#include "text.h"

/* How far to look for an equal string before it is stored once more: this keeps
 * the work linear even where somebody makes the hashes collide. */
#define POOL_PROBES_MAX 16

struct page {
	atomic_uint references;
	size_t count;
	char *strings;	    /* owned: all texts of the page, end to end */
	const char *marker; /* within strings, or NULL */
	bool has_digest;
	struct page_digest digest; /* of what it was parsed from */
	struct connection connections[];
};

/* Where the strings of a page are gathered, those that repeat once. */
struct pool {
	char *block; /* owned; large enough for all of them unshared */
	size_t used;
	struct slot {
		const char *text; /* within block; NULL: free */
		uint32_t hash;
	} * slots; /* owned */
	size_t mask;
};

static uint32_t hash_text(const char *text, size_t *len)
{
	uint32_t hash = 2166136261U; /* FNV-1a */
	const char *at = text;

	for (; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619U;
	*len = (size_t)(at - text);
	return hash;
}

static int pool_init(struct pool *pool, size_t texts, size_t bytes)
{
	size_t slots = 16;

	while (slots < 2 * texts)
		slots *= 2;
	pool->block = malloc(bytes + 1);
	pool->slots = calloc(slots, sizeof(*pool->slots));
	pool->mask = slots - 1;
	return pool->block && pool->slots ? 0 : -ENOMEM;
}

static void pool_fini(struct pool *pool)
{
	free(pool->block);
	free(pool->slots);
}

static const char *pool_add(struct pool *pool, const char *text)
{
	size_t len;
	uint32_t hash = hash_text(text, &len);
	struct slot *slot = NULL;
	char *stored;

	for (size_t i = 0; i < POOL_PROBES_MAX; i++) {
		slot = &pool->slots[(hash + i) & pool->mask];
		if (!slot->text)
			break;
		if (slot->hash == hash && !strcmp(slot->text, text))
			return slot->text;
	}
	stored = pool->block + pool->used;
	memcpy(stored, text, len + 1);
	pool->used += len + 1;
	if (!slot->text)
		*slot = (struct slot){.text = stored, .hash = hash};
	return stored;
}

static int pool_init_for(struct pool *pool, const struct connection *connections,
			 size_t count, const char *marker)
{
	size_t texts = marker ? 1 : 0;
	size_t bytes = marker ? strlen(marker) + 1 : 0;

	for (size_t i = 0; i < count; i++) {
		for (int f = 0; f < CONNECTION_FIELDS; f++) {
			const char *text = connections[i].field[f];

			texts += text != NULL;
			bytes += text ? strlen(text) + 1 : 0;
		}
	}
	return pool_init(pool, texts, bytes);
}

static const char *rebase(const char *text, const struct pool *pool,
			  const char *strings)
{
	return text ? strings + (text - pool->block) : NULL;
}

/* The block of the pool was made for strings unshared: keep what is used of it. */
static int keep_strings(struct page *page, const struct pool *pool)
{
	page->strings = malloc(pool->used + 1);
	if (!page->strings)
		return -ENOMEM;
	memcpy(page->strings, pool->block, pool->used);
	page->marker = rebase(page->marker, pool, page->strings);
	for (size_t i = 0; i < page->count; i++) {
		const char **field = page->connections[i].field;

		for (int f = 0; f < CONNECTION_FIELDS; f++)
			field[f] = rebase(field[f], pool, page->strings);
	}
	return 0;
}

static void add_connection(struct pool *pool, const struct connection *from,
			   struct connection *to)
{
	for (int f = 0; f < CONNECTION_FIELDS; f++)
		to->field[f] = from->field[f] ? pool_add(pool, from->field[f]) : NULL;
}

static int build(const struct connection *connections, size_t count, const char *marker,
		 struct page **result)
{
	struct page *page = NULL;
	struct pool pool = {0};
	int err = pool_init_for(&pool, connections, count, marker);

	if (err)
		goto out;
	err = -ENOMEM;
	page = calloc(1, sizeof(*page) + count * sizeof(page->connections[0]));
	if (!page)
		goto out;
	atomic_init(&page->references, 1);
	page->count = count;
	for (size_t i = 0; i < count; i++)
		add_connection(&pool, &connections[i], &page->connections[i]);
	page->marker = marker ? pool_add(&pool, marker) : NULL;
	err = keep_strings(page, &pool);
	if (err)
		goto out;
	*result = page;
	page = NULL;
out:
	free(page);
	pool_fini(&pool);
	return err;
}

int page_new(const struct connection *connections, size_t count, struct page **page)
{
	return build(connections, count, NULL, page);
}

struct page *page_ref(struct page *page)
{
	atomic_fetch_add_explicit(&page->references, 1, memory_order_relaxed);
	return page;
}

void page_unref(struct page *page)
{
	if (!page ||
	    atomic_fetch_sub_explicit(&page->references, 1, memory_order_acq_rel) != 1)
		return;
	free(page->strings);
	free(page);
}

size_t page_count(const struct page *page)
{
	return page->count;
}

const struct connection *page_at(const struct page *page, size_t index)
{
	return &page->connections[index];
}

const char *page_marker(const struct page *page)
{
	return page->marker;
}

int page_digest_of(const char *body, size_t len, struct page_digest *digest)
{
	if (!EVP_Digest(body, len, digest->bytes, NULL, EVP_sha256(), NULL))
		return -EIO;
	return 0;
}

void page_set_digest(struct page *page, const struct page_digest *digest)
{
	page->digest = *digest;
	page->has_digest = true;
}

const struct page_digest *page_digest(const struct page *page)
{
	return page->has_digest ? &page->digest : NULL;
}

/* --- reading the service's answer --- */

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

static int read_answer(const cJSON *root, struct page **page, struct error *error)
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
	err = build(connections, count, marker, page);
	if (err)
		error_set(error, ERROR_MEMORY, "no memory for a page");
out:
	free(connections);
	return err;
}

int page_parse(const char *body, size_t len, struct page **page, struct error *error)
{
	cJSON *root = NULL;
	int err = json_parse(body, len, JSON_PUBLIC, &root, error);

	if (err)
		error_prefix(error, "the answer is ");
	else
		err = read_answer(root, page, error);
	cJSON_Delete(root);
	return err;
}
