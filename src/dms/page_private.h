/*
 * What a page is made of; for the files that make and show one. One block of memory,
 * the page's own texts behind its connections.
 */
#ifndef DMSFS_SRC_DMS_PAGE_PRIVATE_H
#define DMSFS_SRC_DMS_PAGE_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "src/dms/page.h"

struct page {
	atomic_uint references;
	size_t count;
	struct shared_texts *shared; /* a reference, where other texts are; or NULL */
	const char *marker;	     /* or NULL */
	bool has_digest;
	struct page_digest digest; /* of what it was parsed from */
	struct connection connections[];
};

#endif
