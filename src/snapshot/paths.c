/*
 * From records to paths: groups the records by the text that names their instance,
 * escapes that once, orders the directories by name and, within each, the files.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/array.h"
#include "src/base/strings.h"
#include "src/snapshot/name_collisions.h"
#include "src/snapshot/names.h"
#include "src/snapshot/snapshot.h"
#include "src/snapshot/snapshot_private.h"

/* As many as struct snapshot_slot has bits for. */
#define DIRECTORY_MAX ((UINT32_C(1) << 31) - 1)

struct paths {
	struct snapshot_layout *layout;
	const struct snapshot_record *records;
	size_t count;
	struct string_key *by_instance; /* sorted by instance text; index: record */
	struct string_key *directories; /* sorted names; index: first in by_instance */
	size_t directory_count;
	struct string_key *files; /* those of one directory; index: record */
};

/* The name of @text: nearly always the text itself, in its page. */
static const char *make_name(struct paths *paths, const char *text)
{
	char name[NAME_SIZE];
	size_t len;

	if (name_is_verbatim(text))
		return text;
	len = name_escape(text, name);
	return len == 0 ? NULL : arena_copy(&paths->layout->names, name, len);
}

/* A directory's outlives the pages. */
static const char *make_directory_name(struct paths *paths, const char *text)
{
	const char *name = make_name(paths, text);

	if (name != text || !name)
		return name;
	return arena_copy(&paths->layout->names, name, strlen(name));
}

static int group_by_instance(struct paths *paths)
{

	paths->by_instance = calloc(paths->count + 1, sizeof(*paths->by_instance));
	if (!paths->by_instance)
		return -ENOMEM;
	for (size_t i = 0; i < paths->count; i++)
		paths->by_instance[i] = (struct string_key){
			.text = connection_instance_text(paths->records[i].connection),
			.index = (uint32_t)i,
		};
	string_sort(paths->by_instance, paths->count);
	for (size_t i = 0; i < paths->count; i++)
		paths->directory_count += !paths->by_instance[i].is_repeat;
	return 0;
}

static int name_directories(struct paths *paths)
{
	size_t count = 0;

	paths->directories = calloc(paths->directory_count + 1,
				    sizeof(*paths->directories));
	if (!paths->directories)
		return -ENOMEM;
	for (size_t i = 0; i < paths->count; i++) {
		const char *name;

		if (paths->by_instance[i].is_repeat)
			continue;
		name = make_directory_name(paths, paths->by_instance[i].text);
		if (!name)
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

	for (size_t i = first; i < end; i++) {
		uint32_t index = paths->by_instance[i].index;
		const char *text =
			connection_endpoint_text(paths->records[index].connection);
		const char *name = make_name(paths, text);

		if (!name)
			return -ENOMEM;
		paths->files[(*count)++] = (struct string_key){.text = name,
							       .index = index};
	}
	return 0;
}

static bool has_repeats(const struct string_key *keys, size_t count)
{

	for (size_t i = 0; i < count; i++)
		if (keys[i].is_repeat)
			return true;
	return false;
}

static int resolve_files(struct paths *paths, size_t count)
{
	struct wanted_name *claims = calloc(count, sizeof(*claims));
	int r = -ENOMEM;

	if (!claims)
		return r;
	for (size_t i = 0; i < count; i++)
		claims[i] = (struct wanted_name){
			.name = paths->files[i].text,
			.connection = paths->records[paths->files[i].index].connection,
		};
	r = name_collisions_resolve(claims, count, &paths->layout->names);
	for (size_t i = 0; i < count; i++)
		paths->files[i].text = claims[i].name;
	string_sort(paths->files, count);
	free(claims);
	return r;
}

static int add_renamed(struct snapshot_layout *layout, const char *endpoint)
{
	struct snapshot_renamed *renamed =
		array_grow(layout->renamed, layout->renamed_count, sizeof(*renamed));

	if (!renamed)
		return -ENOMEM;
	layout->renamed = renamed;
	layout->renamed[layout->renamed_count++] = (struct snapshot_renamed){
		.index = (uint32_t)layout->count, .endpoint = endpoint};
	return 0;
}

static int add_slot(struct paths *paths, const struct string_key *file)
{
	struct snapshot_layout *layout = paths->layout;
	const struct snapshot_record *record = &paths->records[file->index];
	bool is_other = file->text != connection_endpoint_text(record->connection);

	if (is_other && add_renamed(layout, file->text) < 0)
		return -ENOMEM;
	layout->slots[layout->count] = (struct snapshot_slot){
		.page = record->page,
		.record = record->number,
		.directory = (uint32_t)layout->directory_count & DIRECTORY_MAX,
		.is_renamed = is_other,
	};
	layout->by_identity[file->index] = (uint32_t)layout->count++;
	return 0;
}

static int add_slots(struct paths *paths, const char *directory, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = add_slot(paths, &paths->files[i]);
	paths->layout->directories[paths->layout->directory_count++] = directory;
	return r;
}

/* The directory whose name stands at @first and before @end: more than once where
 * two texts have one name. */
static int fill_directory(struct paths *paths, size_t first, size_t end)
{
	size_t count = 0;
	int r = 0;

	for (size_t i = first; i < end && r == 0; i++)
		r = gather_files(paths, paths->directories[i].index, &count);
	if (r < 0)
		return r;
	string_sort(paths->files, count);
	if (has_repeats(paths->files, count))
		r = resolve_files(paths, count);
	if (r == 0)
		r = add_slots(paths, paths->directories[first].text, count);
	return r;
}

static int fill_directories(struct paths *paths)
{
	size_t end;
	int r = 0;

	paths->files = calloc(paths->count + 1, sizeof(*paths->files));
	if (!paths->files)
		return -ENOMEM;
	for (size_t first = 0; first < paths->directory_count && r == 0; first = end) {
		end = string_run_end(paths->directories, paths->directory_count, first);
		r = fill_directory(paths, first, end);
	}
	return r;
}

static int allocate(struct paths *paths)
{
	struct snapshot_layout *layout = paths->layout;

	if (paths->directory_count > DIRECTORY_MAX)
		return -ENOMEM;
	layout->slots = calloc(paths->count + 1, sizeof(*layout->slots));
	layout->by_identity = calloc(paths->count + 1, sizeof(*layout->by_identity));
	layout->directories = calloc(paths->directory_count + 1, sizeof(char *));
	return !layout->slots || !layout->by_identity || !layout->directories ? -ENOMEM
									      : 0;
}

int snapshot_set_paths(struct snapshot_layout *layout,
		       const struct snapshot_record *records, size_t count)
{
	struct paths paths = {.layout = layout, .records = records, .count = count};
	int r = group_by_instance(&paths);

	if (r == 0)
		r = allocate(&paths);
	if (r == 0)
		r = name_directories(&paths);
	if (r == 0)
		r = fill_directories(&paths);
	free(paths.by_instance);
	free(paths.directories);
	free(paths.files);
	return r;
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
	size_t count = 0;

	for (size_t i = 0; i < snapshot_count(snapshot); i++) {
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
	size_t count;

	if (!keys)
		return -ENOMEM;
	count = gather_instances(snapshot, keys);
	string_sort(keys, count);
	for (size_t i = 0; i < count; i++)
		snapshot->layout->instance_count += !keys[i].is_repeat;
	free(keys);
	return 0;
}
