#include "src/dms/page.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "src/base/hash.h"
#include "src/dms/shared_texts.h"

/* One block of memory, the texts behind the connections. */
struct page {
	atomic_uint references;
	size_t count;
	const char *marker;	     /* or NULL */
	struct shared_texts *shared; /* a reference, or NULL */
	bool has_digest;
	struct page_digest digest; /* of what it was parsed from */
	struct connection connections[];
};

/* How far an equal text is looked for before it is stored once more. This keeps the
 * work linear even if somebody makes the hashes collide. */
#define PROBES_MAX 16

/* The texts of a page, each stored once. */
struct pool {
	struct shared_texts *shared; /* for those that other pages have too; or NULL */
	char *texts;		     /* owned */
	size_t len;
	struct slot {
		const char *text; /* one of the texts; NULL: free */
		uint32_t hash;
	} * slots; /* owned */
	size_t mask;
};

static int pool_init(struct pool *pool, size_t count, size_t bytes)
{
	size_t slots = 16;

	while (slots < 2 * count)
		slots *= 2;
	pool->texts = malloc(bytes + 1);
	pool->slots = calloc(slots, sizeof(*pool->slots));
	pool->mask = slots - 1;
	return pool->texts && pool->slots ? 0 : -ENOMEM;
}

static void pool_fini(struct pool *pool)
{
	free(pool->texts);
	free(pool->slots);
}

/* What names an endpoint is rarely found in another page: to look for it would cost
 * more than it saves. */
static bool is_shared(const struct pool *pool, size_t field)
{
	return pool->shared && field != CONNECTION_ENDPOINT_IDENTIFIER &&
	       field != CONNECTION_ENDPOINT_ARN;
}

/* Where @text is stored. */
static const char *pool_add(struct pool *pool, const char *text)
{
	const size_t len = strlen(text);
	const uint32_t hash = hash_bytes(0, text, len);
	struct slot *slot = NULL;
	char *stored = pool->texts + pool->len;

	for (size_t i = 0; i < PROBES_MAX; i++) {
		slot = &pool->slots[(hash + i) & pool->mask];
		if (!slot->text)
			break;
		if (slot->hash == hash && !strcmp(slot->text, text))
			return slot->text;
	}
	memcpy(stored, text, len + 1);
	pool->len += len + 1;
	if (!slot->text)
		*slot = (struct slot){.text = stored, .hash = hash};
	return stored;
}

/* With room for all texts, as if none repeated. */
static int pool_prepare(struct pool *pool, const struct connection *connections,
			size_t count, const char *marker)
{
	size_t texts = marker ? 1 : 0;
	size_t bytes = marker ? strlen(marker) + 1 : 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t f = 0; f < CONNECTION_FIELDS; f++) {
			const char *text = connections[i].field[f];

			if (!text || is_shared(pool, f))
				continue;
			texts++;
			bytes += strlen(text) + 1;
		}
	}
	return pool_init(pool, texts, bytes);
}

/* Until the length of all texts is known there is no page to point into: @stored has
 * the texts where they are by now. */
static int store_texts(struct pool *pool, const struct connection *connections,
		       size_t count, struct connection *stored)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t f = 0; f < CONNECTION_FIELDS; f++) {
			const char *text = connections[i].field[f];
			const char **to = &stored[i].field[f];

			if (!text)
				continue;
			*to = is_shared(pool, f) ? shared_texts_get(pool->shared, text)
						 : pool_add(pool, text);
			if (!*to)
				return -ENOMEM;
		}
	}
	return 0;
}

static void fill_page(struct page *page, const struct pool *pool,
		      const struct connection *stored, const char *marker)
{
	char *texts = (char *)&page->connections[page->count];

	memcpy(texts, pool->texts, pool->len);
	for (size_t i = 0; i < page->count; i++) {
		for (size_t f = 0; f < CONNECTION_FIELDS; f++) {
			const char *text = stored[i].field[f];

			page->connections[i].field[f] =
				!text || is_shared(pool, f)
					? text
					: texts + (text - pool->texts);
		}
	}
	if (marker)
		page->marker = texts + (marker - pool->texts);
}

int page_new_sharing(const struct connection *connections, size_t count,
		     const char *marker, struct shared_texts *shared,
		     struct page **page)
{
	struct pool pool = {.shared = shared};
	struct connection *stored = calloc(count + 1, sizeof(*stored));
	struct page *made = NULL;
	int r = stored ? pool_prepare(&pool, connections, count, marker) : -ENOMEM;

	if (r == 0)
		r = store_texts(&pool, connections, count, stored);
	if (r < 0)
		goto out;
	if (marker)
		marker = pool_add(&pool, marker);
	made = malloc(sizeof(*made) + count * sizeof(*connections) + pool.len);
	if (!made) {
		r = -ENOMEM;
		goto out;
	}
	*made = (struct page){.count = count,
			      .shared = shared ? shared_texts_ref(shared) : NULL};
	atomic_init(&made->references, 1);
	fill_page(made, &pool, stored, marker);
	*page = made;
out:
	pool_fini(&pool);
	free(stored);
	return r;
}

int page_new(const struct connection *connections, size_t count, const char *marker,
	     struct page **page)
{
	return page_new_sharing(connections, count, marker, NULL, page);
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
