#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "src/dms/page_draft.h"
#include "src/dms/page_private.h"

int page_new(const struct connection *connections, size_t count, struct page **page)
{
	struct page_draft draft = {0};
	int err = page_draft_init(&draft, count);

	if (!err) {
		if (count > 0)
			memcpy(draft.connections, connections,
			       count * sizeof(*connections));
		err = page_draft_gather(&draft, NULL);
	}
	if (!err)
		err = page_draft_finish(&draft, page);
	page_draft_fini(&draft);
	return err;
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
