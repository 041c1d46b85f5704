/*
 * Reads the answers of a listing: into pages, in the order in which they came. It
 * has a thread of its own, so that they are parsed while the next one is on its way;
 * what that has not begun with when a page is taken, the caller's thread reads.
 */
#ifndef DMSFS_SRC_DMS_PAGE_READER_H
#define DMSFS_SRC_DMS_PAGE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/error.h"
#include "src/dms/page.h"
#include "src/dms/page_set.h"
#include "src/http/http.h"

struct page_reader;

/* An answer that @known, which is borrowed, has the page of is not parsed. @shared,
 * borrowed too, is as in page_parse(). NULL: no memory. All below is for one thread. */
struct page_reader *page_reader_new(const struct page_set *known,
				    struct shared_texts *shared);

/* Ends the thread and drops what was not taken. Takes NULL. */
void page_reader_free(struct page_reader *reader);

/*
 * Adds an answer; takes what @response owns. @marker is the one that its page is
 * expected to have, or NULL where nothing is expected; borrowed until that page is
 * taken. Not while the reader is full.
 */
void page_reader_add(struct page_reader *reader, struct http_response *response,
		     const char *marker);
bool page_reader_is_full(const struct page_reader *reader);

/* Starts the thread, unless it runs. If that fails, the caller has to do it all. */
void page_reader_start(struct page_reader *reader);

/* Whether a page can be taken without reading or waiting. */
bool page_reader_has_page(struct page_reader *reader);

/* The next page, in the order of the answers, of which one is left: 0 and a page to
 * release, or a negative errno with what is wrong with the answer in @error. */
int page_reader_take(struct page_reader *reader, struct page **page,
		     struct error *error);

/* How many answers were not taken yet. */
size_t page_reader_left(const struct page_reader *reader);

#endif
