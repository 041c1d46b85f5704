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

/* The codes by which AWS refuses credentials, whoever they are from. The last two may
 * mean a file that was read when only half of it had been edited. */
static bool is_credentials_code(const char *code)
{
	static const char *const codes[] = {
		"ExpiredToken",
		"ExpiredTokenException",
		"InvalidAccessKeyId",
		"InvalidClientTokenId",
		"InvalidToken",
		"UnrecognizedClientException",
		"InvalidSignatureException",
		"SignatureDoesNotMatch",
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(code, codes[i]))
			return true;
	return false;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same_key(const struct credentials *a, const struct credentials *b)
{
	return is_same(a->access_key_id, b->access_key_id) &&
	       is_same(a->secret_access_key, b->secret_access_key) &&
	       is_same(a->session_token, b->session_token);
}

/* One page, asked for. */
struct question {
	const struct dms_options *options;
	const struct dms_filters *filters;
	const char *marker;
	struct credentials credentials; /* owned */
	struct page *page;		/* the answer */
	uint64_t bytes;			/* of all answers */
};

static int attempt(void *data, int64_t now_s, struct http_response *response,
		   struct error *error)
{
	struct question *question = data;
	int err = dms_request_send(question->options, question->filters,
				   question->marker, &question->credentials, now_s,
				   response, error);

	if (err)
		return err;
	question->bytes += response->body_len;
	return dms_response_read(response, &question->page, error);
}

static int ask(struct question *question, struct error *error)
{
	const struct retry_request request = {.data = question, .attempt = attempt};

	return retry_send(question->options->client, &request, error);
}

/*
 * Takes credentials anew from where they came from. False if there are none but
 * those that were refused; @error then says why, if that is not what it says already.
 */
static bool renew_credentials(struct question *question, struct error *error)
{
	struct credentials_chain *chain = question->options->chain;
	struct credentials fresh = {0};
	struct error reason = {0};
	bool is_new;

	credentials_chain_invalidate(chain);
	if (credentials_chain_get(chain, &fresh, &reason)) {
		*error = reason;
		error_prefix(error,
			     "the service refused the credentials of %s, and there are "
			     "no new ones: ",
			     question->credentials.source);
		return false;
	}
	is_new = !is_same_key(&fresh, &question->credentials);
	if (is_new) {
		credentials_fini(&question->credentials);
		question->credentials = fresh;
	} else {
		credentials_fini(&fresh);
	}
	return is_new;
}

/* The page is the caller's to release. */
static int request_page(struct dms *dms, const struct dms_filters *filters,
			const char *marker, struct page **page, uint64_t *bytes,
			struct error *error)
{
	struct question question = {
		.options = &dms->options, .filters = filters, .marker = marker};
	int err = credentials_chain_get(dms->options.chain, &question.credentials,
					error);

	if (err)
		return err;
	err = ask(&question, error);
	if (err && is_credentials_code(error->code)) {
		if (renew_credentials(&question, error))
			err = ask(&question, error);
		else
			err = error_result(error);
	}
	credentials_fini(&question.credentials);
	*page = question.page;
	*bytes += question.bytes;
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
