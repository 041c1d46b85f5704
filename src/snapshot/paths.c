/*
 * From records to paths: groups the records by the text that names their instance,
 * escapes that once, orders the directories by name and, within each, the files.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/string_sort.h"
#include "src/snapshot/name_collisions.h"
#include "src/snapshot/names.h"
#include "src/snapshot/snapshot_private.h"

/* What struct snapshot_place has bits for. */
#define DIRECTORY_MAX ((UINT32_C(1) << 31) - 1)

struct paths {
	struct snapshot_frame *frame;
	const struct snapshot_record *records;
	size_t count;
	struct string_key *by_instance; /* sorted by instance text; index: record */
	struct string_key *directories; /* sorted names; index: first in by_instance */
	size_t directory_count;
	struct string_key *files; /* those of one directory; index: record */
	size_t given_capacity;	  /* of frame->given */
};

/* The name of @text: nearly always the text itself, in its page. */
static const char *make_name(struct paths *paths, const char *text)
{
	char name[NAME_SIZE];
	size_t len;

	if (name_is_verbatim(text))
		return text;
	len = name_escape(text, name);
	return len == 0 ? NULL : arena_copy(&paths->frame->names, name, len);
}

/* A directory's outlives the pages. */
static const char *make_directory_name(struct paths *paths, const char *text)
{
	const char *name = make_name(paths, text);

	if (name != text || name == NULL)
		return name;
	return arena_copy(&paths->frame->names, name, strlen(name));
}

static int group_by_instance(struct paths *paths)
{
	size_t i;

	paths->by_instance = calloc(paths->count + 1, sizeof(*paths->by_instance));
	if (paths->by_instance == NULL)
		return -ENOMEM;
	for (i = 0; i < paths->count; i++)
		paths->by_instance[i] = (struct string_key){
			.text = connection_instance_text(paths->records[i].connection),
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
		name = make_directory_name(paths, paths->by_instance[i].text);
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
			connection_endpoint_text(paths->records[index].connection);
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
	result = name_claims_settle(claims, count, &paths->frame->names);
	for (i = 0; i < count; i++)
		paths->files[i].text = claims[i].name;
	string_sort(paths->files, count);
	free(claims);
	return result;
}

static int add_given(struct paths *paths, const char *endpoint)
{
	struct snapshot_frame *frame = paths->frame;

	if (frame->given_count == paths->given_capacity) {
		size_t capacity = paths->given_capacity ? 2 * paths->given_capacity
							: 16;
		struct snapshot_given *given = reallocarray(frame->given, capacity,
							    sizeof(*given));

		if (given == NULL)
			return -ENOMEM;
		frame->given = given;
		paths->given_capacity = capacity;
	}
	frame->given[frame->given_count++] = (struct snapshot_given){
		.index = (uint32_t)frame->count, .endpoint = endpoint};
	return 0;
}

static int add_place(struct paths *paths, const struct string_key *file)
{
	struct snapshot_frame *frame = paths->frame;
	const struct snapshot_record *record = &paths->records[file->index];
	bool is_given = file->text != connection_endpoint_text(record->connection);

	if (is_given && add_given(paths, file->text) != 0)
		return -ENOMEM;
	frame->places[frame->count] = (struct snapshot_place){
		.page = record->page,
		.record = record->number,
		.directory = (uint32_t)frame->directory_count & DIRECTORY_MAX,
		.has_given = is_given,
	};
	frame->by_identity[file->index] = (uint32_t)frame->count++;
	return 0;
}

static int add_places(struct paths *paths, const char *directory, size_t count)
{
	size_t i;
	int result = 0;

	for (i = 0; i < count && result == 0; i++)
		result = add_place(paths, &paths->files[i]);
	paths->frame->directories[paths->frame->directory_count++] = directory;
	return result;
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
		result = add_places(paths, paths->directories[first].text, count);
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

static int allocate(struct paths *paths)
{
	struct snapshot_frame *frame = paths->frame;

	if (paths->directory_count > DIRECTORY_MAX)
		return -ENOMEM;
	frame->places = calloc(paths->count + 1, sizeof(*frame->places));
	frame->by_identity = calloc(paths->count + 1, sizeof(*frame->by_identity));
	frame->directories = calloc(paths->directory_count + 1, sizeof(char *));
	return frame->places == NULL || frame->by_identity == NULL ||
			       frame->directories == NULL
		       ? -ENOMEM
		       : 0;
}

int snapshot_set_paths(struct snapshot_frame *frame,
		       const struct snapshot_record *records, size_t count)
{
	struct paths paths = {.frame = frame, .records = records, .count = count};
	int result;

	result = group_by_instance(&paths);
	if (result == 0)
		result = allocate(&paths);
	if (result == 0)
		result = name_directories(&paths);
	if (result == 0)
		result = fill_directories(&paths);
	free(paths.by_instance);
	free(paths.directories);
	free(paths.files);
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
 * to sort is about one key an instance. */
static size_t gather_instances(const struct snapshot *snapshot, struct string_key *keys)
{
	size_t i, count = 0;

	for (i = 0; i < snapshot_count(snapshot); i++) {
		const char *text = instance_key(snapshot_connection_at(snapshot, i));

		if (count == 0 || (keys[count - 1].text != text &&
				   strcmp(keys[count - 1].text, text) != 0))
			keys[count++] = (struct string_key){.text = text};
	}
	return count;
}

int snapshot_count_instances(struct snapshot *snapshot)
{
	struct string_key *keys = calloc(snapshot_count(snapshot) + 1, sizeof(*keys));
	size_t i, count;

	if (keys == NULL)
		return -ENOMEM;
	count = gather_instances(snapshot, keys);
	string_sort(keys, count);
	for (i = 0; i < count; i++)
		snapshot->frame->instance_count += !keys[i].is_repeat;
	free(keys);
	return 0;
}
