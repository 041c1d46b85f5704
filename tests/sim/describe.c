/* DescribeConnections. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/base/alloc.h"
#include "tests/sim/call.h"

enum {
	BY_ENDPOINT,
	BY_INSTANCE,
};

/* Groups of an index; a filter's values that are ARNs of no record are left out. */
struct group_set {
	bool is_given;
	uint32_t *groups; /* ascending */
	size_t count;
};

/* The records of one page, and one more when there are more. */
struct page {
	size_t *records;
	size_t count;
	size_t max;
};

static int compare_groups(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_records(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void read_groups(const struct index *index, const cJSON *values,
			struct group_set *set)
{
	size_t size = (size_t)cJSON_GetArraySize(values);
	const cJSON *value = NULL;
	uint32_t group;

	*set = (struct group_set){.is_given = values != NULL};
	if (!values)
		return;
	set->groups = alloc_zeroed(size, sizeof(*set->groups));
	cJSON_ArrayForEach(value, values)
	{
		group = index_find(index, value->valuestring);
		if (group != INDEX_NONE)
			set->groups[set->count++] = group;
	}
	qsort(set->groups, set->count, sizeof(*set->groups), compare_groups);
	size = 0;
	for (size_t i = 0; i < set->count; i++) {
		if (size == 0 || set->groups[size - 1] != set->groups[i])
			set->groups[size++] = set->groups[i];
	}
	set->count = size;
}

static bool has_group(const struct group_set *set, uint32_t group)
{
	return !set->is_given ||
	       bsearch(&group, set->groups, set->count, sizeof(group), compare_groups);
}

/* The first member of @group from @position on. */
static size_t first_member(const struct group *group, size_t position)
{
	size_t low = 0, high = group->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (group->members[middle] < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Takes from each group what the page could need; the order comes afterwards. */
static void select_groups(const struct listing *listing, const struct index *index,
			  const struct group_set *sets, size_t position,
			  struct page *page)
{
	const struct group_set *by = &sets[index == &listing->instances];

	page->records = alloc_resized(page->records, by->count * (page->max + 1),
				      sizeof(*page->records));
	for (size_t i = 0; i < by->count; i++) {
		const struct group *group = &index->groups[by->groups[i]];
		size_t taken = 0;

		for (size_t at = first_member(group, position);
		     at < group->count && taken <= page->max; at++) {
			const struct record *record =
				&listing->records[group->members[at]];

			if (!has_group(&sets[BY_ENDPOINT], record->endpoint) ||
			    !has_group(&sets[BY_INSTANCE], record->instance))
				continue;
			page->records[page->count++] = group->members[at];
			taken++;
		}
	}
	qsort(page->records, page->count, sizeof(*page->records), compare_records);
}

static void select_records(const struct listing *listing, const struct group_set *sets,
			   size_t position, struct page *page)
{
	if (sets[BY_ENDPOINT].is_given) {
		select_groups(listing, &listing->endpoints, sets, position, page);
	} else if (sets[BY_INSTANCE].is_given) {
		select_groups(listing, &listing->instances, sets, position, page);
	} else {
		page->records = alloc_zeroed(page->max + 1, sizeof(*page->records));
		for (size_t i = position;
		     i < listing->count && page->count <= page->max; i++)
			page->records[page->count++] = i;
	}
}

static void add_records(struct call *call, const struct page *page)
{
	const struct fault_use *fault = &call->response->fault;
	const struct listing *listing = call->sim->listing;
	struct buf *body = &call->response->body;
	size_t count = page->count < page->max ? page->count : page->max;
	size_t times = 1;
	const char *separator = "";

	if (fault->kind == FAULT_DUPLICATE_RECORDS)
		times = (size_t)fault_number(fault, "times", 2);
	if (fault->kind == FAULT_ENDLESS_MARKERS && fault_flag(fault, "empty"))
		count = 0;
	buf_adds(body, "{\"Connections\":[");
	for (size_t i = 0; i < count * times; i++) {
		const struct record *record =
			&listing->records[page->records[i / times]];

		buf_adds(body, separator);
		buf_add(body, record->raw, record->len);
		separator = ",";
	}
	buf_adds(body, "]");
}

static void response_page(struct call *call, const struct page *page)
{
	bool has_more = page->count > page->max;

	if (page->count == 0 && call->has_filters && !call->marker &&
	    call->sim->settings.not_found_fault) {
		response_error(call->response, 400, "ResourceNotFoundFault",
			       "No Connections found matching provided filters");
		return;
	}
	add_records(call, page);
	call_add_marker(call, has_more,
			has_more ? page->records[page->max - 1] + 1 : 0);
	buf_adds(&call->response->body, "}");
}

void describe_connections(struct call *call)
{
	static const char *const names[] = {
		[BY_ENDPOINT] = "endpoint-arn",
		[BY_INSTANCE] = "replication-instance-arn",
	};
	const cJSON *values[sizeof(names) / sizeof(*names)];
	struct group_set sets[sizeof(names) / sizeof(*names)];
	struct page page = {0};

	if (!call_check_paging(call, &page.max) ||
	    !call_read_filters(call, names, sizeof(names) / sizeof(*names), values))
		return;
	if (!call->marker && !call->has_filters)
		deferred_edits_apply(&call->sim->deferred, call->sim->listing);
	read_groups(&call->sim->listing->endpoints, values[BY_ENDPOINT],
		    &sets[BY_ENDPOINT]);
	read_groups(&call->sim->listing->instances, values[BY_INSTANCE],
		    &sets[BY_INSTANCE]);
	select_records(call->sim->listing, sets, call->position, &page);
	response_page(call, &page);
	free(sets[BY_ENDPOINT].groups);
	free(sets[BY_INSTANCE].groups);
	free(page.records);
}
