#include "tests/fuzz/listing.h"

#include <string.h>

#include "fs/content/status_link.h"
#include "src/snapshot/names.h"
#include "tests/fuzz/expected.h"
#include "tests/fuzz/fuzz.h"

struct snapshot *listing_of_page(struct page *page)
{
	struct snapshot_builder *builder = snapshot_builder_new();
	struct snapshot *snapshot = NULL;

	FUZZ_CHECK(builder);
	FUZZ_CHECK(snapshot_builder_add_page(builder, page) == 0);
	FUZZ_CHECK(snapshot_builder_finish(builder, &snapshot) == 0);
	return snapshot;
}

struct snapshot *listing_of_connections(const struct connection *connections,
					size_t count)
{
	struct snapshot *snapshot = NULL;
	struct page *page = NULL;

	FUZZ_CHECK(page_new(connections, count, NULL, &page) == 0);
	snapshot = listing_of_page(page);
	page_unref(page);
	return snapshot;
}

static void check_name(const char *name)
{
	size_t len = strlen(name);

	FUZZ_CHECK(len > 0 && len <= NAME_MAX_BYTES);
	FUZZ_CHECK(name[0] != '.' && !strchr(name, '/'));
	FUZZ_CHECK(expected_is_clean(name, len, ""));
}

static void check_order(const struct snapshot_entry *before,
			const struct snapshot_entry *after)
{
	int order = strcmp(before->instance, after->instance);

	FUZZ_CHECK(order <= 0);
	FUZZ_CHECK((order == 0) == (before->instance == after->instance));
	FUZZ_CHECK(order < 0 || strcmp(before->endpoint, after->endpoint) < 0);
}

static void check_entry(const struct snapshot *snapshot,
			const struct snapshot_entry *entry)
{
	char target[LINK_TARGET_SIZE];

	check_name(entry->instance);
	check_name(entry->endpoint);
	FUZZ_CHECK(snapshot_find_connection(snapshot, entry->connection) ==
		   entry->connection);
	link_target(entry, NULL, target);
	FUZZ_CHECK(strlen(target) ==
		   10 + strlen(entry->instance) + strlen(entry->endpoint));
}

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a;
	const struct link *y = b;
	int order = strcmp(x->status, y->status);

	return order ? order : strcmp(x->name, y->name);
}

static void check_links(const struct snapshot *snapshot)
{
	struct link *links = calloc(snapshot_count(snapshot) + 1, sizeof(*links));
	size_t count = 0;

	FUZZ_CHECK(links);
	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);

		if (!link_of(&entry, NULL, &links[count]))
			continue;
		check_name(links[count].status);
		check_name(links[count].name);
		count++;
	}
	qsort(links, count, sizeof(*links), compare_links);
	for (size_t i = 1; i < count; i++)
		FUZZ_CHECK(compare_links(&links[i - 1], &links[i]) != 0);
	free(links);
}

void listing_check(const struct snapshot *snapshot)
{
	size_t count = snapshot_count(snapshot);
	struct snapshot_entry before = {.instance = NULL};

	for (size_t i = 0; i < count; i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);

		check_entry(snapshot, &entry);
		if (i > 0)
			check_order(&before, &entry);
		before = entry;
	}
	check_links(snapshot);
	FUZZ_CHECK(snapshot_instance_count(snapshot) <= count);
	FUZZ_CHECK((snapshot_instance_count(snapshot) > 0) == (count > 0));
}
