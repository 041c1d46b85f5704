#include "src/dms/list_connections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/dms/page_scan.h"
#include "src/dms/pager.h"
#include "src/dms/request.h"
#include "src/dms/shared_texts.h"

struct list {
	const struct dms_progress *progress; /* or NULL */
	/* Pages of an earlier listing by the bytes that they were parsed from; owned,
	 * the pages borrowed. */
	struct page **known;
	size_t known_count;
	/* Of the pages that are parsed, from the second on; or NULL. */
	struct shared_texts *shared;
	size_t parsed;
	size_t connections; /* so far */
	struct listing listing;
	/* A page that is good, and to be stored while the next one is awaited. */
	struct page_scan *scanned;     /* owned; NULL: there is none */
	struct http_response response; /* owned; of it */
	bool is_out_of_memory;
};

static int compare_digests(const struct page_digest *a, const struct page_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare_pages(const void *a, const void *b)
{
	const struct page *const *left = a;
	const struct page *const *right = b;

	return compare_digests(page_digest(*left), page_digest(*right));
}

static int compare_with_page(const void *digest, const void *element)
{
	const struct page *const *page = element;

	return compare_digests(digest, page_digest(*page));
}

static int sort_known(struct list *list, const struct listing *known)
{
	list->known = calloc(known->count + 1, sizeof(struct page *));
	if (!list->known)
		return -ENOMEM;
	for (size_t i = 0; i < known->count; i++)
		if (page_digest(known->pages[i]))
			list->known[list->known_count++] = known->pages[i];
	qsort(list->known, list->known_count, sizeof(struct page *), compare_pages);
	return 0;
}

static struct page *find_known(const struct list *list,
			       const struct page_digest *digest)
{
	struct page **found = NULL;

	if (list->known_count > 0)
		found = bsearch(digest, list->known, list->known_count,
				sizeof(struct page *), compare_with_page);
	return found ? page_ref(*found) : NULL;
}

static void add_page(struct list *list, struct page *page)
{
	list->connections += page_count(page);
	if (listing_add(&list->listing, page) < 0)
		list->is_out_of_memory = true;
	else if (list->progress)
		list->progress->page(list->progress->data, list->listing.count,
				     list->connections);
}

/* Texts are shared from the second page on. */
static struct shared_texts *shared_for_page(struct list *list)
{
	if (list->parsed++ == 1)
		list->shared = shared_texts_new();
	return list->shared;
}

/* What is left to do once a page is known to be good takes as long as the service may
 * need for the next one. */
static void store_page(void *data)
{
	struct list *list = data;
	struct page *page = NULL;
	struct page_digest digest;

	if (!list->scanned)
		return;
	if (page_scan_store(list->scanned, shared_for_page(list), &page) < 0) {
		list->is_out_of_memory = true;
	} else {
		if (page_digest_of(list->response.body, list->response.body_len,
				   &digest) == 0)
			page_set_digest(page, &digest);
		add_page(list, page);
	}
	page_scan_free(list->scanned);
	list->scanned = NULL;
	http_response_fini(&list->response);
}

/* False: it has to be read at once. One that may be known is not parsed at all. */
static bool put_off(struct list *list, struct http_response *response)
{
	if (list->known_count > 0)
		return false;
	list->scanned = page_scan_new(response->body, response->body_len);
	if (!list->scanned)
		return false;
	list->response = *response;
	*response = (struct http_response){.body = NULL};
	return true;
}

static int read_page(struct list *list, const struct http_response *response,
		     struct page **page, struct error *error)
{
	struct page_digest digest;
	const bool has_digest = page_digest_of(response->body, response->body_len,
					       &digest) == 0;
	int r = 0;

	*page = has_digest ? find_known(list, &digest) : NULL;
	if (*page)
		return 0;
	r = dms_response_read(response, shared_for_page(list), page, error);
	if (r == 0 && has_digest)
		page_set_digest(*page, &digest);
	return r;
}

static bool is_enough(struct list *list)
{
	const struct dms_progress *progress = list->progress;

	if (!progress || !progress->is_enough || !progress->is_counted(progress->data))
		return false;
	store_page(list);
	return !list->is_out_of_memory &&
	       progress->is_enough(progress->data, &list->listing);
}

/* @marker is that of the page, or NULL. */
static int take_marker(struct list *list, const char *marker, char **next)
{
	if (!marker)
		return 0;
	*next = strdup(marker);
	if (!*next)
		return -ENOMEM;
	if (is_enough(list)) {
		free(*next);
		*next = NULL;
	}
	return 0;
}

static int fail_for_memory(struct error *error)
{
	return error_set(error, ERROR_MEMORY, "no memory for a page");
}

static int take_page(void *data, struct http_response *response, char **marker,
		     struct error *error)
{
	struct list *list = data;
	struct page *page = NULL;
	const char *next = NULL;
	int r = 0;

	store_page(list);
	if (put_off(list, response)) {
		next = page_scan_marker(list->scanned);
	} else {
		r = read_page(list, response, &page, error);
		if (r < 0)
			return r;
		next = page_marker(page);
		add_page(list, page);
	}
	if (list->is_out_of_memory || take_marker(list, next, marker) < 0)
		return fail_for_memory(error);
	return 0;
}

/* The service says so when nothing matches the filters. */
static bool is_empty_listing(const struct list *list, const struct error *error)
{
	return list->listing.count == 0 && error->kind == ERROR_SERVICE &&
	       !strcmp(error->code, "ResourceNotFoundFault");
}

int dms_list_connections(const struct dms *dms, const struct dms_filters *filters,
			 const struct listing *known,
			 const struct dms_progress *progress, struct listing *listing,
			 struct error *error)
{
	const struct dms_filters given =
		filters ? *filters : (struct dms_filters){.endpoint_arns = NULL};
	const struct dms_filter both[] = {
		{"endpoint-arn", given.endpoint_arns, given.endpoint_arn_count},
		{"replication-instance-arn", given.replication_instance_arns,
		 given.replication_instance_arn_count},
	};
	struct list list = {.progress = progress};
	const struct pager pager = {.action = DMS_CONNECTIONS,
				    .filters = both,
				    .filter_count = sizeof(both) / sizeof(*both),
				    .page = take_page,
				    .idle = store_page,
				    .data = &list};
	int r = known ? sort_known(&list, known) : 0;

	if (r < 0)
		r = error_set(error, ERROR_MEMORY, "no memory for a listing");
	if (r == 0)
		r = pager_walk(dms, &pager, error);
	store_page(&list);
	if (r == 0 && list.is_out_of_memory)
		r = fail_for_memory(error);
	if (r < 0 && is_empty_listing(&list, error))
		r = 0;
	if (r == 0) {
		*error = (struct error){.kind = ERROR_NONE};
		*listing = list.listing;
	} else {
		listing_fini(&list.listing);
	}
	if (list.shared)
		shared_texts_close(list.shared);
	shared_texts_unref(list.shared);
	free(list.known);
	return r;
}
