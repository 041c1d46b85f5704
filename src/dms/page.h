/*
 * One page of a listing, parsed: immutable and reference counted. Texts that repeat in
 * it are there once; what other pages have too may lie in shared_texts.h.
 */
#ifndef DMSFS_SRC_DMS_PAGE_H
#define DMSFS_SRC_DMS_PAGE_H

#include <stddef.h>

#include "src/base/error.h"
#include "src/dms/connection.h"
#include "src/dms/shared_texts.h"

struct page;

/*
 * Parses the JSON answer of DescribeConnections (@body, @len bytes). 0 and a
 * page with one reference in @page; else a negative errno (-EBADMSG: not what
 * the API promises, with the reason in @error; -ENOMEM). Unknown members are
 * ignored; \u0000 is kept (text.h); a lone surrogate becomes U+FFFD.
 *
 * All texts but those that name an endpoint go into @shared, of which the page takes a
 * reference, or into the page where that is NULL.
 */
int page_parse(const char *body, size_t len, struct shared_texts *shared,
	       struct page **page, struct error *error);

/* What tells the bytes of one answer from those of any other: their SHA-256. */
struct page_digest {
	unsigned char bytes[32];
};

/* 0, or -EIO if it cannot be reckoned. */
int page_digest_of(const char *body, size_t len, struct page_digest *digest);

/* Notes what a page was parsed from, before another thread sees it. */
void page_set_digest(struct page *page, const struct page_digest *digest);

/* Borrowed; NULL where none was noted. */
const struct page_digest *page_digest(const struct page *page);

/* A page of copies of @connections, without a marker; for tests and merges. */
int page_new(const struct connection *connections, size_t count, struct page **page);

/* Any thread. Unref takes NULL; the last one frees. */
struct page *page_ref(struct page *page);
void page_unref(struct page *page);

size_t page_count(const struct page *page);

/* Borrowed: valid while a reference to the page is held. */
const struct connection *page_at(const struct page *page, size_t index);

/* The marker of the next page, or NULL on the last one. Borrowed. */
const char *page_marker(const struct page *page);

#endif
