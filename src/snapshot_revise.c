/*
 * The next snapshot from the last one, where the pages that changed tell of the same
 * connections under the same names: only the records move, and all else is shared.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot_private.h"

/* The names may be texts of pages that no snapshot shows any more. To keep those few,
 * a snapshot is built anew once more than one page in so many has changed. */
#define REVISED_SHARE 4

static int compare_changes(const void *a, const void *b)
{
	const struct page_change *left = a;
	const struct page_change *right = b;

	return (left->before > right->before) - (left->before < right->before);
}

static int compare_key(const void *key, const void *element)
{
	const struct page_change *change = element;

	return ((const struct page *)key > change->before) -
	       ((const struct page *)key < change->before);
}

static bool is_same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL ? strcmp(a, b) == 0 : a == b;
}

/* All fields that make names, or say which connection it is. */
static bool has_same_names(const struct connection *a, const struct connection *b)
{
	size_t i;

	for (i = CONNECTION_ENDPOINT_IDENTIFIER;
	     i <= CONNECTION_REPLICATION_INSTANCE_ARN; i++)
		if (!is_same_text(a->field[i], b->field[i]))
			return false;
	return true;
}

static bool is_alike(const struct page_change *change)
{
	size_t i;

	if (page_count(change->before) != page_count(change->after))
		return false;
	for (i = 0; i < page_count(change->before); i++)
		if (!has_same_names(page_at(change->before, i),
				    page_at(change->after, i)))
			return false;
	return true;
}

/* Fills the pages of @revised; @places gets those that changed, of all. */
static bool replace_pages(const struct snapshot *base,
			  const struct page_change *changes, size_t count,
			  struct snapshot *revised)
{
	const struct snapshot_frame *frame = base->frame;
	size_t i, foreign = 0;

	for (i = 0; i < frame->page_count; i++) {
		const struct page_change *change =
			count == 0 ? NULL
				   : bsearch(base->pages[i], changes, count,
					     sizeof(*changes), compare_key);
		struct page *page = change == NULL ? base->pages[i] : change->after;

		revised->pages[i] = page_ref(page);
		foreign += page != frame->pages[i];
	}
	return foreign * REVISED_SHARE <= frame->page_count;
}

static void replace_records(const struct snapshot *base, struct snapshot *revised)
{
	size_t i;

	for (i = 0; i < base->count; i++) {
		uint32_t page = base->frame->page_of[i];
		const struct connection **record = &revised->entries[i].connection;

		if (revised->pages[page] != base->pages[page])
			*record = page_at(
				revised->pages[page],
				(size_t)(*record - page_at(base->pages[page], 0)));
	}
}

static struct snapshot *copy(const struct snapshot *base)
{
	struct snapshot *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return NULL;
	atomic_init(&made->references, 1);
	atomic_fetch_add_explicit(&base->frame->references, 1, memory_order_relaxed);
	made->frame = base->frame;
	made->count = base->count;
	made->instance_count = base->instance_count;
	made->skipped = base->skipped;
	made->pages = calloc(base->frame->page_count + 1, sizeof(struct page *));
	made->entries = reallocarray(NULL, base->count + 1, sizeof(*made->entries));
	if (made->pages == NULL || made->entries == NULL) {
		snapshot_unref(made);
		return NULL;
	}
	memcpy(made->entries, base->entries, base->count * sizeof(*made->entries));
	return made;
}

int snapshot_revise(const struct snapshot *base, struct page_change *changes,
		    size_t count, struct snapshot **snapshot)
{
	struct snapshot *revised = NULL;
	size_t i;

	*snapshot = NULL;
	if (count * REVISED_SHARE > base->frame->page_count)
		return 0;
	for (i = 0; i < count; i++)
		if (!is_alike(&changes[i]))
			return 0;
	qsort(changes, count, sizeof(*changes), compare_changes);
	revised = copy(base);
	if (revised == NULL)
		return -ENOMEM;
	if (replace_pages(base, changes, count, revised)) {
		replace_records(base, revised);
		*snapshot = revised;
		revised = NULL;
	}
	snapshot_unref(revised);
	return 0;
}
