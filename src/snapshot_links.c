/*
 * The names of links in by-status. INSTANCE:ENDPOINT can meet another link only
 * where a part holds a ':' of its own or the name is long enough to be cut, so that
 * the others, nearly always all, need no look: each holds one ':' and is shorter
 * than any name that was cut or put together from one of these.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "name_claims.h"
#include "names.h"
#include "snapshot_private.h"

/* A name that is cut keeps more than this. */
#define PLAIN_BYTES 200

static bool is_plain(const struct snapshot_entry *entry)
{
	return strchr(entry->instance, ':') == NULL &&
	       strchr(entry->endpoint, ':') == NULL &&
	       strlen(entry->instance) + strlen(entry->endpoint) < PLAIN_BYTES;
}

/* While names are settled, the link of each entry holds the name that it wants. */
struct links {
	struct snapshot *snapshot;
	size_t count; /* of the links that are not plain */
	struct name_claim *claims;
	uint32_t *entries; /* whose claim it is */
	struct arena wanted;
};

static size_t count_claims(const struct snapshot *snapshot)
{
	size_t i, count = 0;

	for (i = 0; i < snapshot->count; i++)
		count += !is_plain(&snapshot->entries[i]);
	return count;
}

static int claim_link(struct links *links, size_t claim, size_t index)
{
	struct snapshot_entry *entry = &links->snapshot->entries[index];
	char name[NAME_SIZE];
	size_t len = name_join(entry->instance, ':', entry->endpoint, name);

	entry->link = len == 0 ? NULL : arena_copy(&links->wanted, name, len);
	if (entry->link == NULL)
		return -ENOMEM;
	links->entries[claim] = (uint32_t)index;
	links->claims[claim] = (struct name_claim){
		.name = entry->link,
		.connection = entry->connection,
	};
	return 0;
}

static int claim_links(struct links *links)
{
	size_t i, claim = 0;
	int result = 0;

	for (i = 0; i < links->snapshot->count && result == 0; i++)
		if (!is_plain(&links->snapshot->entries[i]))
			result = claim_link(links, claim++, i);
	return result;
}

/* Keeps the link that was given: none where the reader can join it again. */
static int keep_link(struct links *links, size_t claim)
{
	struct snapshot_entry *entry = &links->snapshot->entries[links->entries[claim]];
	const char *name = links->claims[claim].name;

	if (name != entry->link) {
		entry->link = name;
		return 0;
	}
	entry->link = NULL;
	if (strlen(entry->instance) + 1 + strlen(entry->endpoint) <= NAME_MAX_BYTES)
		return 0;
	entry->link = arena_copy(&links->snapshot->frame->names, name, strlen(name));
	return entry->link == NULL ? -ENOMEM : 0;
}

static int settle_links(struct links *links)
{
	size_t i;
	int result;

	links->claims = calloc(links->count, sizeof(*links->claims));
	links->entries = calloc(links->count, sizeof(*links->entries));
	if (links->claims == NULL || links->entries == NULL)
		return -ENOMEM;
	result = claim_links(links);
	if (result == 0)
		result = name_claims_settle(links->claims, links->count,
					    &links->snapshot->frame->names);
	for (i = 0; i < links->count && result == 0; i++)
		result = keep_link(links, i);
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
