#include "tests/sim/listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

void listing_free(struct listing *listing)
{
	if (!listing)
		return;
	for (size_t i = 0; i < listing->count; i++) {
		if (listing->records[i].is_owned)
			free(listing->records[i].raw);
	}
	free(listing->records);
	free(listing->arena);
	index_fini(&listing->endpoints);
	index_fini(&listing->instances);
	free(listing);
}

static struct record *append(struct listing *listing)
{
	if (listing->count == listing->cap) {
		listing->cap = listing->cap ? 2 * listing->cap : 128;
		listing->records = alloc_resized(listing->records, listing->cap,
						 sizeof(*listing->records));
	}
	listing->records[listing->count] = (struct record){0};
	return &listing->records[listing->count++];
}

static const char *split(struct listing *listing, size_t len)
{
	struct span whole, name, element;
	struct raw_cursor cursor;

	if (!raw_whole(listing->arena, len, &whole))
		return "the listing is not one JSON value";
	if (*whole.at == '{' && !raw_find(whole, "Connections", &whole))
		return "the listing has no member Connections";
	if (!raw_open(whole, &cursor) || cursor.is_object)
		return "the listing's Connections are not an array";
	while (raw_next(&cursor, &name, &element)) {
		struct record *record = append(listing);

		record->raw = listing->arena + (element.at - listing->arena);
		record->len = element.len;
	}
	return cursor.is_broken ? "the listing is not JSON" : NULL;
}

struct listing *listing_take(struct buf *text, const char **why)
{
	struct listing *listing = alloc_zeroed(1, sizeof(*listing));
	size_t len = text->len;

	buf_add(text, "", 0);
	listing->arena = text->at;
	memset(text, 0, sizeof(*text));
	*why = split(listing, len);
	if (*why) {
		listing_free(listing);
		return NULL;
	}
	listing_reindex(listing);
	return listing;
}

struct listing *listing_read_file(const char *path, const char **why)
{
	struct buf text = {0};
	char chunk[65536];
	FILE *file = fopen(path, "re");
	size_t len = 0;

	*why = "the file cannot be read";
	if (!file)
		return NULL;
	do {
		len = fread(chunk, 1, sizeof(chunk), file);
		buf_add(&text, chunk, len);
	} while (len > 0);
	if (ferror(file)) {
		fclose(file);
		buf_fini(&text);
		return NULL;
	}
	fclose(file);
	return listing_take(&text, why);
}

static uint32_t count_arn(struct index *index, struct span record, const char *field)
{
	struct span value;
	uint32_t group = INDEX_NONE;
	char *arn = NULL;

	if (!raw_find(record, field, &value) || *value.at != '"')
		return INDEX_NONE;
	if (!memchr(value.at, '\\', value.len))
		return index_count(index, value.at + 1, value.len - 2);
	arn = raw_text(value);
	if (arn)
		group = index_count(index, arn, strlen(arn));
	free(arn);
	return group;
}

void listing_reindex(struct listing *listing)
{
	index_fini(&listing->endpoints);
	index_fini(&listing->instances);
	for (size_t i = 0; i < listing->count; i++) {
		struct record *record = &listing->records[i];
		struct span span = record_span(record);

		record->endpoint = count_arn(&listing->endpoints, span, "EndpointArn");
		record->instance = count_arn(&listing->instances, span,
					     "ReplicationInstanceArn");
	}
	index_reserve(&listing->endpoints);
	index_reserve(&listing->instances);
	for (size_t i = 0; i < listing->count; i++) {
		const struct record *record = &listing->records[i];

		if (record->endpoint != INDEX_NONE)
			index_add(&listing->endpoints, record->endpoint, (uint32_t)i);
		if (record->instance != INDEX_NONE)
			index_add(&listing->instances, record->instance, (uint32_t)i);
	}
}

void listing_insert(struct listing *listing, size_t at, struct span raw)
{
	struct record *record = NULL;

	append(listing);
	if (at > listing->count - 1)
		at = listing->count - 1;
	record = &listing->records[at];
	memmove(record + 1, record, (listing->count - 1 - at) * sizeof(*record));
	*record = (struct record){
		.raw = alloc_copy(raw.at, raw.len),
		.len = raw.len,
		.is_owned = true,
		.endpoint = INDEX_NONE,
		.instance = INDEX_NONE,
	};
}

void listing_remove(struct listing *listing, size_t at)
{
	struct record *record = &listing->records[at];

	if (record->is_owned)
		free(record->raw);
	listing->count--;
	memmove(record, record + 1, (listing->count - at) * sizeof(*record));
}

size_t listing_find(const struct listing *listing, const char *endpoint_arn,
		    const char *instance_arn)
{
	uint32_t endpoint = index_find(&listing->endpoints, endpoint_arn);
	uint32_t instance = index_find(&listing->instances, instance_arn);
	const struct group *group = NULL;

	if (endpoint == INDEX_NONE || instance == INDEX_NONE)
		return LISTING_NONE;
	group = &listing->endpoints.groups[endpoint];
	for (size_t i = 0; i < group->count; i++) {
		if (listing->records[group->members[i]].instance == instance)
			return group->members[i];
	}
	return LISTING_NONE;
}

struct span record_span(const struct record *record)
{
	return (struct span){record->raw, record->len};
}

char *record_text(const struct record *record, const char *field)
{
	return raw_member_text(record_span(record), field);
}

static void add_member(struct buf *out, struct span name, struct span value)
{
	buf_adds(out, out->len > 1 ? ", " : "");
	buf_add(out, name.at, name.len);
	buf_adds(out, ": ");
	buf_add(out, value.at, value.len);
}

void record_set(struct record *record, const char *field, const struct span *value)
{
	struct raw_cursor cursor;
	struct span name, old;
	struct buf out = {0}, quoted = {0};
	bool is_set = value == NULL;

	buf_adds(&out, "{");
	if (raw_open(record_span(record), &cursor) && cursor.is_object) {
		while (raw_next(&cursor, &name, &old)) {
			if (!raw_is(name, field)) {
				add_member(&out, name, old);
			} else if (!is_set) {
				add_member(&out, name, *value);
				is_set = true;
			}
		}
	}
	if (!is_set) {
		buf_add_json(&quoted, field);
		add_member(&out, (struct span){quoted.at, quoted.len}, *value);
		buf_fini(&quoted);
	}
	buf_adds(&out, "}");
	if (record->is_owned)
		free(record->raw);
	record->raw = out.at;
	record->len = out.len;
	record->is_owned = true;
}

void record_set_text(struct record *record, const char *field, const char *text)
{
	struct buf quoted = {0};

	buf_add_json(&quoted, text);
	record_set(record, field, &(struct span){quoted.at, quoted.len});
	buf_fini(&quoted);
}
