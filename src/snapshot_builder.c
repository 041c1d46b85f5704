#include <errno.h>
#include <stdlib.h>

#include "snapshot_private.h"
#include "string_sort.h"

struct snapshot_builder {
	struct snapshot_record *records; /* in the order they came */
	size_t count;
	size_t capacity;
	struct page **pages; /* one reference each */
	size_t page_count;
	size_t page_capacity;
	size_t skipped;	     /* in the pages added */
	size_t base_skipped; /* in the snapshot added */
	bool is_merge;
};

struct snapshot_builder *snapshot_builder_new(void)
{
	return calloc(1, sizeof(struct snapshot_builder));
}

void snapshot_builder_free(struct snapshot_builder *builder)
{
	size_t i;

	if (builder == NULL)
		return;
	for (i = 0; i < builder->page_count; i++)
		page_unref(builder->pages[i]);
	free(builder->pages);
	free(builder->records);
	free(builder);
}

/* Makes room for @more elements of @size behind the @count in @array. An index of
 * 32 bits, as the snapshot has them, bounds the whole. */
static int reserve(void **array, size_t *capacity, size_t size, size_t count,
		   size_t more)
{
	size_t wanted = *capacity < 64 ? 64 : *capacity;
	void *grown;

	if (more > UINT32_MAX - count)
		return -ENOMEM;
	if (count + more <= *capacity)
		return 0;
	while (wanted < count + more)
		wanted *= 2;
	grown = reallocarray(*array, wanted, size);
	if (grown == NULL)
		return -ENOMEM;
	*array = grown;
	*capacity = wanted;
	return 0;
}

static int reserve_records(struct snapshot_builder *builder, size_t more)
{
	void *records = builder->records;
	int result = reserve(&records, &builder->capacity, sizeof(*builder->records),
			     builder->count, more);

	builder->records = records;
	return result;
}

static int reserve_pages(struct snapshot_builder *builder, size_t more)
{
	void *pages = builder->pages;
	int result = reserve(&pages, &builder->page_capacity, sizeof(*builder->pages),
			     builder->page_count, more);

	builder->pages = pages;
	return result;
}

static void add_record(struct snapshot_builder *builder,
		       const struct connection *connection, size_t page)
{
	builder->records[builder->count++] = (struct snapshot_record){
		.connection = connection,
		.page = (uint32_t)page,
	};
}

static bool is_named(const struct connection *connection)
{
	return snapshot_instance_text(connection) != NULL &&
	       snapshot_endpoint_text(connection) != NULL;
}

int snapshot_builder_add_page(struct snapshot_builder *builder, struct page *page)
{
	size_t i, count = page_count(page);

	if (reserve_records(builder, count) != 0 || reserve_pages(builder, 1) != 0)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		const struct connection *connection = page_at(page, i);

		if (is_named(connection))
			add_record(builder, connection, builder->page_count);
		else
			builder->skipped++;
	}
	builder->pages[builder->page_count++] = page_ref(page);
	return 0;
}

int snapshot_builder_add_snapshot(
	struct snapshot_builder *builder, struct snapshot *snapshot,
	bool (*is_dropped)(void *data, const struct connection *), void *data)
{
	size_t i;

	if (reserve_records(builder, snapshot->count) != 0 ||
	    reserve_pages(builder, snapshot->frame->page_count) != 0)
		return -ENOMEM;
	for (i = 0; i < snapshot->count; i++) {
		const struct connection *connection = snapshot->entries[i].connection;

		if (is_dropped == NULL || !is_dropped(data, connection))
			add_record(builder, connection,
				   builder->page_count + snapshot->frame->page_of[i]);
	}
	for (i = 0; i < snapshot->frame->page_count; i++)
		builder->pages[builder->page_count++] = page_ref(snapshot->pages[i]);
	builder->is_merge = true;
	builder->base_skipped += snapshot->skipped;
	return 0;
}

/* Orders @keys, whose connections are equal in the parts before @part, by that
 * part and those behind it. Repeats of one connection are marked as repeats. */
static void sort_by_identity(const struct snapshot_builder *builder,
			     struct string_key *keys, size_t count,
			     enum connection_key_part part)
{
	size_t first, end;

	for (first = 0; first < count; first++)
		keys[first].text = connection_key(
			builder->records[keys[first].index].connection, part);
	string_sort(keys, count);
	if (part + 1 == CONNECTION_KEY_PARTS)
		return;
	for (first = 0; first < count; first = end) {
		end = string_run_end(keys, count, first);
		if (end - first > 1)
			sort_by_identity(builder, keys + first, end - first,
					 (enum connection_key_part)(part + 1));
	}
}

/* The record that came last among @count that repeat one connection. */
static uint32_t find_latest(const struct string_key *keys, size_t count)
{
	uint32_t latest = keys[0].index;
	size_t i;

	for (i = 1; i < count; i++)
		if (keys[i].index > latest)
			latest = keys[i].index;
	return latest;
}

/* Puts the records into the order of identity, each connection once. */
static int order_records(struct snapshot_builder *builder)
{
	struct string_key *keys = calloc(builder->count + 1, sizeof(*keys));
	struct snapshot_record *ordered = calloc(builder->count + 1, sizeof(*ordered));
	size_t first, end, count = 0;
	int result = -ENOMEM;

	if (keys == NULL || ordered == NULL)
		goto out;
	for (first = 0; first < builder->count; first++)
		keys[first].index = (uint32_t)first;
	sort_by_identity(builder, keys, builder->count, CONNECTION_KEY_ENDPOINT_ARN);
	for (first = 0; first < builder->count; first = end) {
		end = string_run_end(keys, builder->count, first);
		ordered[count++] =
			builder->records[find_latest(keys + first, end - first)];
	}
	free(builder->records);
	builder->records = ordered;
	builder->count = count;
	builder->capacity = builder->count;
	ordered = NULL;
	result = 0;
out:
	free(ordered);
	free(keys);
	return result;
}

/*
 * Hands the pages that hold a record of @snapshot over to it. The others stay with
 * the builder, and go with it: merged over and over, a snapshot would otherwise
 * hold every page that ever came.
 */
static int hand_over_pages(struct snapshot_builder *builder, struct snapshot *snapshot)
{
	struct snapshot_frame *frame = snapshot->frame;
	uint32_t *place = malloc((builder->page_count + 1) * sizeof(*place));
	size_t i;

	snapshot->pages = calloc(builder->page_count + 1, sizeof(struct page *));
	frame->pages = calloc(builder->page_count + 1, sizeof(struct page *));
	if (place == NULL || snapshot->pages == NULL || frame->pages == NULL) {
		free(place);
		return -ENOMEM;
	}
	for (i = 0; i < builder->page_count; i++)
		place[i] = UINT32_MAX;
	for (i = 0; i < snapshot->count; i++) {
		uint32_t page = frame->page_of[i];

		if (place[page] == UINT32_MAX) {
			place[page] = (uint32_t)frame->page_count;
			snapshot->pages[frame->page_count] = builder->pages[page];
			frame->pages[frame->page_count++] =
				page_ref(builder->pages[page]);
			builder->pages[page] = NULL;
		}
		frame->page_of[i] = place[page];
	}
	free(place);
	return 0;
}

static int allocate(struct snapshot *snapshot, size_t count)
{
	struct snapshot_frame *frame = snapshot_frame_new();

	snapshot->frame = frame;
	if (frame == NULL)
		return -ENOMEM;
	snapshot->entries = calloc(count + 1, sizeof(*snapshot->entries));
	frame->by_identity = calloc(count + 1, sizeof(*frame->by_identity));
	frame->page_of = calloc(count + 1, sizeof(*frame->page_of));
	if (snapshot->entries == NULL || frame->by_identity == NULL ||
	    frame->page_of == NULL)
		return -ENOMEM;
	return 0;
}

static int fill(struct snapshot_builder *builder, struct snapshot *snapshot)
{
	int result = order_records(builder);

	if (result == 0)
		result = allocate(snapshot, builder->count);
	if (result == 0)
		result = snapshot_set_paths(snapshot, builder->records, builder->count);
	if (result == 0)
		result = snapshot_set_links(snapshot);
	if (result == 0)
		result = hand_over_pages(builder, snapshot);
	return result;
}

int snapshot_builder_finish(struct snapshot_builder *builder,
			    struct snapshot **snapshot)
{
	struct snapshot *built = calloc(1, sizeof(*built));
	int result = -ENOMEM;

	*snapshot = NULL;
	if (built == NULL)
		goto out;
	atomic_init(&built->references, 1);
	built->skipped = builder->is_merge ? builder->base_skipped : builder->skipped;
	result = fill(builder, built);
	if (result == 0) {
		*snapshot = built;
		built = NULL;
	}
out:
	snapshot_unref(built);
	snapshot_builder_free(builder);
	return result;
}
