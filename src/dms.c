#include "dms.h"

#include <errno.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dms_request.h"

/* A bound on what one listing may be made of, in bytes of its answers. */
#define LISTING_MAX_BYTES (UINT64_C(4) * 1024 * 1024 * 1024)

struct dms {
	struct dms_options options;
};

/* A listing under way. */
struct walk {
	struct listing listing;
	size_t capacity;    /* of listing.pages */
	size_t connections; /* so far */
	uint64_t bytes;	    /* so far */
	void *markers;	    /* tsearch(3) tree of those seen; the pages own them */
};

void listing_fini(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		page_unref(listing->pages[i]);
	free(listing->pages);
	*listing = (struct listing){0};
}

int dms_new(const struct dms_options *options, struct dms **dms)
{
	struct dms *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->options = *options;
	*dms = made;
	return 0;
}

void dms_free(struct dms *dms)
{
	free(dms);
}

/* --- one page --- */

/* The codes by which AWS refuses credentials, whoever they are from. */
static bool is_credentials_code(const char *code)
{
	static const char *const codes[] = {
		"ExpiredToken", "ExpiredTokenException",       "InvalidClientTokenId",
		"InvalidToken", "UnrecognizedClientException",
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(code, codes[i]))
			return true;
	return false;
}

/* One request, signed with credentials of now, and its answer. */
static int request_page(struct dms *dms, const struct dms_filters *filters,
			const char *marker, struct page **page, uint64_t *bytes,
			struct error *error)
{
	struct credentials credentials = {0};
	struct http_response response = {0};
	int err = credentials_chain_get(dms->options.chain, &credentials, error);

	if (err)
		goto out;
	err = dms_request_send(&dms->options, filters, marker, &credentials, &response,
			       error);
	if (err)
		goto out;
	*bytes += response.body_len;
	err = dms_response_read(&response, page, error);
	if (err && is_credentials_code(error->code))
		credentials_chain_invalidate(dms->options.chain);
out:
	http_response_fini(&response);
	credentials_fini(&credentials);
	return err;
}

/* --- all pages --- */

static int compare_markers(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void keep_marker(void *marker)
{
	(void)marker;
}

/* The listing owns @page from here on, or it is released. */
static int add_page(struct walk *walk, struct page *page, struct error *error)
{
	struct listing *listing = &walk->listing;

	if (listing->count == walk->capacity) {
		size_t capacity = walk->capacity ? 2 * walk->capacity : 16;
		struct page **pages = reallocarray(listing->pages, capacity,
						   sizeof(*listing->pages));

		if (!pages) {
			page_unref(page);
			return error_set(error, ERROR_MEMORY, "no memory for a page");
		}
		listing->pages = pages;
		walk->capacity = capacity;
	}
	listing->pages[listing->count++] = page;
	walk->connections += page_count(page);
	return 0;
}

/* A marker that comes again would lead round in circles. */
static int add_marker(struct walk *walk, const char *marker, struct error *error)
{
	const char *const *found = tsearch(marker, &walk->markers, compare_markers);

	if (!found)
		return error_set(error, ERROR_MEMORY, "no memory for a marker");
	if (*found != marker)
		return error_set(error, ERROR_RESPONSE,
				 "the service repeats the marker \"%s\" of an earlier "
				 "page",
				 marker);
	return 0;
}

static int check_bounds(const struct walk *walk, struct error *error)
{
	if (walk->bytes > LISTING_MAX_BYTES)
		return error_set(error, ERROR_RESPONSE,
				 "the listing is larger than %llu GiB",
				 (unsigned long long)(LISTING_MAX_BYTES >> 30));
	if (walk->listing.count >= DMS_PAGES_MAX)
		return error_set(error, ERROR_RESPONSE,
				 "the listing goes on after %d pages", DMS_PAGES_MAX);
	return 0;
}

/* The next page; @marker becomes what leads on, NULL at the end. */
static int walk_page(struct dms *dms, const struct dms_filters *filters,
		     struct walk *walk, const char **marker, struct error *error)
{
	struct page *page = NULL;
	int err = request_page(dms, filters, *marker, &page, &walk->bytes, error);

	if (err)
		return err;
	err = add_page(walk, page, error);
	if (err)
		return err;
	*marker = page_marker(page);
	if (!*marker)
		return 0;
	err = check_bounds(walk, error);
	return err ? err : add_marker(walk, *marker, error);
}

/* How the service says that nothing matches the filters. */
static bool is_empty_listing(const struct walk *walk, const struct error *error)
{
	return walk->listing.count == 0 && error->kind == ERROR_SERVICE &&
	       !strcmp(error->code, "ResourceNotFoundFault");
}

static int walk_pages(struct dms *dms, const struct dms_filters *filters,
		      const struct dms_progress *progress, struct walk *walk,
		      struct error *error)
{
	const char *marker = NULL;

	do {
		size_t number = walk->listing.count + 1;
		int err = walk_page(dms, filters, walk, &marker, error);

		if (err && is_empty_listing(walk, error))
			return 0;
		if (err) {
			if (number > 1 || error->kind == ERROR_RESPONSE)
				error_prefix(error, "page %zu: ", number);
			return err;
		}
		if (progress)
			progress->page(progress->data, number, walk->connections);
	} while (marker);
	return 0;
}

int dms_list(struct dms *dms, const struct dms_filters *filters,
	     const struct dms_progress *progress, struct listing *listing,
	     struct error *error)
{
	struct walk walk = {0};
	struct error unwanted;
	int err;

	if (!error)
		error = &unwanted;
	*error = (struct error){0};
	err = walk_pages(dms, filters, progress, &walk, error);
	tdestroy(walk.markers, keep_marker);
	if (err) {
		listing_fini(&walk.listing);
		return err;
	}
	*error = (struct error){0};
	*listing = walk.listing;
	return 0;
}
