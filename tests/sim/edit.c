#include "tests/sim/edit.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"

/* The records that an edit is about. */
struct choice {
	size_t from;
	size_t to; /* not included */
	struct span where;
};

static bool read_numbers(struct span value, double *numbers, size_t count)
{
	cJSON *json = cJSON_ParseWithLength(value.at, value.len);
	bool is_right = true;

	if (!cJSON_IsArray(json)) {
		is_right = count == 1 && cJSON_IsNumber(json);
		*numbers = is_right ? json->valuedouble : 0;
	} else {
		is_right = (size_t)cJSON_GetArraySize(json) == count;
		for (size_t i = 0; i < count && is_right; i++) {
			const cJSON *item = cJSON_GetArrayItem(json, (int)i);

			is_right = cJSON_IsNumber(item);
			numbers[i] = is_right ? item->valuedouble : 0;
		}
	}
	for (size_t i = 0; i < count && is_right; i++)
		is_right = numbers[i] >= 0 && numbers[i] == floor(numbers[i]);
	cJSON_Delete(json);
	return is_right;
}

/* Every value must be a whole one, and of texts a string, so that applying cannot
 * fail halfway. */
static bool is_sound(struct span value, char open, bool is_texts)
{
	struct raw_cursor cursor;
	struct span name, item;

	if (*value.at != open || !raw_open(value, &cursor))
		return false;
	while (raw_next(&cursor, &name, &item)) {
		if (is_texts && *item.at != '"')
			return false;
	}
	return !cursor.is_broken;
}

static const char *check_member(struct span name, struct span value)
{
	double numbers[2];

	if (raw_is(name, "set"))
		return is_sound(value, '{', false) ? NULL : "set must be an object";
	if (raw_is(name, "unset"))
		return is_sound(value, '[', true) ? NULL
						  : "unset must be an array of names";
	if (raw_is(name, "where"))
		return is_sound(value, '{', true)
			       ? NULL
			       : "where must be an object of strings";
	if (raw_is(name, "add"))
		return is_sound(value, '[', false) ? NULL
						   : "add must be an array of records";
	if (raw_is(name, "range"))
		return read_numbers(value, numbers, 2)
			       ? NULL
			       : "range must be [first, behind the last]";
	if (raw_is(name, "at"))
		return read_numbers(value, numbers, 1) ? NULL : "at must be a number";
	if (raw_is(name, "remove"))
		return value.len == 4 && memcmp(value.at, "true", 4) == 0
			       ? NULL
			       : "remove can only be true";
	return "an edit has set, unset, remove, add, at, where and range, "
	       "and no other member";
}

const char *edits_check(struct span edits)
{
	struct raw_cursor outer, inner;
	struct span name, edit, value;
	const char *why = NULL;

	if (*edits.at != '[' || !raw_open(edits, &outer))
		return "edits must be an array";
	while (raw_next(&outer, &name, &edit)) {
		if (*edit.at != '{' || !raw_open(edit, &inner))
			return "an edit must be an object";
		while (raw_next(&inner, &name, &value)) {
			why = check_member(name, value);
			if (why)
				return why;
		}
		if (inner.is_broken)
			return "an edit is not JSON";
	}
	return outer.is_broken ? "edits are not JSON" : NULL;
}

static bool is_chosen(const struct record *record, struct span where)
{
	struct raw_cursor cursor;
	struct span name, value;
	bool is_equal = true;

	if (!raw_open(where, &cursor))
		return true;
	while (is_equal && raw_next(&cursor, &name, &value)) {
		char *field = raw_text(name);
		char *wanted = raw_text(value);
		char *found = field ? record_text(record, field) : NULL;

		is_equal = wanted && found && strcmp(wanted, found) == 0;
		free(field);
		free(wanted);
		free(found);
	}
	return is_equal;
}

static void choose(const struct listing *listing, struct span edit,
		   struct choice *choice)
{
	struct span value;
	double numbers[2];

	*choice = (struct choice){.to = listing->count};
	raw_find(edit, "where", &choice->where);
	if (!raw_find(edit, "range", &value) || !read_numbers(value, numbers, 2))
		return;
	choice->from = (size_t)numbers[0];
	if (numbers[1] < (double)listing->count)
		choice->to = (size_t)numbers[1];
}

static void change(struct record *record, struct span edit)
{
	struct raw_cursor cursor;
	struct span members, name, value;
	char *field = NULL;

	if (raw_find(edit, "set", &members) && raw_open(members, &cursor)) {
		while (raw_next(&cursor, &name, &value)) {
			field = raw_text(name);
			if (field)
				record_set(record, field, &value);
			free(field);
		}
	}
	if (raw_find(edit, "unset", &members) && raw_open(members, &cursor)) {
		while (raw_next(&cursor, &name, &value)) {
			field = raw_text(value);
			if (field)
				record_set(record, field, NULL);
			free(field);
		}
	}
}

static size_t change_chosen(struct listing *listing, struct span edit)
{
	struct choice choice;
	size_t touched = 0;

	choose(listing, edit, &choice);
	for (size_t i = choice.from; i < choice.to; i++) {
		if (is_chosen(&listing->records[i], choice.where)) {
			change(&listing->records[i], edit);
			touched++;
		}
	}
	return touched;
}

/* One pass over the records, so that removing half of a large listing is quick. */
static size_t remove_chosen(struct listing *listing, struct span edit)
{
	struct choice choice;
	size_t kept = 0, touched = 0;

	choose(listing, edit, &choice);
	for (size_t i = 0; i < listing->count; i++) {
		struct record *record = &listing->records[i];

		if (i >= choice.from && i < choice.to &&
		    is_chosen(record, choice.where)) {
			if (record->is_owned)
				free(record->raw);
			touched++;
		} else {
			listing->records[kept++] = *record;
		}
	}
	listing->count = kept;
	return touched;
}

static size_t add_records(struct listing *listing, struct span edit,
			  struct span records)
{
	struct raw_cursor cursor;
	struct span name, value;
	double at = (double)listing->count;
	size_t touched = 0;

	if (raw_find(edit, "at", &value))
		read_numbers(value, &at, 1);
	if (!raw_open(records, &cursor))
		return 0;
	while (raw_next(&cursor, &name, &value))
		listing_insert(listing, (size_t)at + touched++, value);
	return touched;
}

/* Whether ARNs stay as they are, as they do in the edits that come by thousands. */
static bool keeps_index(struct span edit)
{
	struct span members, value;

	return !raw_find(edit, "unset", &value) &&
	       (!raw_find(edit, "set", &members) ||
		(!raw_find(members, "EndpointArn", &value) &&
		 !raw_find(members, "ReplicationInstanceArn", &value)));
}

size_t edits_apply(struct listing *listing, struct span edits)
{
	struct raw_cursor cursor;
	struct span name, edit, value;
	bool is_moved = false;
	size_t touched = 0;

	if (!raw_open(edits, &cursor))
		return 0;
	while (raw_next(&cursor, &name, &edit)) {
		if (raw_find(edit, "add", &value)) {
			touched += add_records(listing, edit, value);
			is_moved = true;
		} else if (raw_find(edit, "remove", &value)) {
			touched += remove_chosen(listing, edit);
			is_moved = true;
		} else {
			touched += change_chosen(listing, edit);
			is_moved = is_moved || !keeps_index(edit);
		}
	}
	if (is_moved)
		listing_reindex(listing);
	return touched;
}

void deferred_edits_add(struct deferred_edit **list, struct span edits)
{
	struct deferred_edit *edit = alloc_zeroed(1, sizeof(*edit));

	edit->text = alloc_copy(edits.at, edits.len);
	edit->len = edits.len;
	while (*list)
		list = &(*list)->next;
	*list = edit;
}

void deferred_edits_apply(struct deferred_edit **list, struct listing *listing)
{
	for (const struct deferred_edit *edit = *list; edit; edit = edit->next)
		edits_apply(listing, (struct span){edit->text, edit->len});
	deferred_edits_clear(list);
}

void deferred_edits_clear(struct deferred_edit **list)
{
	while (*list) {
		struct deferred_edit *edit = *list;

		*list = edit->next;
		free(edit->text);
		free(edit);
	}
}
