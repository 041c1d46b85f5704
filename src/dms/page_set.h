/*
 * The pages of an earlier listing, found by the bytes that they were parsed from.
 */
#ifndef DMSFS_SRC_DMS_PAGE_SET_H
#define DMSFS_SRC_DMS_PAGE_SET_H

#include <stddef.h>

#include "src/dms/page.h"

/* Begins all zero, which is an empty one. */
struct page_set {
	struct page **pages; /* owned, the pages borrowed; sorted by digest */
	size_t count;
};

/* Those of @pages that have a digest. 0 or -ENOMEM. */
int page_set_init(struct page_set *set, struct page *const *pages, size_t count);
void page_set_fini(struct page_set *set);

/* Borrowed; or NULL. Any thread. */
struct page *page_set_find(const struct page_set *set,
			   const struct page_digest *digest);

#endif
