#include <string.h>

#include "src/snapshot/snapshot_private.h"

struct walk {
	const struct snapshot *snapshot;
	size_t index;
	bool is_read; /* entry is that of the index */
	struct snapshot_entry entry;
};

/* Entries of one instance share its name's pointer: it is compared once for a
 * pair of directories, not once for a pair of files. */
struct directories {
	const char *before;
	const char *after;
	int order;
};

/* The entry that the walk is at, or NULL at the end. */
static const struct snapshot_entry *peek(struct walk *walk)
{
	if (walk->snapshot == NULL || walk->index >= snapshot_count(walk->snapshot))
		return NULL;
	if (!walk->is_read)
		walk->entry = snapshot_at(walk->snapshot, walk->index);
	walk->is_read = true;
	return &walk->entry;
}

static void step(struct walk *walk)
{
	walk->index++;
	walk->is_read = false;
}

static int compare_paths(struct directories *directories,
			 const struct snapshot_entry *before,
			 const struct snapshot_entry *after)
{
	if (before->instance != directories->before ||
	    after->instance != directories->after) {
		directories->before = before->instance;
		directories->after = after->instance;
		directories->order = strcmp(before->instance, after->instance);
	}
	if (directories->order != 0)
		return directories->order;
	if (before->endpoint == after->endpoint)
		return 0;
	return strcmp(before->endpoint, after->endpoint);
}

static enum snapshot_change compare_records(const struct snapshot_entry *before,
					    const struct snapshot_entry *after)
{
	return connection_equal(before->connection, after->connection)
		       ? SNAPSHOT_SAME
		       : SNAPSHOT_CHANGED;
}

/* What comes next, with NULL in place of the side that does not have it. */
static enum snapshot_change take_next(struct directories *directories,
				      const struct snapshot_entry **before,
				      const struct snapshot_entry **after)
{
	int order = 0;

	if (*before == NULL)
		return SNAPSHOT_ADDED;
	if (*after == NULL)
		return SNAPSHOT_REMOVED;
	order = compare_paths(directories, *before, *after);
	if (order < 0) {
		*after = NULL;
		return SNAPSHOT_REMOVED;
	}
	if (order > 0) {
		*before = NULL;
		return SNAPSHOT_ADDED;
	}
	return compare_records(*before, *after);
}

/* Both have the same paths, in the same places: only what stands in pages that are
 * others can differ. */
static int diff_revised(const struct snapshot *before, const struct snapshot *after,
			int (*visit)(void *data, enum snapshot_change change,
				     const struct snapshot_entry *before,
				     const struct snapshot_entry *after),
			void *data)
{
	const struct snapshot_frame *frame = before->frame;
	int result = 0;
	size_t i;

	for (i = 0; i < frame->count && result == 0; i++) {
		uint32_t page = frame->places[i].page;
		struct snapshot_entry old, new;

		if (before->pages[page] == after->pages[page])
			continue;
		old = snapshot_at(before, i);
		new = snapshot_at(after, i);
		result = visit(data, compare_records(&old, &new), &old, &new);
	}
	return result;
}

int snapshot_diff(const struct snapshot *before, const struct snapshot *after,
		  int (*visit)(void *data, enum snapshot_change change,
			       const struct snapshot_entry *before,
			       const struct snapshot_entry *after),
		  void *data)
{
	struct walk left = {.snapshot = before};
	struct walk right = {.snapshot = after};
	struct directories directories = {.before = "", .after = ""};
	int result = 0;

	if (before != NULL && after != NULL && before->frame == after->frame)
		return diff_revised(before, after, visit, data);
	while (result == 0) {
		const struct snapshot_entry *old = peek(&left);
		const struct snapshot_entry *new = peek(&right);
		enum snapshot_change change;

		if (old == NULL && new == NULL)
			break;
		change = take_next(&directories, &old, &new);
		result = visit(data, change, old, new);
		if (old != NULL)
			step(&left);
		if (new != NULL)
			step(&right);
	}
	return result;
}
