/*
 * What is to become a page. Its texts are gathered first, and the page is made when what
 * they came from has gone: so pages lie close together, and not in the holes that the
 * trees of parsed answers leave.
 */
#ifndef DMSFS_SRC_DMS_PAGE_DRAFT_H
#define DMSFS_SRC_DMS_PAGE_DRAFT_H

#include <stddef.h>

#include "src/dms/page.h"

/* Begins all zero; to _fini in every case. */
struct page_draft {
	struct connection *connections; /* owned; to be filled, with texts borrowed */
	size_t count;
	const char *marker; /* to be filled, borrowed; or NULL */
	/* A reference: where texts of shared fields go; or NULL. */
	struct shared_texts *shared;
	char *texts; /* owned: all others, once they are gathered */
	size_t texts_len;
};

/* Room for @count connections, all without a field. 0 or -ENOMEM. */
int page_draft_init(struct page_draft *draft, size_t count);
void page_draft_fini(struct page_draft *draft);

/* Copies all texts, those that repeat once; with @shared as in page_parse(). Nothing is
 * borrowed any more then. 0 or -ENOMEM. */
int page_draft_gather(struct page_draft *draft, struct shared_texts *shared);

/* Makes the page of what was gathered, once. 0 or -ENOMEM. */
int page_draft_finish(struct page_draft *draft, struct page **page);

#endif
