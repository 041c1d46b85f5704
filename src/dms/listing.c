#include "src/dms/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int reserve_pages(struct listing *listing, size_t more)
{
	size_t capacity = listing->capacity ? listing->capacity : 16;
	struct page **pages = NULL;

	while (capacity - listing->count < more)
		capacity *= 2;
	if (capacity == listing->capacity)
		return 0;
	pages = reallocarray(listing->pages, capacity, sizeof(struct page *));
	if (!pages)
		return -ENOMEM;
	listing->pages = pages;
	listing->capacity = capacity;
	return 0;
}

int listing_add(struct listing *listing, struct page *page)
{
	int r = reserve_pages(listing, 1);

	if (r < 0)
		page_unref(page);
	else
		listing->pages[listing->count++] = page;
	return r;
}

int listing_append(struct listing *listing, struct listing *from)
{
	int r = reserve_pages(listing, from->count);

	if (r < 0)
		return r;
	if (from->count > 0)
		memcpy(listing->pages + listing->count, from->pages,
		       from->count * sizeof(struct page *));
	listing->count += from->count;
	from->count = 0;
	return 0;
}

void listing_fini(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		page_unref(listing->pages[i]);
	free(listing->pages);
	*listing = (struct listing){.pages = NULL};
}
