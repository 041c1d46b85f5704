/*
 * From records to paths: groups the records by the text that names their instance,
 * escapes that once, orders the directories by name and, within each, the files.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "name_claims.h"
#include "names.h"
#include "snapshot_private.h"
#include "string_sort.h"

struct paths {
	struct snapshot *snapshot;
	const struct snapshot_record *records;
	size_t count;
	struct string_key *by_instance; /* sorted by instance text; index: record */
	struct string_key *directories; /* sorted names; index: first in by_instance */
	size_t directory_count;
	struct string_key *files; /* those of one directory; index: record */
};

static const char *text_of(const struct connection *connection,
			   enum connection_field identifier, enum connection_field arn)
{
	const char *text = connection->field[identifier];

	if (text != NULL && *text != '\0')
		return text;
	return name_of_arn(connection->field[arn]);
}

const char *snapshot_instance_text(const struct connection *connection)
{
	return text_of(connection, CONNECTION_REPLICATION_INSTANCE_IDENTIFIER,
		       CONNECTION_REPLICATION_INSTANCE_ARN);
}

const char *snapshot_endpoint_text(const struct connection *connection)
{
	return text_of(connection, CONNECTION_ENDPOINT_IDENTIFIER,
		       CONNECTION_ENDPOINT_ARN);
}

/* The name of @text: nearly always the text itself, in its page. */
static const char *make_name(struct paths *paths, const char *text)
{
	char name[NAME_SIZE];
	size_t len;

	if (name_is_verbatim(text))
		return text;
	len = name_escape(text, name);
	return len == 0 ? NULL : arena_copy(&paths->snapshot->frame->names, name, len);
}

static int group_by_instance(struct paths *paths)
{
	size_t i;

	paths->by_instance = calloc(paths->count + 1, sizeof(*paths->by_instance));
	if (paths->by_instance == NULL)
		return -ENOMEM;
	for (i = 0; i < paths->count; i++)
		paths->by_instance[i] = (struct string_key){
			.text = snapshot_instance_text(paths->records[i].connection),
			.index = (uint32_t)i,
		};
	string_sort(paths->by_instance, paths->count);
	for (i = 0; i < paths->count; i++)
		paths->directory_count += !paths->by_instance[i].is_repeat;
	return 0;
}

static int name_directories(struct paths *paths)
{
	size_t i, count = 0;

	paths->directories = calloc(paths->directory_count + 1,
				    sizeof(*paths->directories));
	if (paths->directories == NULL)
		return -ENOMEM;
	for (i = 0; i < paths->count; i++) {
		const char *name;

		if (paths->by_instance[i].is_repeat)
			continue;
		name = make_name(paths, paths->by_instance[i].text);
		if (name == NULL)
			return -ENOMEM;
		paths->directories[count++] = (struct string_key){.text = name,
								  .index = (uint32_t)i};
	}
	string_sort(paths->directories, count);
	return 0;
}

/* Adds the records of the run of one instance text that begins at @first to the
 * @count files there are. */
static int gather_files(struct paths *paths, size_t first, size_t *count)
{
	size_t end = string_run_end(paths->by_instance, paths->count, first);
	size_t i;

	for (i = first; i < end; i++) {
		uint32_t index = paths->by_instance[i].index;
		const char *text =
			snapshot_endpoint_text(paths->records[index].connection);
		const char *name = make_name(paths, text);

		if (name == NULL)
			return -ENOMEM;
		paths->files[(*count)++] = (struct string_key){.text = name,
							       .index = index};
	}
	return 0;
}

static bool has_repeats(const struct string_key *keys, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (keys[i].is_repeat)
			return true;
	return false;
}

static int settle_files(struct paths *paths, size_t count)
{
	struct name_claim *claims = calloc(count, sizeof(*claims));
	int result = -ENOMEM;
	size_t i;

	if (claims == NULL)
		return result;
	for (i = 0; i < count; i++)
		claims[i] = (struct name_claim){
			.name = paths->files[i].text,
			.connection = paths->records[paths->files[i].index].connection,
		};
	result = name_claims_settle(claims, count, &paths->snapshot->frame->names);
	for (i = 0; i < count; i++)
		paths->files[i].text = claims[i].name;
	string_sort(paths->files, count);
	free(claims);
	return result;
}

static void add_entries(struct paths *paths, const char *instance, size_t count)
{
	struct snapshot *snapshot = paths->snapshot;
	size_t i;

	for (i = 0; i < count; i++) {
		uint32_t index = paths->files[i].index;
		const struct snapshot_record *record = &paths->records[index];

		snapshot->entries[snapshot->count] = (struct snapshot_entry){
			.instance = instance,
			.endpoint = paths->files[i].text,
			.connection = record->connection,
		};
		snapshot->frame->page_of[snapshot->count] = record->page;
		snapshot->frame->by_identity[index] = (uint32_t)snapshot->count++;
	}
}

/* The directory whose name stands at @first and before @end: more than once where
 * two texts have one name. */
static int fill_directory(struct paths *paths, size_t first, size_t end)
{
	size_t i, count = 0;
	int result = 0;

	for (i = first; i < end && result == 0; i++)
		result = gather_files(paths, paths->directories[i].index, &count);
	if (result != 0)
		return result;
	string_sort(paths->files, count);
	if (has_repeats(paths->files, count))
		result = settle_files(paths, count);
	if (result == 0)
		add_entries(paths, paths->directories[first].text, count);
	return result;
}

static int fill_directories(struct paths *paths)
{
	size_t first, end;
	int result = 0;

	paths->files = calloc(paths->count + 1, sizeof(*paths->files));
	if (paths->files == NULL)
		return -ENOMEM;
	for (first = 0; first < paths->directory_count && result == 0; first = end) {
		end = string_run_end(paths->directories, paths->directory_count, first);
		result = fill_directory(paths, first, end);
	}
	return result;
}

static const char *instance_key(const struct connection *connection)
{
	const char *arn = connection_key(connection, CONNECTION_KEY_INSTANCE_ARN);

	if (*arn != '\0')
		return arn;
	return connection_key(connection, CONNECTION_KEY_INSTANCE_IDENTIFIER);
}

/* In path order the records of an instance mostly follow each other: what is left
 * to sort is about one key an instance. Uses @files again. */
static size_t count_instances(struct paths *paths)
{
	struct string_key *keys = paths->files;
	size_t i, candidates = 0, count = 0;

	for (i = 0; i < paths->snapshot->count; i++) {
		const char *text = instance_key(paths->snapshot->entries[i].connection);

		if (candidates == 0 || strcmp(keys[candidates - 1].text, text) != 0)
			keys[candidates++] = (struct string_key){.text = text};
	}
	string_sort(keys, candidates);
	for (i = 0; i < candidates; i++)
		count += !keys[i].is_repeat;
	return count;
}

int snapshot_set_paths(struct snapshot *snapshot, const struct snapshot_record *records,
		       size_t count)
{
	struct paths paths = {.snapshot = snapshot, .records = records, .count = count};
	int result;

	result = group_by_instance(&paths);
	if (result == 0)
		result = name_directories(&paths);
	if (result == 0)
		result = fill_directories(&paths);
	if (result == 0)
		snapshot->instance_count = count_instances(&paths);
	free(paths.by_instance);
	free(paths.directories);
	free(paths.files);
	return result;
}
