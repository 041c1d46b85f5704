#include "src/snapshot/name_collisions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/strings.h"
#include "src/snapshot/names.h"

/* The steps after the names as they were wanted; those after the last hash again. */
enum step { STEP_PART, STEP_HASH };

struct resolution {
	struct wanted_name *names;
	struct arena *arena;	  /* for the names */
	struct arena candidates;  /* names of the step at hand */
	struct string_key *taken; /* names that are taken, sorted; index: whose */
	size_t taken_count;
	struct string_key *left; /* those without a name, by what they now want */
	size_t left_count;
};

static int compare_rank(const struct connection *a, const struct connection *b)
{
	static const enum connection_key_part parts[] = {
		CONNECTION_KEY_ENDPOINT_ARN,
		CONNECTION_KEY_INSTANCE_ARN,
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int order = strcmp(connection_key(a, parts[i]),
				   connection_key(b, parts[i]));

		if (order != 0)
			return order;
	}
	return connection_compare_identity(a, b);
}

/* The position of the key, among @count keys of one text, that goes first. */
static size_t find_first_in_rank(const struct resolution *resolution,
				 const struct string_key *keys, size_t count)
{
	const struct wanted_name *names = resolution->names;
	size_t first = 0;

	for (size_t i = 1; i < count; i++)
		if (compare_rank(names[keys[i].index].connection,
				 names[keys[first].index].connection) < 0)
			first = i;
	return first;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(((const struct string_key *)a)->text,
		      ((const struct string_key *)b)->text);
}

static bool is_taken(const struct resolution *resolution, const struct string_key *key)
{
	return resolution->taken_count > 0 &&
	       bsearch(key, resolution->taken, resolution->taken_count, sizeof(*key),
		       compare_texts);
}

static void add_field(struct name_hash *hash, const struct connection *connection,
		      enum connection_key_part arn, enum connection_key_part identifier)
{
	const char *text = connection_key(connection, arn);

	if (!*text)
		text = connection_key(connection, identifier);
	name_hash_add(hash, text, strlen(text));
}

static bool hash_connection(const struct connection *connection, unsigned int attempt,
			    char digits[NAME_HASH_SIZE])
{
	struct name_hash hash = {.context = NULL};
	char suffix[16];

	add_field(&hash, connection, CONNECTION_KEY_ENDPOINT_ARN,
		  CONNECTION_KEY_ENDPOINT_IDENTIFIER);
	name_hash_add(&hash, "\n", 1);
	add_field(&hash, connection, CONNECTION_KEY_INSTANCE_ARN,
		  CONNECTION_KEY_INSTANCE_IDENTIFIER);
	if (attempt > 0) {
		int len = snprintf(suffix, sizeof(suffix), "\n%u", attempt);

		name_hash_add(&hash, suffix, (size_t)len);
	}
	return name_hash_end(&hash, digits);
}

/* Writes the name wanted at @step into @name. Its length, 0: no memory. */
static size_t next_candidate(const struct wanted_name *wanted, unsigned int step,
			     char name[NAME_SIZE])
{
	const char *arn = wanted->connection->field[CONNECTION_ENDPOINT_ARN];
	const char *last = name_of_arn(arn);
	char suffix[NAME_SIZE];

	if (step == STEP_PART && last) {
		if (name_escape(last, suffix) == 0)
			return 0;
	} else if (!hash_connection(wanted->connection,
				    step > STEP_HASH ? step - STEP_HASH : 0, suffix)) {
		return 0;
	}
	return name_join(wanted->name, '~', suffix, name);
}

/* Gives each that is left the name it wants at @step, as a candidate. */
static int set_candidates(struct resolution *resolution, unsigned int step)
{
	char name[NAME_SIZE];

	for (size_t i = 0; i < resolution->left_count; i++) {
		struct string_key *key = &resolution->left[i];
		size_t len = next_candidate(&resolution->names[key->index], step, name);

		if (len == 0)
			return -ENOMEM;
		key->text = arena_copy(&resolution->candidates, name, len);
		if (!key->text)
			return -ENOMEM;
	}
	string_sort(resolution->left, resolution->left_count);
	return 0;
}

/* The one that @key stands for gets the name of @key. */
static int assign_name(struct resolution *resolution, const struct string_key *key)
{
	struct wanted_name *wanted = &resolution->names[key->index];
	const char *name = key->text;

	if (name != wanted->name)
		name = arena_copy(resolution->arena, name, strlen(name));
	if (!name)
		return -ENOMEM;
	wanted->name = name;
	return 0;
}

static void swap_keys(struct string_key *a, struct string_key *b)
{
	struct string_key key = *a;

	*a = *b;
	*b = key;
}

/*
 * One step: the first in rank of each run of those left gets the name, unless it
 * was taken at a step before. Winners gather behind the names taken, which are
 * searched as they stood before the step.
 */
static int take_step(struct resolution *resolution)
{
	struct string_key *left = resolution->left;
	size_t end, losers = 0, winners = resolution->taken_count;
	int r = 0;

	for (size_t first = 0; first < resolution->left_count && r == 0; first = end) {
		size_t run = first;

		end = string_run_end(left, resolution->left_count, first);
		if (!is_taken(resolution, &left[first])) {
			swap_keys(&left[first],
				  &left[first + find_first_in_rank(resolution,
								   left + first,
								   end - first)]);
			r = assign_name(resolution, &left[first]);
			resolution->taken[winners] = left[first];
			resolution->taken[winners++].text =
				resolution->names[left[first].index].name;
			run++;
		}
		memmove(left + losers, left + run, (end - run) * sizeof(*left));
		losers += end - run;
	}
	resolution->left_count = losers;
	resolution->taken_count = winners;
	string_sort(resolution->taken, winners);
	return r;
}

static int resolve(struct resolution *resolution)
{
	unsigned int step = STEP_PART;
	int r;

	string_sort(resolution->left, resolution->left_count);
	r = take_step(resolution);
	while (r == 0 && resolution->left_count > 0) {
		r = set_candidates(resolution, step++);
		if (r == 0)
			r = take_step(resolution);
		arena_fini(&resolution->candidates);
	}
	return r;
}

int name_collisions_resolve(struct wanted_name *names, size_t count,
			    struct arena *arena)
{
	struct resolution resolution = {
		.names = names,
		.arena = arena,
		.left_count = count,
	};
	int r = -ENOMEM;

	resolution.taken = calloc(count + 1, sizeof(*resolution.taken));
	resolution.left = calloc(count + 1, sizeof(*resolution.left));
	if (!resolution.taken || !resolution.left)
		goto out;
	for (size_t i = 0; i < count; i++)
		resolution.left[i] = (struct string_key){.text = names[i].name,
							 .index = (uint32_t)i};
	r = resolve(&resolution);
out:
	free(resolution.taken);
	free(resolution.left);
	return r;
}
