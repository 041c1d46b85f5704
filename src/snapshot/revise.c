/*
 * The next snapshot from the last one, where the pages that changed tell of the same
 * connections under the same names: the pages are others, and all else is shared.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/snapshot/snapshot_private.h"

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

static void replace_pages(const struct snapshot *base,
			  const struct page_change *changes, size_t count,
			  struct snapshot *revised)
{
	size_t i;

	for (i = 0; i < base->frame->page_count; i++) {
		struct page *page = base->pages[i];
		const struct page_change *change = NULL;

		if (count > 0)
			change = bsearch(page, changes, count, sizeof(*changes),
					 compare_key);
		revised->pages[i] = page_ref(change == NULL ? page : change->after);
	}
}

/* With no pages yet. */
static struct snapshot *new_revised(const struct snapshot *base)
{
	struct snapshot *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return NULL;
	made->pages = calloc(base->frame->page_count + 1, sizeof(struct page *));
	if (made->pages == NULL) {
		free(made);
		return NULL;
	}
	atomic_init(&made->references, 1);
	atomic_fetch_add_explicit(&base->frame->references, 1, memory_order_relaxed);
	made->frame = base->frame;
	return made;
}

int snapshot_revise(const struct snapshot *base, struct page_change *changes,
		    size_t count, struct snapshot **snapshot)
{
	size_t i;

	*snapshot = NULL;
	for (i = 0; i < count; i++)
		if (!is_alike(&changes[i]))
			return 0;
	*snapshot = new_revised(base);
	if (*snapshot == NULL)
		return -ENOMEM;
	qsort(changes, count, sizeof(*changes), compare_changes);
	replace_pages(base, changes, count, *snapshot);
	return 0;
}
