#include "src/dms/dms.h"

#include <errno.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/arena.h"
#include "src/dms/dms_private.h"
#include "src/dms/marker.h"
#include "src/dms/page_reader.h"
#include "src/dms/page_set.h"
#include "src/dms/request.h"

/* A bound on what one listing may be made of, in bytes of its answers. */
#define LISTING_MAX_BYTES (UINT64_C(4) * 1024 * 1024 * 1024)

#define SHARED_SLACK_BYTES ((size_t)64 * 1024)

/* A listing under way. */
struct walk {
	const struct dms_filters *filters;
	const struct dms_progress *progress; /* or NULL */
	struct listing listing;
	size_t capacity;    /* of listing.pages */
	size_t connections; /* so far */
	size_t asked;	    /* pages, of which some are still being read */
	uint64_t bytes;	    /* so far */
	struct arena texts; /* of the markers */
	void *markers;	    /* tsearch(3) tree of those seen */
	struct page_set known;
	struct page_reader *reader;
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
	if (!dms)
		return;
	shared_texts_unref(dms->shared);
	free(dms);
}

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
	if (walk->progress)
		walk->progress->page(walk->progress->data, listing->count,
				     walk->connections);
	return 0;
}

/* An error of the first page speaks for itself, if the service does. */
static int blame(size_t number, int err, struct error *error)
{
	if (number > 1 || error->kind == ERROR_RESPONSE)
		error_prefix(error, "page %zu: ", number);
	return err;
}

/* Those that are read; all of them, if @is_all, and one where they are too many. */
static int take_pages(struct walk *walk, bool is_all, struct error *error)
{
	struct page_reader *reader = walk->reader;
	int err = 0;

	while (!err && page_reader_left(reader) > 0 &&
	       (is_all || page_reader_is_full(reader) ||
		page_reader_has_page(reader))) {
		struct page *page = NULL;

		err = page_reader_take(reader, &page, error);
		if (!err)
			err = add_page(walk, page, error);
		if (err)
			blame(walk->listing.count + 1, err, error);
	}
	return err;
}

/* Keeps a copy of the marker that is next, in @kept. One that comes again would lead
 * round in circles. */
static int add_marker(struct walk *walk, const char *marker, size_t len,
		      const char **kept, struct error *error)
{
	const char *copy = arena_copy(&walk->texts, marker, len);
	const char *const *found = NULL;

	if (copy)
		found = tsearch(copy, &walk->markers, compare_markers);
	if (!found)
		return error_set(error, ERROR_MEMORY, "no memory for a marker");
	if (*found != copy)
		return error_set(error, ERROR_RESPONSE,
				 "the service repeats the marker \"%s\" of an earlier "
				 "page",
				 copy);
	*kept = copy;
	return 0;
}

static int check_bounds(const struct walk *walk, struct error *error)
{
	if (walk->bytes > LISTING_MAX_BYTES)
		return error_set(error, ERROR_RESPONSE,
				 "the listing is larger than %llu GiB",
				 (unsigned long long)(LISTING_MAX_BYTES >> 30));
	if (walk->asked >= DMS_PAGES_MAX)
		return error_set(error, ERROR_RESPONSE,
				 "the listing goes on after %d pages", DMS_PAGES_MAX);
	return 0;
}

/* To the page that @marker names, which may be none. */
static int lead_on(struct walk *walk, const char *marker, size_t len, const char **next,
		   struct error *error)
{
	int err = check_bounds(walk, error);

	if (!err)
		err = add_marker(walk, marker, len, next, error);
	return err ? blame(walk->asked, err, error) : 0;
}

/* Where an answer shows its marker at once, it is read while the next one comes. */
static int take_answer(struct walk *walk, struct http_response *answer,
		       const char **next, struct error *error)
{
	const char *marker = NULL;
	size_t len = marker_find(answer->body, answer->body_len, &marker);
	int err = 0;

	*next = NULL;
	if (len > 0) {
		err = lead_on(walk, marker, len, next, error);
		page_reader_add(walk->reader, answer, *next);
		if (err)
			return err;
		page_reader_start(walk->reader);
		return take_pages(walk, false, error);
	}
	page_reader_add(walk->reader, answer, NULL);
	err = take_pages(walk, true, error);
	if (err)
		return err;
	marker = page_marker(walk->listing.pages[walk->listing.count - 1]);
	return marker ? lead_on(walk, marker, strlen(marker), next, error) : 0;
}

/* How the service says that nothing matches the filters. */
static bool is_empty_listing(const struct walk *walk, const struct error *error)
{
	return walk->asked == 0 && error->kind == ERROR_SERVICE &&
	       !strcmp(error->code, "ResourceNotFoundFault");
}

static int walk_pages(struct dms *dms, struct walk *walk, struct error *error)
{
	const char *marker = NULL;

	do {
		struct http_response answer = {0};
		const struct dms_call call = {DMS_CONNECTIONS, walk->filters, marker};
		int err = dms_ask(dms, &call, &answer, &walk->bytes, error);

		if (err && is_empty_listing(walk, error))
			return 0;
		if (err)
			return blame(walk->asked + 1, err, error);
		walk->asked++;
		err = take_answer(walk, &answer, &marker, error);
		if (err)
			return err;
	} while (marker);
	return 0;
}

/* Texts that no page has any more stay with those that some have: so they are gathered
 * anew once there are many more than one listing had. */
static int prepare_shared(struct dms *dms)
{
	if (dms->shared && shared_texts_bytes(dms->shared) >
				   2 * dms->shared_bytes + SHARED_SLACK_BYTES) {
		shared_texts_unref(dms->shared);
		dms->shared = NULL;
	}
	if (dms->shared)
		return 0;
	dms->shared_bytes = 0;
	dms->shared = shared_texts_new();
	return dms->shared ? 0 : -ENOMEM;
}

static void note_shared(struct dms *dms)
{
	if (dms->shared_bytes == 0)
		dms->shared_bytes = shared_texts_bytes(dms->shared);
}

static int walk_init(struct dms *dms, struct walk *walk, const struct listing *known,
		     struct error *error)
{
	int err = prepare_shared(dms);

	if (!err && known)
		err = page_set_init(&walk->known, known->pages, known->count);
	if (!err)
		walk->reader = page_reader_new(&walk->known, dms->shared);
	return walk->reader ? 0
			    : error_set(error, ERROR_MEMORY, "no memory for a listing");
}

static void walk_fini(struct walk *walk)
{
	page_reader_free(walk->reader);
	page_set_fini(&walk->known);
	tdestroy(walk->markers, keep_marker);
	arena_fini(&walk->texts);
	listing_fini(&walk->listing);
}

int dms_list(struct dms *dms, const struct dms_filters *filters,
	     const struct listing *known, const struct dms_progress *progress,
	     struct listing *listing, struct error *error)
{
	struct walk walk = {.filters = filters, .progress = progress};
	struct error unwanted;
	int err;

	if (!error)
		error = &unwanted;
	*error = (struct error){0};
	err = walk_init(dms, &walk, known, error);
	if (!err)
		err = walk_pages(dms, &walk, error);
	if (!err) {
		*error = (struct error){0};
		*listing = walk.listing;
		walk.listing = (struct listing){0};
		note_shared(dms);
	}
	walk_fini(&walk);
	return err;
}
