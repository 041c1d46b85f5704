/*
 * A fast way over the pages that the service sends, nearly all: one walk over the bytes
 * and no tree. Reading pages is most of what a start costs.
 */
#ifndef DMSFS_SRC_DMS_PAGE_SCAN_H
#define DMSFS_SRC_DMS_PAGE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "src/dms/page.h"

/*
 * Reads a response of DescribeConnections (@body, @len bytes) as page_parse() does, and
 * returns whether it could: then @page is a page with one reference. Otherwise nothing
 * is said of the response, which may be broken or unusual: have a member that is no
 * string, an escape \uXXXX or a byte 0xFF. Then it is for page_parse(). @shared: as of
 * page_new_sharing().
 */
bool page_scan(const char *body, size_t len, struct shared_texts *shared,
	       struct page **page);

/*
 * The same in two steps: the first one finds all that a response can be refused for,
 * and its marker, the second one, which takes as long, stores it.
 */
struct page_scan;

/* NULL: it cannot be read this way, or there is no memory. */
struct page_scan *page_scan_new(const char *body, size_t len);
void page_scan_free(struct page_scan *scan);

/* Or NULL; borrowed. */
const char *page_scan_marker(const struct page_scan *scan);

/* 0 or -ENOMEM. */
int page_scan_store(const struct page_scan *scan, struct shared_texts *shared,
		    struct page **page);

#endif
