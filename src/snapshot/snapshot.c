#include "src/snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "src/snapshot/snapshot_private.h"

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
	return snapshot;
}

struct snapshot_layout *snapshot_layout_new(void)
{
	struct snapshot_layout *layout = calloc(1, sizeof(*layout));

	if (layout)
		atomic_init(&layout->references, 1);
	return layout;
}

void snapshot_layout_unref(struct snapshot_layout *layout)
{
	if (!layout ||
	    atomic_fetch_sub_explicit(&layout->references, 1, memory_order_acq_rel) > 1)
		return;
	free(layout->slots);
	free(layout->by_identity);
	free(layout->directories);
	free(layout->renamed);
	arena_fini(&layout->names);
	free(layout);
}

void snapshot_unref(struct snapshot *snapshot)
{

	if (!snapshot || atomic_fetch_sub_explicit(&snapshot->references, 1,
						   memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; snapshot->pages && i < snapshot->layout->page_count; i++)
		page_unref(snapshot->pages[i]);
	free(snapshot->pages);
	snapshot_layout_unref(snapshot->layout);
	free(snapshot);
}

size_t snapshot_count(const struct snapshot *snapshot)
{
	return snapshot->layout->count;
}

size_t snapshot_instance_count(const struct snapshot *snapshot)
{
	return snapshot->layout->instance_count;
}

size_t snapshot_skipped(const struct snapshot *snapshot)
{
	return snapshot->layout->skipped;
}

const struct connection *snapshot_connection_at(const struct snapshot *snapshot,
						size_t index)
{
	const struct snapshot_slot *slot = &snapshot->layout->slots[index];

	return page_at(snapshot->pages[slot->page], slot->record);
}

static int compare_indices(const void *key, const void *element)
{
	const uint32_t *index = key;
	const struct snapshot_renamed *renamed = element;

	return (*index > renamed->index) - (*index < renamed->index);
}

static const struct snapshot_renamed *find_renamed(const struct snapshot_layout *layout,
						   size_t index)
{
	const uint32_t key = (uint32_t)index;

	return bsearch(&key, layout->renamed, layout->renamed_count,
		       sizeof(*layout->renamed), compare_indices);
}

struct snapshot_entry snapshot_at(const struct snapshot *snapshot, size_t index)
{
	const struct snapshot_layout *layout = snapshot->layout;
	const struct snapshot_slot *slot = &layout->slots[index];
	const struct snapshot_renamed *renamed = slot->is_renamed
							 ? find_renamed(layout, index)
							 : NULL;
	struct snapshot_entry entry = {
		.instance = layout->directories[slot->directory],
		.connection = page_at(snapshot->pages[slot->page], slot->record),
	};

	if (renamed) {
		entry.endpoint = renamed->endpoint;
		entry.link = renamed->link;
	}
	if (!entry.endpoint)
		entry.endpoint = connection_endpoint_text(entry.connection);
	return entry;
}

struct page **snapshot_pages(const struct snapshot *snapshot, size_t *count)
{
	*count = snapshot->layout->page_count;
	return snapshot->pages;
}

/* The index of the same connection; snapshot_count() if there is none. */
static size_t find_index(const struct snapshot *snapshot,
			 const struct connection *connection)
{
	size_t low = 0, high = snapshot_count(snapshot);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		size_t index = snapshot->layout->by_identity[middle];
		int order = connection_compare_identity(
			connection, snapshot_connection_at(snapshot, index));

		if (order == 0)
			return index;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return snapshot_count(snapshot);
}

const struct connection *snapshot_find_connection(const struct snapshot *snapshot,
						  const struct connection *connection)
{
	size_t index = find_index(snapshot, connection);

	return index < snapshot_count(snapshot)
		       ? snapshot_connection_at(snapshot, index)
		       : NULL;
}

bool snapshot_account(const struct snapshot *snapshot,
		      char account[CONNECTION_ACCOUNT_SIZE])
{
	account[0] = '\0';
	for (size_t i = 0; i < snapshot_count(snapshot); i++)
		if (connection_account(snapshot_connection_at(snapshot, i), account))
			return true;
	return false;
}

bool snapshot_find_entry(const struct snapshot *snapshot,
			 const struct connection *connection,
			 struct snapshot_entry *entry)
{
	size_t index = find_index(snapshot, connection);

	if (index == snapshot_count(snapshot))
		return false;
	*entry = snapshot_at(snapshot, index);
	return true;
}

bool snapshot_find_path(const struct snapshot *snapshot, const char *instance,
			const char *endpoint, struct snapshot_entry *entry)
{
	size_t low = 0, high = snapshot_count(snapshot);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order;

		*entry = snapshot_at(snapshot, middle);
		order = strcmp(instance, entry->instance);
		if (order == 0)
			order = strcmp(endpoint, entry->endpoint);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}
