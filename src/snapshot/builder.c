#include <errno.h>
#include <stdlib.h>

#include "src/base/string_sort.h"
#include "src/snapshot/snapshot_private.h"

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

static void add_record(struct snapshot_builder *builder, struct page *page,
		       size_t page_number, size_t number)
{
	builder->records[builder->count++] = (struct snapshot_record){
		.connection = page_at(page, number),
		.page = (uint32_t)page_number,
		.number = (uint32_t)number,
	};
}

static bool is_named(const struct connection *connection)
{
	return connection_instance_text(connection) != NULL &&
	       connection_endpoint_text(connection) != NULL;
}

int snapshot_builder_add_page(struct snapshot_builder *builder, struct page *page)
{
	size_t i, count = page_count(page);

	if (reserve_records(builder, count) != 0 || reserve_pages(builder, 1) != 0)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		if (is_named(page_at(page, i)))
			add_record(builder, page, builder->page_count, i);
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
	const struct snapshot_frame *frame = snapshot->frame;
	size_t i;

	if (reserve_records(builder, frame->count) != 0 ||
	    reserve_pages(builder, frame->page_count) != 0)
		return -ENOMEM;
	for (i = 0; i < frame->count; i++) {
		const struct snapshot_place *place = &frame->places[i];

		if (is_dropped == NULL ||
		    !is_dropped(data, snapshot_connection_at(snapshot, i)))
			add_record(builder, snapshot->pages[place->page],
				   builder->page_count + place->page, place->record);
	}
	for (i = 0; i < frame->page_count; i++)
		builder->pages[builder->page_count++] = page_ref(snapshot->pages[i]);
	builder->is_merge = true;
	builder->base_skipped += frame->skipped;
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

/* Where each of the builder's pages, by its number, stands in the snapshot. */
static size_t number_pages(struct snapshot_frame *frame, uint32_t *number,
			   size_t page_count)
{
	size_t i, count = 0;

	for (i = 0; i < page_count; i++)
		number[i] = UINT32_MAX;
	for (i = 0; i < frame->count; i++) {
		struct snapshot_place *place = &frame->places[i];

		if (number[place->page] == UINT32_MAX)
			number[place->page] = (uint32_t)count++;
		place->page = number[place->page];
	}
	return count;
}

/*
 * Hands the pages that hold a record of @snapshot over to it. The others stay with
 * the builder, and go with it: merged over and over, a snapshot would otherwise
 * hold every page that ever came.
 */
static int hand_over_pages(struct snapshot_builder *builder, struct snapshot *snapshot)
{
	uint32_t *number = malloc((builder->page_count + 1) * sizeof(*number));
	size_t i, count;

	if (number == NULL)
		return -ENOMEM;
	count = number_pages(snapshot->frame, number, builder->page_count);
	snapshot->pages = calloc(count + 1, sizeof(struct page *));
	for (i = 0; snapshot->pages != NULL && i < builder->page_count; i++) {
		if (number[i] == UINT32_MAX)
			continue;
		snapshot->pages[number[i]] = builder->pages[i];
		builder->pages[i] = NULL;
	}
	free(number);
	if (snapshot->pages == NULL)
		return -ENOMEM;
	snapshot->frame->page_count = count;
	return 0;
}

static int fill(struct snapshot_builder *builder, struct snapshot *snapshot)
{
	int result = order_records(builder);

	if (result == 0)
		result = snapshot_set_paths(snapshot->frame, builder->records,
					    builder->count);
	if (result == 0)
		result = hand_over_pages(builder, snapshot);
	if (result == 0)
		result = snapshot_set_links(snapshot);
	if (result == 0)
		result = snapshot_count_instances(snapshot);
	return result;
}

static struct snapshot *new_snapshot(void)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (snapshot == NULL)
		return NULL;
	atomic_init(&snapshot->references, 1);
	snapshot->frame = snapshot_frame_new();
	if (snapshot->frame != NULL)
		return snapshot;
	free(snapshot);
	return NULL;
}

int snapshot_builder_finish(struct snapshot_builder *builder,
			    struct snapshot **snapshot)
{
	struct snapshot *built = new_snapshot();
	int result = -ENOMEM;

	*snapshot = NULL;
	if (built == NULL)
		goto out;
	built->frame->skipped = builder->is_merge ? builder->base_skipped
						  : builder->skipped;
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
