#include "src/dms/page_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_digests(const struct page_digest *a, const struct page_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare_pages(const void *a, const void *b)
{
	const struct page *const *left = a;
	const struct page *const *right = b;

	return compare_digests(page_digest(*left), page_digest(*right));
}

static int compare_key(const void *key, const void *element)
{
	const struct page *const *page = element;

	return compare_digests(key, page_digest(*page));
}

int page_set_init(struct page_set *set, struct page *const *pages, size_t count)
{
	*set = (struct page_set){.pages = calloc(count + 1, sizeof(struct page *))};
	if (!set->pages)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (page_digest(pages[i]))
			set->pages[set->count++] = pages[i];
	qsort(set->pages, set->count, sizeof(struct page *), compare_pages);
	return 0;
}

void page_set_fini(struct page_set *set)
{
	free(set->pages);
	*set = (struct page_set){0};
}

struct page *page_set_find(const struct page_set *set, const struct page_digest *digest)
{
	struct page *const *found = NULL;

	if (set->count > 0)
		found = bsearch(digest, set->pages, set->count, sizeof(struct page *),
				compare_key);
	return found ? *found : NULL;
}
