#include "src/base/tally.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tally_init(struct tally *tally)
{
	*tally = (struct tally){.entries = NULL};
	pthread_mutex_init(&tally->lock, NULL);
}

void tally_fini(struct tally *tally)
{
	free(tally->entries);
	pthread_mutex_destroy(&tally->lock);
}

static bool is_name(const char name[TALLY_NAME_SIZE], const char *text)
{
	return strncmp(name, text, TALLY_NAME_SIZE - 1) == 0;
}

static struct tally_entry *find_entry(struct tally *tally, const char *first,
				      const char *second)
{
	for (size_t i = 0; i < tally->count; i++) {
		struct tally_entry *entry = &tally->entries[i];

		if (is_name(entry->first, first) && is_name(entry->second, second))
			return entry;
	}
	return NULL;
}

/* Most tallies have a few entries, and an entry is large. NULL: no memory. */
static struct tally_entry *add_entry(struct tally *tally, const char *first,
				     const char *second)
{
	struct tally_entry *entries = reallocarray(tally->entries, tally->count + 1,
						   sizeof(*entries));
	struct tally_entry *entry = NULL;

	if (!entries)
		return NULL;
	tally->entries = entries;
	entry = &entries[tally->count++];
	entry->count = 0;
	snprintf(entry->first, sizeof(entry->first), "%s", first);
	snprintf(entry->second, sizeof(entry->second), "%s", second);
	return entry;
}

void tally_add(struct tally *tally, const char *first, const char *second)
{
	struct tally_entry *entry = NULL;

	pthread_mutex_lock(&tally->lock);
	entry = find_entry(tally, first, second);
	if (!entry && tally->count >= TALLY_PAIRS_MAX - 1) {
		first = TALLY_OTHER;
		second = TALLY_OTHER;
		entry = find_entry(tally, first, second);
	}
	if (!entry)
		entry = add_entry(tally, first, second);
	if (entry)
		entry->count++;
	pthread_mutex_unlock(&tally->lock);
}

struct tally_entry *tally_copy(struct tally *tally, size_t *count)
{
	struct tally_entry *copy = NULL;

	pthread_mutex_lock(&tally->lock);
	if (tally->count > 0)
		copy = calloc(tally->count, sizeof(*copy));
	*count = copy ? tally->count : 0;
	if (copy)
		memcpy(copy, tally->entries, tally->count * sizeof(*copy));
	pthread_mutex_unlock(&tally->lock);
	return copy;
}
