#include "src/dms/pager.h"

#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/dms/request.h"

/* All pages together. */
#define BYTES_MAX (UINT64_C(4) * 1024 * 1024 * 1024)

struct walk {
	const struct dms *dms;
	const struct pager *pager;
	size_t pages;
	uint64_t bytes;
	void *markers; /* tsearch(3) tree of those seen, which it owns */
};

static int compare_markers(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* An error of the first page is that of the call, if it is the service's. */
static int name_page(size_t number, int r, struct error *error)
{
	if (number > 1 || error->kind == ERROR_RESPONSE)
		error_prefix(error, "page %zu: ", number);
	return r;
}

/* Takes @marker if that goes well. One that comes again would lead round in circles. */
static int add_marker(struct walk *walk, char *marker, struct error *error)
{
	char *const *found = tsearch(marker, &walk->markers, compare_markers);

	if (found && *found == marker)
		return 0;
	if (found)
		return error_set(
			error, ERROR_RESPONSE,
			"the service repeats the marker \"%s\" of an earlier page",
			marker);
	return error_set(error, ERROR_MEMORY, "no memory for a marker");
}

static bool is_late(const struct dms *dms)
{
	const struct clock *clock = &dms->client->skew.clock;

	return dms->deadline_ns > 0 &&
	       clock->boottime_ns(clock->data) >= dms->deadline_ns;
}

static int check_bounds(const struct walk *walk, struct error *error)
{
	if (walk->bytes > BYTES_MAX)
		return error_set(error, ERROR_RESPONSE,
				 "the listing is larger than %llu GiB",
				 (unsigned long long)(BYTES_MAX >> 30));
	if (is_late(walk->dms))
		return error_set(error, ERROR_TIMEOUT,
				 "the listing takes too long and has no end yet");
	if (walk->pages >= PAGER_PAGES_MAX)
		return error_set(error, ERROR_RESPONSE,
				 "the listing continues after %d pages",
				 PAGER_PAGES_MAX);
	return 0;
}

/* The page that @marker leads to; *@next is then the one that it ends with. */
static int walk_page(struct walk *walk, const char *marker, char **next,
		     struct error *error)
{
	const struct pager *pager = walk->pager;
	const struct dms_call call = {.action = pager->action,
				      .filters = pager->filters,
				      .filter_count = pager->filter_count,
				      .marker = marker,
				      .idle = pager->idle,
				      .idle_data = pager->data};
	struct http_response response = {.status = 0};
	int r = dms_ask(walk->dms, &call, &response, &walk->bytes, error);

	*next = NULL;
	walk->pages++;
	if (r == 0)
		r = pager->page(pager->data, &response, next, error);
	http_response_fini(&response);
	if (r == 0 && *next)
		r = check_bounds(walk, error);
	if (r == 0 && *next)
		r = add_marker(walk, *next, error);
	if (r < 0) {
		free(*next);
		*next = NULL;
	}
	return r;
}

int pager_walk(const struct dms *dms, const struct pager *pager, struct error *error)
{
	struct walk walk = {.dms = dms, .pager = pager};
	char *marker = NULL;
	int r = 0;

	do {
		r = walk_page(&walk, marker, &marker, error);
	} while (r == 0 && marker);
	if (r < 0)
		name_page(walk.pages, r, error);
	tdestroy(walk.markers, free);
	return r;
}
