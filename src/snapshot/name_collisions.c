#include "src/snapshot/name_collisions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/string_sort.h"
#include "src/snapshot/name_hash.h"
#include "src/snapshot/names.h"

/* The steps after the claims as they came; those after the last hash again. */
enum step { STEP_PART, STEP_HASH };

struct settlement {
	struct name_claim *claims;
	struct arena *arena;	  /* names given */
	struct arena candidates;  /* names of the step at hand */
	struct string_key *taken; /* names given, sorted; index: the claim */
	size_t taken_count;
	struct string_key *left; /* claims without a name, by what they now want */
	size_t left_count;
};

static int compare_rank(const struct connection *a, const struct connection *b)
{
	static const enum connection_key_part parts[] = {
		CONNECTION_KEY_ENDPOINT_ARN,
		CONNECTION_KEY_INSTANCE_ARN,
	};
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int order = strcmp(connection_key(a, parts[i]),
				   connection_key(b, parts[i]));

		if (order != 0)
			return order;
	}
	return connection_compare_identity(a, b);
}

/* The position of the key, among @count keys of one text, that goes first. */
static size_t find_first_in_rank(const struct settlement *settlement,
				 const struct string_key *keys, size_t count)
{
	const struct name_claim *claims = settlement->claims;
	size_t i, first = 0;

	for (i = 1; i < count; i++)
		if (compare_rank(claims[keys[i].index].connection,
				 claims[keys[first].index].connection) < 0)
			first = i;
	return first;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(((const struct string_key *)a)->text,
		      ((const struct string_key *)b)->text);
}

static bool is_taken(const struct settlement *settlement, const struct string_key *key)
{
	return settlement->taken_count > 0 &&
	       bsearch(key, settlement->taken, settlement->taken_count, sizeof(*key),
		       compare_texts) != NULL;
}

static void add_field(struct name_hash *hash, const struct connection *connection,
		      enum connection_key_part arn, enum connection_key_part identifier)
{
	const char *text = connection_key(connection, arn);

	if (*text == '\0')
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

/* What @claim wants at @step, in @name. Its length, 0: no memory. */
static size_t next_candidate(const struct name_claim *claim, unsigned int step,
			     char name[NAME_SIZE])
{
	const char *arn = claim->connection->field[CONNECTION_ENDPOINT_ARN];
	const char *last = name_of_arn(arn);
	char suffix[NAME_SIZE];

	if (step == STEP_PART && last != NULL) {
		if (name_escape(last, suffix) == 0)
			return 0;
	} else if (!hash_connection(claim->connection,
				    step > STEP_HASH ? step - STEP_HASH : 0, suffix)) {
		return 0;
	}
	return name_join(claim->name, '~', suffix, name);
}

/* Gives every claim that is left the name it wants at @step, as a candidate. */
static int set_candidates(struct settlement *settlement, unsigned int step)
{
	char name[NAME_SIZE];
	size_t i;

	for (i = 0; i < settlement->left_count; i++) {
		struct string_key *key = &settlement->left[i];
		size_t len = next_candidate(&settlement->claims[key->index], step,
					    name);

		if (len == 0)
			return -ENOMEM;
		key->text = arena_copy(&settlement->candidates, name, len);
		if (key->text == NULL)
			return -ENOMEM;
	}
	string_sort(settlement->left, settlement->left_count);
	return 0;
}

/* The claim of @key gets the name of @key. */
static int give(struct settlement *settlement, const struct string_key *key)
{
	struct name_claim *claim = &settlement->claims[key->index];
	const char *name = key->text;

	if (name != claim->name)
		name = arena_copy(settlement->arena, name, strlen(name));
	if (name == NULL)
		return -ENOMEM;
	claim->name = name;
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
static int take_step(struct settlement *settlement)
{
	struct string_key *left = settlement->left;
	size_t first, end, losers = 0, winners = settlement->taken_count;
	int result = 0;

	for (first = 0; first < settlement->left_count && result == 0; first = end) {
		size_t run = first;

		end = string_run_end(left, settlement->left_count, first);
		if (!is_taken(settlement, &left[first])) {
			swap_keys(&left[first],
				  &left[first + find_first_in_rank(settlement,
								   left + first,
								   end - first)]);
			result = give(settlement, &left[first]);
			settlement->taken[winners] = left[first];
			settlement->taken[winners++].text =
				settlement->claims[left[first].index].name;
			run++;
		}
		memmove(left + losers, left + run, (end - run) * sizeof(*left));
		losers += end - run;
	}
	settlement->left_count = losers;
	settlement->taken_count = winners;
	string_sort(settlement->taken, winners);
	return result;
}

static int settle(struct settlement *settlement)
{
	unsigned int step = STEP_PART;
	int result;

	string_sort(settlement->left, settlement->left_count);
	result = take_step(settlement);
	while (result == 0 && settlement->left_count > 0) {
		result = set_candidates(settlement, step++);
		if (result == 0)
			result = take_step(settlement);
		arena_fini(&settlement->candidates);
	}
	return result;
}

int name_claims_settle(struct name_claim *claims, size_t count, struct arena *arena)
{
	struct settlement settlement = {
		.claims = claims,
		.arena = arena,
		.left_count = count,
	};
	int result = -ENOMEM;
	size_t i;

	settlement.taken = calloc(count + 1, sizeof(*settlement.taken));
	settlement.left = calloc(count + 1, sizeof(*settlement.left));
	if (settlement.taken == NULL || settlement.left == NULL)
		goto out;
	for (i = 0; i < count; i++)
		settlement.left[i] = (struct string_key){.text = claims[i].name,
							 .index = (uint32_t)i};
	result = settle(&settlement);
out:
	free(settlement.taken);
	free(settlement.left);
	return result;
}
