/*
 * The names of links in by-status. INSTANCE:ENDPOINT can meet another link only
 * where a part holds a ':' of its own or the name is long enough to be cut, so that
 * the others, nearly always all, need no look: each holds one ':' and is shorter
 * than any name that was cut or put together from one of these.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/snapshot/name_collisions.h"
#include "src/snapshot/names.h"
#include "src/snapshot/snapshot.h"
#include "src/snapshot/snapshot_private.h"

/* A name that is cut keeps more than this. */
#define PLAIN_BYTES 200

static bool is_plain(const struct snapshot_entry *entry)
{
	return !strchr(entry->instance, ':') && !strchr(entry->endpoint, ':') &&
	       strlen(entry->instance) + strlen(entry->endpoint) < PLAIN_BYTES;
}

/* The links that are not plain. */
struct links {
	struct snapshot *snapshot;
	size_t count;
	struct wanted_name *wanted_names;
	uint32_t *entries;  /* whose name it is, in ascending order */
	struct arena arena; /* the names that they want */
};

static size_t count_wanted(const struct snapshot *snapshot)
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);

		count += !is_plain(&entry);
	}
	return count;
}

static int add_wanted(struct links *links, size_t wanted, size_t index,
		      const struct snapshot_entry *entry)
{
	char name[NAME_SIZE];
	size_t len = name_join(entry->instance, ':', entry->endpoint, name);
	const char *copy = len == 0 ? NULL : arena_copy(&links->arena, name, len);

	if (!copy)
		return -ENOMEM;
	links->entries[wanted] = (uint32_t)index;
	links->wanted_names[wanted] = (struct wanted_name){
		.name = copy,
		.connection = entry->connection,
	};
	return 0;
}

static int gather_wanted(struct links *links)
{
	size_t wanted = 0;
	int r = 0;

	for (size_t i = 0; i < snapshot_count(links->snapshot) && r == 0; i++) {
		const struct snapshot_entry entry = snapshot_at(links->snapshot, i);

		if (!is_plain(&entry))
			r = add_wanted(links, wanted++, i, &entry);
	}
	return r;
}

/* Whether the reader can join the name that came of @wanted. */
static bool is_joinable(const struct links *links, size_t wanted)
{
	const struct snapshot_entry entry = snapshot_at(links->snapshot,
							links->entries[wanted]);
	char name[NAME_SIZE];

	return strlen(entry.instance) + 1 + strlen(entry.endpoint) <= NAME_MAX_BYTES &&
	       name_join(entry.instance, ':', entry.endpoint, name) > 0 &&
	       strcmp(links->wanted_names[wanted].name, name) == 0;
}

/* Puts the link of @wanted into @renamed, which may name the endpoint already. */
static int add_link(const struct links *links, size_t wanted,
		    struct snapshot_renamed *renamed)
{
	const char *name = links->wanted_names[wanted].name;

	renamed->index = links->entries[wanted];
	renamed->link = arena_copy(&links->snapshot->layout->names, name, strlen(name));
	return renamed->link ? 0 : -ENOMEM;
}

/* All names that the records do not tell: those there are, and those of links, in the
 * order of entries. */
static int merge(struct links *links, struct snapshot_renamed *merged, size_t *count)
{
	const struct snapshot_layout *layout = links->snapshot->layout;
	size_t next = 0;

	for (size_t wanted = 0; wanted < links->count; wanted++) {
		uint32_t index = links->entries[wanted];

		if (is_joinable(links, wanted))
			continue;
		while (next < layout->renamed_count &&
		       layout->renamed[next].index < index)
			merged[(*count)++] = layout->renamed[next++];
		if (next < layout->renamed_count &&
		    layout->renamed[next].index == index)
			merged[*count] = layout->renamed[next++];
		if (add_link(links, wanted, &merged[(*count)++]) < 0)
			return -ENOMEM;
	}
	while (next < layout->renamed_count)
		merged[(*count)++] = layout->renamed[next++];
	return 0;
}

/* An entry's flag is set when all is in place by which the name is found. */
static int keep_links(struct links *links)
{
	struct snapshot_layout *layout = links->snapshot->layout;
	struct snapshot_renamed *merged = calloc(layout->renamed_count + links->count,
						 sizeof(*merged));
	size_t count = 0;

	if (!merged || merge(links, merged, &count) < 0) {
		free(merged);
		return -ENOMEM;
	}
	free(layout->renamed);
	layout->renamed = merged;
	layout->renamed_count = count;
	for (size_t i = 0; i < count; i++)
		layout->slots[merged[i].index].is_renamed = 1;
	return 0;
}

static int resolve_links(struct links *links)
{
	int r = 0;

	links->wanted_names = calloc(links->count, sizeof(*links->wanted_names));
	links->entries = calloc(links->count, sizeof(*links->entries));
	if (!links->wanted_names || !links->entries)
		return -ENOMEM;
	r = gather_wanted(links);
	if (r == 0)
		r = name_collisions_resolve(links->wanted_names, links->count,
					    &links->arena);
	if (r == 0)
		r = keep_links(links);
	return r;
}

int snapshot_set_links(struct snapshot *snapshot)
{
	struct links links = {.snapshot = snapshot, .count = count_wanted(snapshot)};
	int r = 0;

	if (links.count == 0)
		return 0;
	r = resolve_links(&links);
	free(links.wanted_names);
	free(links.entries);
	arena_fini(&links.arena);
	return r;
}
