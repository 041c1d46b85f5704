#include "src/snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "src/snapshot/snapshot_private.h"

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
	return snapshot;
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
	free(frame->places);
	free(frame->by_identity);
	free(frame->directories);
	free(frame->given);
	arena_fini(&frame->names);
	free(frame);
}

void snapshot_unref(struct snapshot *snapshot)
{
	size_t i;

	if (snapshot == NULL || atomic_fetch_sub_explicit(&snapshot->references, 1,
							  memory_order_acq_rel) > 1)
		return;
	for (i = 0; snapshot->pages != NULL && i < snapshot->frame->page_count; i++)
		page_unref(snapshot->pages[i]);
	free(snapshot->pages);
	snapshot_frame_unref(snapshot->frame);
	free(snapshot);
}

size_t snapshot_count(const struct snapshot *snapshot)
{
	return snapshot->frame->count;
}

size_t snapshot_instance_count(const struct snapshot *snapshot)
{
	return snapshot->frame->instance_count;
}

size_t snapshot_skipped(const struct snapshot *snapshot)
{
	return snapshot->frame->skipped;
}

const struct connection *snapshot_connection_at(const struct snapshot *snapshot,
						size_t index)
{
	const struct snapshot_place *place = &snapshot->frame->places[index];

	return page_at(snapshot->pages[place->page], place->record);
}

static int compare_indices(const void *key, const void *element)
{
	const uint32_t *index = key;
	const struct snapshot_given *given = element;

	return (*index > given->index) - (*index < given->index);
}

static const struct snapshot_given *find_given(const struct snapshot_frame *frame,
					       size_t index)
{
	const uint32_t key = (uint32_t)index;

	return bsearch(&key, frame->given, frame->given_count, sizeof(*frame->given),
		       compare_indices);
}

struct snapshot_entry snapshot_at(const struct snapshot *snapshot, size_t index)
{
	const struct snapshot_frame *frame = snapshot->frame;
	const struct snapshot_place *place = &frame->places[index];
	const struct snapshot_given *given = place->has_given ? find_given(frame, index)
							      : NULL;
	struct snapshot_entry entry = {
		.instance = frame->directories[place->directory],
		.connection = page_at(snapshot->pages[place->page], place->record),
	};

	if (given != NULL) {
		entry.endpoint = given->endpoint;
		entry.link = given->link;
	}
	if (entry.endpoint == NULL)
		entry.endpoint = connection_endpoint_text(entry.connection);
	return entry;
}

static int compare_paths(const char *instance, const char *endpoint,
			 const struct snapshot_entry *entry)
{
	int order = strcmp(instance, entry->instance);

	return order != 0 ? order : strcmp(endpoint, entry->endpoint);
}

bool snapshot_find(const struct snapshot *snapshot, const char *instance,
		   const char *endpoint, struct snapshot_entry *entry)
{
	size_t low = 0, high = snapshot_count(snapshot);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order;

		*entry = snapshot_at(snapshot, middle);
		order = compare_paths(instance, endpoint, entry);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

const struct connection *snapshot_find_connection(const struct snapshot *snapshot,
						  const struct connection *connection)
{
	size_t low = 0, high = snapshot_count(snapshot);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct connection *found = snapshot_connection_at(
			snapshot, snapshot->frame->by_identity[middle]);
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
