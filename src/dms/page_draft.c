#include "src/dms/page_draft.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/text_hash.h"
#include "src/dms/page_private.h"

/* Finds texts that repeat, while they are gathered. */
struct pool {
	struct page_draft *draft;
	struct slot {
		const char *text; /* among the draft's; NULL: free */
		uint32_t hash;
	} * slots; /* owned */
	size_t mask;
};

int page_draft_init(struct page_draft *draft, size_t count)
{
	draft->count = count;
	draft->connections = calloc(count + 1, sizeof(*draft->connections));
	return draft->connections ? 0 : -ENOMEM;
}

void page_draft_fini(struct page_draft *draft)
{
	free(draft->connections);
	free(draft->texts);
	shared_texts_unref(draft->shared);
	*draft = (struct page_draft){0};
}

/* What names an endpoint is rarely found in another page: to look for it would cost
 * more than it saves. */
static bool is_shared(const struct page_draft *draft, int field)
{
	return draft->shared && field != CONNECTION_ENDPOINT_IDENTIFIER &&
	       field != CONNECTION_ENDPOINT_ARN;
}

/* --- gathering --- */

static int pool_init(struct pool *pool, size_t texts, size_t bytes)
{
	size_t slots = 16;

	while (slots < 2 * texts)
		slots *= 2;
	pool->draft->texts = malloc(bytes + 1);
	pool->slots = calloc(slots, sizeof(*pool->slots));
	pool->mask = slots - 1;
	return pool->draft->texts && pool->slots ? 0 : -ENOMEM;
}

/* With room for all texts, as if none repeated. */
static int prepare(struct pool *pool)
{
	const struct page_draft *draft = pool->draft;
	size_t texts = draft->marker ? 1 : 0;
	size_t bytes = draft->marker ? strlen(draft->marker) + 1 : 0;

	for (size_t i = 0; i < draft->count; i++) {
		for (int f = 0; f < CONNECTION_FIELDS; f++) {
			const char *text = draft->connections[i].field[f];

			if (!text || is_shared(draft, f))
				continue;
			texts++;
			bytes += strlen(text) + 1;
		}
	}
	return pool_init(pool, texts, bytes);
}

static const char *pool_add(struct pool *pool, const char *text)
{
	struct page_draft *draft = pool->draft;
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
	stored = draft->texts + draft->texts_len;
	memcpy(stored, text, len + 1);
	draft->texts_len += len + 1;
	if (!slot->text)
		*slot = (struct slot){.text = stored, .hash = hash};
	return stored;
}

static int gather_connection(struct pool *pool, struct connection *connection)
{
	for (int f = 0; f < CONNECTION_FIELDS; f++) {
		const char **text = &connection->field[f];

		if (!*text)
			continue;
		*text = is_shared(pool->draft, f)
				? shared_texts_get(pool->draft->shared, *text)
				: pool_add(pool, *text);
		if (!*text)
			return -ENOMEM;
	}
	return 0;
}

int page_draft_gather(struct page_draft *draft, struct shared_texts *shared)
{
	struct pool pool = {.draft = draft};
	int err;

	draft->shared = shared ? shared_texts_ref(shared) : NULL;
	err = prepare(&pool);
	for (size_t i = 0; i < draft->count && !err; i++)
		err = gather_connection(&pool, &draft->connections[i]);
	if (!err && draft->marker)
		draft->marker = pool_add(&pool, draft->marker);
	free(pool.slots);
	return err;
}

/* --- finishing --- */

static const char *rebase(const struct page_draft *draft, const char *text,
			  const char *texts)
{
	return text ? texts + (text - draft->texts) : NULL;
}

static void fill(const struct page_draft *draft, struct page *page, char *texts)
{
	memcpy(texts, draft->texts, draft->texts_len);
	page->marker = rebase(draft, draft->marker, texts);
	for (size_t i = 0; i < page->count; i++) {
		for (int f = 0; f < CONNECTION_FIELDS; f++) {
			const char *text = draft->connections[i].field[f];

			page->connections[i].field[f] =
				is_shared(draft, f) ? text : rebase(draft, text, texts);
		}
	}
}

int page_draft_finish(struct page_draft *draft, struct page **result)
{
	size_t texts_at = sizeof(struct page) +
			  draft->count * sizeof(struct connection);
	struct page *page = malloc(texts_at + draft->texts_len);

	if (!page)
		return -ENOMEM;
	*page = (struct page){.count = draft->count, .shared = draft->shared};
	atomic_init(&page->references, 1);
	fill(draft, page, (char *)page + texts_at);
	draft->shared = NULL;
	*result = page;
	return 0;
}
