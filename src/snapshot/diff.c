#include "src/snapshot/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/snapshot/snapshot_private.h"

/* One of the two snapshots. */
struct side {
	const struct snapshot *snapshot;
	size_t count;
	size_t next;
	struct snapshot_entry entry; /* the one at hand; no connection: the end */
};

struct walk {
	struct diff *diff;
	struct side before;
	struct side after;
	/* Entries of one instance share its name's pointer: names are compared once for
	 * a pair of directories, not once for a pair of files. */
	const char *instance_before;
	const char *instance_after;
	int instance_order;
	/* The texts that were compared last and found equal: most repeat, and one that
	 * repeats in a page is one string. */
	struct connection equal_before;
	struct connection equal_after;
	/* The instance at hand. */
	const char *instance;
	size_t first_change;
	bool was_there;
	bool is_there;
};

static void advance_side(struct side *side)
{
	if (side->next < side->count)
		side->entry = snapshot_at(side->snapshot, side->next);
	else
		side->entry = (struct snapshot_entry){.instance = NULL};
	side->next++;
}

static int compare_paths(struct walk *walk)
{
	const struct snapshot_entry *before = &walk->before.entry;
	const struct snapshot_entry *after = &walk->after.entry;
	int order = 0;

	if (!before->instance || !after->instance)
		return before->instance ? -1 : 1;
	if (before->instance != walk->instance_before ||
	    after->instance != walk->instance_after) {
		walk->instance_before = before->instance;
		walk->instance_after = after->instance;
		walk->instance_order = strcmp(before->instance, after->instance);
	}
	if (walk->instance_order != 0)
		return walk->instance_order;
	order = before->endpoint == after->endpoint
			? 0
			: strcmp(before->endpoint, after->endpoint);
	/* Mostly the name is this field. */
	if (order == 0) {
		walk->equal_before.field[CONNECTION_ENDPOINT_IDENTIFIER] =
			before->endpoint;
		walk->equal_after.field[CONNECTION_ENDPOINT_IDENTIFIER] =
			after->endpoint;
	}
	return order;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* An absent field is the same as an empty one. */
static bool is_same_field(struct walk *walk, size_t field, const char *before,
			  const char *after)
{
	const char **equal_before = &walk->equal_before.field[field];
	const char **equal_after = &walk->equal_after.field[field];

	if (before == after || (before == *equal_before && after == *equal_after))
		return true;
	if (strcmp(before ? before : "", after ? after : "") != 0)
		return false;
	*equal_before = before;
	*equal_after = after;
	return true;
}

static unsigned compare_connections(struct walk *walk, const struct connection *before,
				    const struct connection *after)
{
	static const unsigned kind_of[CONNECTION_FIELDS] = {
		[CONNECTION_STATUS] = DIFF_STATUS,
		[CONNECTION_ENDPOINT_IDENTIFIER] = DIFF_IDENTITY,
		[CONNECTION_ENDPOINT_ARN] = DIFF_IDENTITY,
		[CONNECTION_REPLICATION_INSTANCE_IDENTIFIER] = DIFF_IDENTITY,
		[CONNECTION_REPLICATION_INSTANCE_ARN] = DIFF_IDENTITY,
		[CONNECTION_LAST_FAILURE_MESSAGE] = DIFF_TEXT,
	};
	unsigned kinds = 0;

	for (size_t i = 0; i < CONNECTION_FIELDS; i++)
		if (!is_same_field(walk, i, before->field[i], after->field[i]))
			kinds |= kind_of[i];
	return kinds;
}

static unsigned compare_entries(struct walk *walk, const struct snapshot_entry *before,
				const struct snapshot_entry *after)
{
	static const struct connection nothing;
	const struct connection *old = before->connection ? before->connection
							  : &nothing;
	const struct connection *new = after->connection ? after->connection : &nothing;
	unsigned kinds = old == new ? 0 : compare_connections(walk, old, new);

	if ((kinds & DIFF_STATUS) || (!is_same_text(before->link, after->link) &&
				      connection_text(new, CONNECTION_STATUS)))
		kinds |= DIFF_LINK;
	return kinds;
}

/* The entry of a path that is not there is all NULL, and gets the other's names. */
static void append_change(struct diff *diff, const struct snapshot_entry *before,
			  const struct snapshot_entry *after, unsigned kinds)
{
	struct diff_change *change = &diff->changes[diff->count++];

	change->before = *before;
	change->after = *after;
	change->kinds = kinds;
	if (!before->instance) {
		change->before.instance = after->instance;
		change->before.endpoint = after->endpoint;
	}
	if (!after->instance) {
		change->after.instance = before->instance;
		change->after.endpoint = before->endpoint;
	}
	diff->different += kinds != 0;
}

/* An instance that comes or goes has nothing but changes. */
static void leave_instance(struct walk *walk)
{
	struct diff *diff = walk->diff;

	if (!walk->instance || diff->count == walk->first_change)
		return;
	if (!walk->was_there)
		diff->changes[walk->first_change].kinds |= DIFF_INSTANCE_COMES;
	if (!walk->is_there)
		diff->changes[diff->count - 1].kinds |= DIFF_INSTANCE_GOES;
}

static void enter_instance(struct walk *walk, const struct snapshot_entry *before,
			   const struct snapshot_entry *after)
{
	const char *instance = after->instance ? after->instance : before->instance;

	if (walk->instance != instance &&
	    (!walk->instance || strcmp(walk->instance, instance) != 0)) {
		leave_instance(walk);
		walk->first_change = walk->diff->count;
		walk->was_there = false;
		walk->is_there = false;
	}
	walk->instance = instance;
	walk->was_there |= before->connection != NULL;
	walk->is_there |= after->connection != NULL;
}

/* The path that comes first of the two at hand. */
static void take_path(struct walk *walk)
{
	static const struct snapshot_entry absent;
	const int order = compare_paths(walk);
	const struct snapshot_entry *before = order <= 0 ? &walk->before.entry
							 : &absent;
	const struct snapshot_entry *after = order >= 0 ? &walk->after.entry : &absent;
	const unsigned kinds = compare_entries(walk, before, after);

	enter_instance(walk, before, after);
	if (kinds || before->connection != after->connection)
		append_change(walk->diff, before, after, kinds);
	if (order <= 0)
		advance_side(&walk->before);
	if (order >= 0)
		advance_side(&walk->after);
}

static void walk_paths(struct walk *walk)
{
	advance_side(&walk->before);
	advance_side(&walk->after);
	while (walk->before.entry.instance || walk->after.entry.instance)
		take_path(walk);
	leave_instance(walk);
}

/*
 * Both have the same paths in the same places, with the same names of links, which
 * depend on no status: only the records of other pages can differ.
 */
static void compare_pages(struct walk *walk)
{
	struct diff *diff = walk->diff;
	const struct snapshot *before = diff->before;
	const struct snapshot *after = diff->after;
	const struct snapshot_layout *layout = after->layout;

	for (size_t i = 0; i < layout->count; i++) {
		uint32_t page = layout->slots[i].page;
		struct snapshot_entry old;
		struct snapshot_entry new;

		if (before->pages[page] == after->pages[page])
			continue;
		old = snapshot_at(before, i);
		new = snapshot_at(after, i);
		append_change(diff, &old, &new, compare_entries(walk, &old, &new));
	}
}

int snapshot_diff(struct snapshot *before, struct snapshot *after, struct diff *diff)
{
	struct walk walk = {
		.diff = diff,
		.before = {.snapshot = before,
			   .count = before ? snapshot_count(before) : 0},
		.after = {.snapshot = after, .count = snapshot_count(after)},
	};
	const bool is_same_layout = before && before->layout == after->layout;
	/* Without a layout in common no path may be, either. Memory that is not used is
	 * not touched. */
	const size_t most = (is_same_layout ? 0 : walk.before.count) + walk.after.count;
	struct diff_change *changes = reallocarray(NULL, most ? most : 1,
						   sizeof(*changes));

	*diff = (struct diff){.changes = changes};
	if (!changes)
		return -ENOMEM;
	diff->before = before ? snapshot_ref(before) : NULL;
	diff->after = snapshot_ref(after);
	if (is_same_layout)
		compare_pages(&walk);
	else
		walk_paths(&walk);
	return 0;
}

void diff_fini(struct diff *diff)
{
	free(diff->changes);
	snapshot_unref(diff->before);
	snapshot_unref(diff->after);
	*diff = (struct diff){.changes = NULL};
}
