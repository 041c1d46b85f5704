#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/strings.h"
#include "src/snapshot/snapshot.h"
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

	if (!builder)
		return;
	for (size_t i = 0; i < builder->page_count; i++)
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
	if (*array && count + more <= *capacity)
		return 0;
	while (wanted < count + more)
		wanted *= 2;
	grown = reallocarray(*array, wanted, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*capacity = wanted;
	return 0;
}

static int reserve_records(struct snapshot_builder *builder, size_t more)
{
	void *records = builder->records;
	int r = reserve(&records, &builder->capacity, sizeof(*builder->records),
			builder->count, more);

	builder->records = records;
	return r;
}

static int reserve_pages(struct snapshot_builder *builder, size_t more)
{
	void *pages = builder->pages;
	int r = reserve(&pages, &builder->page_capacity, sizeof(*builder->pages),
			builder->page_count, more);

	builder->pages = pages;
	return r;
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
	return connection_instance_text(connection) &&
	       connection_endpoint_text(connection);
}

int snapshot_builder_add_page(struct snapshot_builder *builder, struct page *page)
{
	size_t count = page_count(page);

	if (reserve_records(builder, count) < 0 || reserve_pages(builder, 1) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
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
	const struct snapshot_layout *layout = snapshot->layout;

	if (reserve_records(builder, layout->count) < 0 ||
	    reserve_pages(builder, layout->page_count) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < layout->count; i++) {
		const struct snapshot_slot *slot = &layout->slots[i];

		if (!is_dropped ||
		    !is_dropped(data, snapshot_connection_at(snapshot, i)))
			add_record(builder, snapshot->pages[slot->page],
				   builder->page_count + slot->page, slot->record);
	}
	for (size_t i = 0; i < layout->page_count; i++)
		builder->pages[builder->page_count++] = page_ref(snapshot->pages[i]);
	builder->is_merge = true;
	builder->base_skipped += layout->skipped;
	return 0;
}

/* Orders @keys, whose connections are equal in the parts before @part, by that
 * part and those behind it. Repeats of one connection are marked as repeats. */
static void sort_by_identity(const struct snapshot_builder *builder,
			     struct string_key *keys, size_t count,
			     enum connection_key_part part)
{
	size_t end;

	for (size_t first = 0; first < count; first++)
		keys[first].text = connection_key(
			builder->records[keys[first].index].connection, part);
	string_sort(keys, count);
	if (part + 1 == CONNECTION_KEY_PARTS)
		return;
	for (size_t first = 0; first < count; first = end) {
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

	for (size_t i = 1; i < count; i++)
		if (keys[i].index > latest)
			latest = keys[i].index;
	return latest;
}

/* Puts the records into the order of identity, each connection once. */
static int order_records(struct snapshot_builder *builder)
{
	struct string_key *keys = calloc(builder->count + 1, sizeof(*keys));
	struct snapshot_record *ordered = calloc(builder->count + 1, sizeof(*ordered));
	size_t end, count = 0;
	int r = -ENOMEM;

	if (!keys || !ordered)
		goto out;
	for (size_t first = 0; first < builder->count; first++)
		keys[first].index = (uint32_t)first;
	sort_by_identity(builder, keys, builder->count, CONNECTION_KEY_ENDPOINT_ARN);
	for (size_t first = 0; first < builder->count; first = end) {
		end = string_run_end(keys, builder->count, first);
		ordered[count++] =
			builder->records[find_latest(keys + first, end - first)];
	}
	free(builder->records);
	builder->records = ordered;
	builder->count = count;
	builder->capacity = builder->count;
	ordered = NULL;
	r = 0;
out:
	free(ordered);
	free(keys);
	return r;
}

/* The place in the snapshot of each of the builder's pages, by its number. */
static size_t number_pages(struct snapshot_layout *layout, uint32_t *number,
			   size_t page_count)
{
	size_t count = 0;

	for (size_t i = 0; i < page_count; i++)
		number[i] = UINT32_MAX;
	for (size_t i = 0; i < layout->count; i++) {
		struct snapshot_slot *slot = &layout->slots[i];

		if (number[slot->page] == UINT32_MAX)
			number[slot->page] = (uint32_t)count++;
		slot->page = number[slot->page];
	}
	return count;
}

/*
 * Hands the pages that hold a record of @snapshot over to it. The others stay with
 * the builder, and go with it: merged over and over, a snapshot would otherwise
 * hold every page that ever came.
 */
static int hand_over_used_pages(struct snapshot_builder *builder,
				struct snapshot *snapshot)
{
	uint32_t *number = malloc((builder->page_count + 1) * sizeof(*number));
	size_t count = 0;

	if (!number)
		return -ENOMEM;
	count = number_pages(snapshot->layout, number, builder->page_count);
	snapshot->pages = calloc(count + 1, sizeof(struct page *));
	for (size_t i = 0; snapshot->pages && i < builder->page_count; i++) {
		if (number[i] == UINT32_MAX)
			continue;
		snapshot->pages[number[i]] = builder->pages[i];
		builder->pages[i] = NULL;
	}
	free(number);
	if (!snapshot->pages)
		return -ENOMEM;
	snapshot->layout->page_count = count;
	return 0;
}

static int hand_over_pages(struct snapshot_builder *builder, struct snapshot *snapshot)
{
	if (builder->is_merge)
		return hand_over_used_pages(builder, snapshot);
	snapshot->layout->is_listing = true;
	snapshot->layout->page_count = builder->page_count;
	snapshot->pages = builder->pages;
	builder->pages = NULL;
	builder->page_count = 0;
	return 0;
}

static int fill(struct snapshot_builder *builder, struct snapshot *snapshot)
{
	int r = order_records(builder);

	if (r == 0)
		r = snapshot_set_paths(snapshot->layout, builder->records,
				       builder->count);
	if (r == 0)
		r = hand_over_pages(builder, snapshot);
	if (r == 0)
		r = snapshot_set_links(snapshot);
	if (r == 0)
		r = snapshot_count_instances(snapshot);
	return r;
}

static struct snapshot *new_snapshot(void)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return NULL;
	atomic_init(&snapshot->references, 1);
	snapshot->layout = snapshot_layout_new();
	if (snapshot->layout)
		return snapshot;
	free(snapshot);
	return NULL;
}

int snapshot_builder_finish(struct snapshot_builder *builder,
			    struct snapshot **snapshot)
{
	struct snapshot *built = new_snapshot();
	int r = -ENOMEM;

	*snapshot = NULL;
	if (!built)
		goto out;
	built->layout->skipped = builder->is_merge ? builder->base_skipped
						   : builder->skipped;
	r = fill(builder, built);
	if (r == 0) {
		*snapshot = built;
		built = NULL;
	}
out:
	snapshot_unref(built);
	snapshot_builder_free(builder);
	return r;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* All fields that make names, or say which connection it is. */
static bool has_same_names(const struct connection *a, const struct connection *b)
{
	for (size_t i = CONNECTION_ENDPOINT_IDENTIFIER;
	     i <= CONNECTION_REPLICATION_INSTANCE_ARN; i++)
		if (!is_same_text(a->field[i], b->field[i]))
			return false;
	return true;
}

static bool are_pages_alike(const struct page *a, const struct page *b)
{
	if (page_count(a) != page_count(b))
		return false;
	for (size_t i = 0; a != b && i < page_count(a); i++)
		if (!has_same_names(page_at(a, i), page_at(b, i)))
			return false;
	return true;
}

static bool can_share_layout(const struct snapshot *before, struct page *const *pages,
			     size_t count)
{
	if (!before || !before->layout->is_listing ||
	    before->layout->page_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!are_pages_alike(before->pages[i], pages[i]))
			return false;
	return true;
}

static int share_layout(struct snapshot *before, struct page *const *pages,
			size_t count, struct snapshot **snapshot)
{
	struct snapshot *made = NULL;

	if (count == 0 ||
	    !memcmp(before->pages, pages, count * sizeof(struct page *))) {
		*snapshot = snapshot_ref(before);
		return 0;
	}
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->pages = calloc(count, sizeof(struct page *));
	if (!made->pages) {
		free(made);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		made->pages[i] = page_ref(pages[i]);
	atomic_init(&made->references, 1);
	atomic_fetch_add_explicit(&before->layout->references, 1, memory_order_relaxed);
	made->layout = before->layout;
	*snapshot = made;
	return 0;
}

int snapshot_of_listing(struct page *const *pages, size_t count,
			struct snapshot *before, struct snapshot **snapshot)
{
	struct snapshot_builder *builder = NULL;
	int r = 0;

	if (can_share_layout(before, pages, count))
		return share_layout(before, pages, count, snapshot);
	builder = snapshot_builder_new();
	if (!builder)
		return -ENOMEM;
	for (size_t i = 0; i < count && r == 0; i++)
		r = snapshot_builder_add_page(builder, pages[i]);
	if (r == 0)
		return snapshot_builder_finish(builder, snapshot);
	snapshot_builder_free(builder);
	return r;
}
