#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "page_private.h"
#include "text_hash.h"

struct page {
	atomic_uint references;
	size_t count;
	char *strings;		     /* owned: the page's own texts, end to end */
	struct shared_texts *shared; /* a reference, where other texts are; or NULL */
	const char *marker;	     /* within strings, or NULL */
	bool has_digest;
	struct page_digest digest; /* of what it was parsed from */
	struct connection connections[];
};

/* Where the texts of a page are gathered, those that repeat once. */
struct pool {
	struct shared_texts *shared; /* where those of shared fields go; or NULL */
	char *block; /* owned; large enough for all others, repeated or not */
	size_t used;
	struct slot {
		const char *text; /* within block; NULL: free */
		uint32_t hash;
	} * slots; /* owned */
	size_t mask;
};

/* What the connections of an instance have in common, and many others. */
static bool is_shared_field(int field)
{
	return field == CONNECTION_STATUS ||
	       field == CONNECTION_REPLICATION_INSTANCE_IDENTIFIER ||
	       field == CONNECTION_REPLICATION_INSTANCE_ARN;
}

static bool is_shared(const struct pool *pool, int field)
{
	return pool->shared && is_shared_field(field);
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
	uint32_t hash = text_hash(text, &len);
	struct slot *slot = NULL;
	char *stored;

	for (size_t i = 0; i < TEXT_HASH_PROBES_MAX; i++) {
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

			if (!text || is_shared(pool, f))
				continue;
			texts++;
			bytes += strlen(text) + 1;
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
			if (!is_shared(pool, f))
				field[f] = rebase(field[f], pool, page->strings);
	}
	return 0;
}

static int add_connection(struct pool *pool, const struct connection *from,
			  struct connection *to)
{
	for (int f = 0; f < CONNECTION_FIELDS; f++) {
		const char *text = from->field[f];

		if (!text)
			continue;
		to->field[f] = is_shared(pool, f) ? shared_texts_get(pool->shared, text)
						  : pool_add(pool, text);
		if (!to->field[f])
			return -ENOMEM;
	}
	return 0;
}

static int add_connections(struct pool *pool, const struct connection *connections,
			   struct page *page)
{
	int err = 0;

	for (size_t i = 0; i < page->count && !err; i++)
		err = add_connection(pool, &connections[i], &page->connections[i]);
	return err;
}

/* With no strings yet. */
static struct page *new_page(size_t count, struct shared_texts *shared)
{
	struct page *page =
		calloc(1, sizeof(*page) + count * sizeof(page->connections[0]));

	if (!page)
		return NULL;
	atomic_init(&page->references, 1);
	page->count = count;
	page->shared = shared ? shared_texts_ref(shared) : NULL;
	return page;
}

int page_build(const struct connection *connections, size_t count, const char *marker,
	       struct shared_texts *shared, struct page **result)
{
	struct page *page = new_page(count, shared);
	struct pool pool = {.shared = shared};
	int err = page ? pool_init_for(&pool, connections, count, marker) : -ENOMEM;

	if (!err)
		err = add_connections(&pool, connections, page);
	if (!err) {
		page->marker = marker ? pool_add(&pool, marker) : NULL;
		err = keep_strings(page, &pool);
	}
	if (!err)
		*result = page;
	else
		page_unref(page);
	pool_fini(&pool);
	return err;
}

int page_new(const struct connection *connections, size_t count, struct page **page)
{
	return page_build(connections, count, NULL, NULL, page);
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
	shared_texts_unref(page->shared);
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
