#include "src/snapshot/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/array.h"
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
	/* The instance at hand. */
	const char *instance;
	size_t first_change;
	bool was_there;
	bool is_there;
};

static void advance_side(struct side *side)
{
	side->entry = (struct snapshot_entry){.instance = NULL};
	if (side->next < side->count)
		side->entry = snapshot_at(side->snapshot, side->next);
	side->next++;
}

static int compare_paths(struct walk *walk)
{
	const struct snapshot_entry *before = &walk->before.entry;
	const struct snapshot_entry *after = &walk->after.entry;

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
	return before->endpoint == after->endpoint
		       ? 0
		       : strcmp(before->endpoint, after->endpoint);
}

/* The change at the path that comes first of the two at hand. */
static struct diff_change take_change(struct walk *walk)
{
	struct diff_change change = {.kinds = 0};
	int order = compare_paths(walk);

	if (order <= 0)
		change.before = walk->before.entry;
	if (order >= 0)
		change.after = walk->after.entry;
	if (order < 0) {
		change.after.instance = change.before.instance;
		change.after.endpoint = change.before.endpoint;
	}
	if (order > 0) {
		change.before.instance = change.after.instance;
		change.before.endpoint = change.after.endpoint;
	}
	if (order <= 0)
		advance_side(&walk->before);
	if (order >= 0)
		advance_side(&walk->after);
	return change;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static unsigned compare_connections(const struct connection *before,
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
		if (!is_same_text(before->field[i], after->field[i]))
			kinds |= kind_of[i];
	return kinds;
}

static unsigned compare_entries(const struct snapshot_entry *before,
				const struct snapshot_entry *after)
{
	static const struct connection nothing;
	const struct connection *old = before->connection ? before->connection
							  : &nothing;
	const struct connection *new = after->connection ? after->connection : &nothing;
	unsigned kinds = old == new ? 0 : compare_connections(old, new);

	if ((kinds & DIFF_STATUS) ||
	    (new->field[CONNECTION_STATUS] && !is_same_text(before->link, after->link)))
		kinds |= DIFF_LINK;
	return kinds;
}

static int append_change(struct diff *diff, const struct diff_change *change)
{
	struct diff_change *changes = array_grow(diff->changes, diff->count,
						 sizeof(*changes));

	if (!changes)
		return -ENOMEM;
	diff->changes = changes;
	diff->changes[diff->count++] = *change;
	diff->different += change->kinds != 0;
	return 0;
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

static void enter_instance(struct walk *walk, const struct diff_change *change)
{
	const char *instance = change->after.instance;

	if (walk->instance != instance &&
	    (!walk->instance || strcmp(walk->instance, instance) != 0)) {
		leave_instance(walk);
		walk->first_change = walk->diff->count;
		walk->was_there = false;
		walk->is_there = false;
	}
	walk->instance = instance;
	walk->was_there |= change->before.connection != NULL;
	walk->is_there |= change->after.connection != NULL;
}

static int walk_paths(struct walk *walk)
{
	int r = 0;

	advance_side(&walk->before);
	advance_side(&walk->after);
	while (r == 0 && (walk->before.entry.instance || walk->after.entry.instance)) {
		struct diff_change change = take_change(walk);

		enter_instance(walk, &change);
		change.kinds = compare_entries(&change.before, &change.after);
		if (change.kinds || change.before.connection != change.after.connection)
			r = append_change(walk->diff, &change);
	}
	leave_instance(walk);
	return r;
}

/*
 * Both have the same paths in the same places, with the same names of links, which
 * depend on no status: only the records of other pages can differ.
 */
static int compare_pages(struct diff *diff)
{
	const struct snapshot *before = diff->before;
	const struct snapshot *after = diff->after;
	const struct snapshot_layout *layout = after->layout;
	int r = 0;

	for (size_t i = 0; i < layout->count && r == 0; i++) {
		uint32_t page = layout->slots[i].page;
		struct diff_change change;

		if (before->pages[page] == after->pages[page])
			continue;
		change = (struct diff_change){.before = snapshot_at(before, i),
					      .after = snapshot_at(after, i)};
		change.kinds = compare_entries(&change.before, &change.after);
		r = append_change(diff, &change);
	}
	return r;
}

int snapshot_diff(struct snapshot *before, struct snapshot *after, struct diff *diff)
{
	struct walk walk = {
		.diff = diff,
		.before = {.snapshot = before,
			   .count = before ? snapshot_count(before) : 0},
		.after = {.snapshot = after, .count = snapshot_count(after)},
	};
	int r = 0;

	*diff = (struct diff){.before = before ? snapshot_ref(before) : NULL,
			      .after = snapshot_ref(after)};
	r = before && before->layout == after->layout ? compare_pages(diff)
						      : walk_paths(&walk);
	if (r < 0)
		diff_fini(diff);
	return r;
}

void diff_fini(struct diff *diff)
{
	free(diff->changes);
	snapshot_unref(diff->before);
	snapshot_unref(diff->after);
	*diff = (struct diff){.changes = NULL};
}
