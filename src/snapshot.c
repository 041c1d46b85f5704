#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "snapshot_private.h"

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
	return snapshot;
}

static void unref_pages(struct page **pages, size_t count)
{
	size_t i;

	for (i = 0; pages != NULL && i < count; i++)
		page_unref(pages[i]);
	free(pages);
}

struct snapshot_frame *snapshot_frame_new(void)
{
	struct snapshot_frame *frame = calloc(1, sizeof(*frame));

	if (frame != NULL)
		atomic_init(&frame->references, 1);
	return frame;
}

void snapshot_frame_unref(struct snapshot_frame *frame)
{
	if (frame == NULL ||
	    atomic_fetch_sub_explicit(&frame->references, 1, memory_order_acq_rel) > 1)
		return;
	unref_pages(frame->pages, frame->page_count);
	free(frame->by_identity);
	free(frame->page_of);
	arena_fini(&frame->names);
	free(frame);
}

void snapshot_unref(struct snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	if (atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) >
	    1)
		return;
	if (snapshot->frame != NULL)
		unref_pages(snapshot->pages, snapshot->frame->page_count);
	free(snapshot->entries);
	snapshot_frame_unref(snapshot->frame);
	free(snapshot);
}

size_t snapshot_count(const struct snapshot *snapshot)
{
	return snapshot->count;
}

size_t snapshot_instance_count(const struct snapshot *snapshot)
{
	return snapshot->instance_count;
}

size_t snapshot_skipped(const struct snapshot *snapshot)
{
	return snapshot->skipped;
}

const struct snapshot_entry *snapshot_at(const struct snapshot *snapshot, size_t index)
{
	return &snapshot->entries[index];
}

static int compare_paths(const void *key, const void *element)
{
	const struct snapshot_entry *path = key;
	const struct snapshot_entry *entry = element;
	int order = strcmp(path->instance, entry->instance);

	return order != 0 ? order : strcmp(path->endpoint, entry->endpoint);
}

const struct snapshot_entry *snapshot_find(const struct snapshot *snapshot,
					   const char *instance, const char *endpoint)
{
	struct snapshot_entry path = {.instance = instance, .endpoint = endpoint};

	if (snapshot->count == 0)
		return NULL;
	return bsearch(&path, snapshot->entries, snapshot->count, sizeof(path),
		       compare_paths);
}

const struct connection *snapshot_find_connection(const struct snapshot *snapshot,
						  const struct connection *connection)
{
	size_t low = 0, high = snapshot->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct connection *found =
			snapshot->entries[snapshot->frame->by_identity[middle]]
				.connection;
		int order = connection_compare_identity(connection, found);

		if (order == 0)
			return found;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
