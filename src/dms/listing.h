/*
 * The pages of a listing, in their order.
 */
#ifndef DMSFS_SRC_DMS_LISTING_H
#define DMSFS_SRC_DMS_LISTING_H

#include <stddef.h>

#include "src/dms/page.h"

/* Begins all zero. */
struct listing {
	struct page **pages; /* owned, and a reference to each */
	size_t count;
	size_t capacity;
};

/* Takes the reference to @page, also where it fails. 0 or -ENOMEM. */
int listing_add(struct listing *listing, struct page *page);

/* Moves the pages of @from behind those of @listing; all or none. 0 or -ENOMEM. */
int listing_append(struct listing *listing, struct listing *from);

void listing_fini(struct listing *listing);

#endif
