/*
 * One page of a listing, parsed: immutable and reference counted. Texts that repeat in
 * it are there once.
 */
#ifndef DMSFS_SRC_DMS_PAGE_H
#define DMSFS_SRC_DMS_PAGE_H

#include <stddef.h>

#include "src/dms/connection.h"

struct page;
struct shared_texts;

/* Identifies the bytes of a response: their SHA-256. */
struct page_digest {
	unsigned char bytes[32];
};

/* 0, or -EIO if it cannot be reckoned. */
int page_digest_of(const char *body, size_t len, struct page_digest *digest);

/* Notes the bytes that a page was parsed from, before another thread sees it. */
void page_set_digest(struct page *page, const struct page_digest *digest);

/* Borrowed; NULL where none was noted. */
const struct page_digest *page_digest(const struct page *page);

/* A page of copies of @connections and @marker, which may be NULL. 0 or -ENOMEM. */
int page_new(const struct connection *connections, size_t count, const char *marker,
	     struct page **page);

/* The same; with @shared, which may be NULL, the texts that other pages may have as
 * well are stored there. */
int page_new_sharing(const struct connection *connections, size_t count,
		     const char *marker, struct shared_texts *shared,
		     struct page **page);

/* Any thread. Unref takes NULL; the last one frees. */
struct page *page_ref(struct page *page);
void page_unref(struct page *page);

size_t page_count(const struct page *page);

/* Borrowed: valid while a reference to the page is held. */
const struct connection *page_at(const struct page *page, size_t index);

/* The marker of the next page, or NULL on the last one. Borrowed. */
const char *page_marker(const struct page *page);

#endif
