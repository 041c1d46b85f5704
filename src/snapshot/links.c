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
#include "src/snapshot/snapshot_private.h"

/* A name that is cut keeps more than this. */
#define PLAIN_BYTES 200

static bool is_plain(const struct snapshot_entry *entry)
{
	return strchr(entry->instance, ':') == NULL &&
	       strchr(entry->endpoint, ':') == NULL &&
	       strlen(entry->instance) + strlen(entry->endpoint) < PLAIN_BYTES;
}

/* The links that are not plain. */
struct links {
	struct snapshot *snapshot;
	size_t count;
	struct name_claim *claims;
	uint32_t *entries;   /* whose claim it is, in ascending order */
	struct arena wanted; /* the names that they want */
};

static size_t count_claims(const struct snapshot *snapshot)
{
	size_t i, count = 0;

	for (i = 0; i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);

		count += !is_plain(&entry);
	}
	return count;
}

static int claim_link(struct links *links, size_t claim, size_t index,
		      const struct snapshot_entry *entry)
{
	char name[NAME_SIZE];
	size_t len = name_join(entry->instance, ':', entry->endpoint, name);
	const char *wanted = len == 0 ? NULL : arena_copy(&links->wanted, name, len);

	if (wanted == NULL)
		return -ENOMEM;
	links->entries[claim] = (uint32_t)index;
	links->claims[claim] = (struct name_claim){
		.name = wanted,
		.connection = entry->connection,
	};
	return 0;
}

static int claim_links(struct links *links)
{
	size_t i, claim = 0;
	int result = 0;

	for (i = 0; i < snapshot_count(links->snapshot) && result == 0; i++) {
		const struct snapshot_entry entry = snapshot_at(links->snapshot, i);

		if (!is_plain(&entry))
			result = claim_link(links, claim++, i, &entry);
	}
	return result;
}

/* Whether the reader can join the name that was given to @claim. */
static bool is_joinable(const struct links *links, size_t claim)
{
	const struct snapshot_entry entry = snapshot_at(links->snapshot,
							links->entries[claim]);
	char name[NAME_SIZE];

	return strlen(entry.instance) + 1 + strlen(entry.endpoint) <= NAME_MAX_BYTES &&
	       name_join(entry.instance, ':', entry.endpoint, name) > 0 &&
	       strcmp(links->claims[claim].name, name) == 0;
}

/* Puts the link of a claim into @given, which may name the endpoint already. */
static int give_link(const struct links *links, size_t claim,
		     struct snapshot_given *given)
{
	const char *name = links->claims[claim].name;

	given->index = links->entries[claim];
	given->link = arena_copy(&links->snapshot->frame->names, name, strlen(name));
	return given->link == NULL ? -ENOMEM : 0;
}

/* All given names: those there are, and those of links, in the order of entries. */
static int merge(struct links *links, struct snapshot_given *merged, size_t *count)
{
	const struct snapshot_frame *frame = links->snapshot->frame;
	size_t claim, next = 0;

	for (claim = 0; claim < links->count; claim++) {
		uint32_t index = links->entries[claim];

		if (is_joinable(links, claim))
			continue;
		while (next < frame->given_count && frame->given[next].index < index)
			merged[(*count)++] = frame->given[next++];
		if (next < frame->given_count && frame->given[next].index == index)
			merged[*count] = frame->given[next++];
		if (give_link(links, claim, &merged[(*count)++]) != 0)
			return -ENOMEM;
	}
	while (next < frame->given_count)
		merged[(*count)++] = frame->given[next++];
	return 0;
}

/* An entry's flag is set when all is in place by which the name is found. */
static int keep_links(struct links *links)
{
	struct snapshot_frame *frame = links->snapshot->frame;
	struct snapshot_given *merged = calloc(frame->given_count + links->count,
					       sizeof(*merged));
	size_t i, count = 0;

	if (merged == NULL || merge(links, merged, &count) != 0) {
		free(merged);
		return -ENOMEM;
	}
	free(frame->given);
	frame->given = merged;
	frame->given_count = count;
	for (i = 0; i < count; i++)
		frame->places[merged[i].index].has_given = 1;
	return 0;
}

static int settle_links(struct links *links)
{
	int result;

	links->claims = calloc(links->count, sizeof(*links->claims));
	links->entries = calloc(links->count, sizeof(*links->entries));
	if (links->claims == NULL || links->entries == NULL)
		return -ENOMEM;
	result = claim_links(links);
	if (result == 0)
		result = name_claims_settle(links->claims, links->count,
					    &links->wanted);
	if (result == 0)
		result = keep_links(links);
	return result;
}

int snapshot_set_links(struct snapshot *snapshot)
{
	struct links links = {.snapshot = snapshot, .count = count_claims(snapshot)};
	int result;

	if (links.count == 0)
		return 0;
	result = settle_links(&links);
	free(links.claims);
	free(links.entries);
	arena_fini(&links.wanted);
	return result;
}
