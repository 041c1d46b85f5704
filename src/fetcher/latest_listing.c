#include "src/fetcher/latest_listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The pages that are others than before, in a listing of as many. */
struct difference {
	struct page_change *changes; /* owned */
	size_t count;
};

void latest_listing_fini(struct latest_listing *latest)
{
	listing_fini(&latest->listing);
	snapshot_unref(latest->snapshot);
	latest->snapshot = NULL;
}

static bool is_same_page(const struct page *a, const struct page *b)
{
	if (page_count(a) != page_count(b))
		return false;
	for (size_t i = 0; i < page_count(a); i++)
		if (!connection_equal(page_at(a, i), page_at(b, i)))
			return false;
	return true;
}

static bool has_same_marker(const struct page *a, const struct page *b)
{
	const char *left = page_marker(a);
	const char *right = page_marker(b);

	return left && right ? strcmp(left, right) == 0 : left == right;
}

/* Other bytes may tell the same, as where a service orders members by chance, or makes
 * another marker each time: the page that there is stays. It is found by those bytes
 * from now on, if it leads on to the same page. */
static void keep_page(struct page *known, struct page **page)
{
	if (known == *page || !is_same_page(known, *page))
		return;
	if (page_digest(*page) && has_same_marker(known, *page))
		page_set_digest(known, page_digest(*page));
	page_unref(*page);
	*page = page_ref(known);
}

static int find_difference(const struct listing *before, const struct listing *after,
			   struct difference *difference)
{
	difference->changes = calloc(after->count + 1, sizeof(*difference->changes));
	if (!difference->changes)
		return -ENOMEM;
	for (size_t i = 0; i < after->count; i++) {
		keep_page(before->pages[i], &after->pages[i]);
		if (before->pages[i] != after->pages[i])
			difference->changes[difference->count++] = (struct page_change){
				.before = before->pages[i], .after = after->pages[i]};
	}
	return 0;
}

static int compare_pointers(const void *a, const void *b)
{
	const struct page *const *left = a;
	const struct page *const *right = b;

	return (*left > *right) - (*left < *right);
}

/* A page that came twice is one, and which of the two changed could not be told. */
static int has_repeats(const struct listing *listing, bool *is_so)
{
	struct page **sorted = calloc(listing->count + 1, sizeof(*sorted));

	*is_so = false;
	if (!sorted)
		return -ENOMEM;
	if (listing->count > 0)
		memcpy(sorted, listing->pages, listing->count * sizeof(*sorted));
	qsort(sorted, listing->count, sizeof(*sorted), compare_pointers);
	for (size_t i = 1; i < listing->count && !*is_so; i++)
		*is_so = sorted[i] == sorted[i - 1];
	free(sorted);
	return 0;
}

static int build(const struct listing *listing, struct snapshot **snapshot)
{
	struct snapshot_builder *builder = snapshot_builder_new();
	int err = builder ? 0 : -ENOMEM;

	for (size_t i = 0; i < listing->count && !err; i++)
		err = snapshot_builder_add_page(builder, listing->pages[i]);
	if (!err)
		return snapshot_builder_finish(builder, snapshot);
	snapshot_builder_free(builder);
	return err;
}

static int revise(const struct latest_listing *latest, const struct listing *listing,
		  struct snapshot **snapshot)
{
	struct difference difference = {0};
	bool has_repeated = false;
	int err = 0;

	if (!latest->snapshot || latest->listing.count != listing->count)
		return 0;
	err = find_difference(&latest->listing, listing, &difference);
	if (!err && difference.count == 0)
		*snapshot = snapshot_ref(latest->snapshot);
	else if (!err)
		err = has_repeats(&latest->listing, &has_repeated);
	if (!err && !*snapshot && !has_repeated)
		err = snapshot_revise(latest->snapshot, difference.changes,
				      difference.count, snapshot);
	free(difference.changes);
	return err;
}

int latest_listing_take(struct latest_listing *latest, struct listing *listing)
{
	struct snapshot *snapshot = NULL;
	int err = revise(latest, listing, &snapshot);

	if (!err && !snapshot)
		err = build(listing, &snapshot);
	latest_listing_fini(latest);
	if (err) {
		listing_fini(listing);
		return err;
	}
	*latest = (struct latest_listing){.listing = *listing, .snapshot = snapshot};
	*listing = (struct listing){0};
	return 0;
}
