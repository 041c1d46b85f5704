/*
 * How a page is made; for the file that reads one.
 */
#ifndef DMSFS_SRC_PAGE_PRIVATE_H
#define DMSFS_SRC_PAGE_PRIVATE_H

#include "page.h"

/* A page of copies of @connections and of @marker, which may be NULL, as page_parse()
 * says of @shared. 0 or -ENOMEM. */
int page_build(const struct connection *connections, size_t count, const char *marker,
	       struct shared_texts *shared, struct page **page);

#endif
