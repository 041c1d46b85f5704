#include "fs/publish/cache_warmer.h"

#include "fs/tree/tree_read.h"

/* The end of the run of entries from @first on that share an instance. */
static size_t instance_end(const struct snapshot *snapshot, size_t first)
{
	const char *instance = snapshot_at(snapshot, first).instance;
	size_t end = first + 1;

	while (end < snapshot_count(snapshot) &&
	       snapshot_at(snapshot, end).instance == instance)
		end++;
	return end;
}

static int warm_instances(struct change *change, struct node *root,
			  const struct snapshot *snapshot, size_t max_files)
{
	size_t first = 0;
	int r = change_warm_directory(change, root);

	while (r == 0 && first < snapshot_count(snapshot)) {
		const char *instance = snapshot_at(snapshot, first).instance;
		struct node *directory = tree_find(change->tree, root, instance);
		size_t end = instance_end(snapshot, first);

		if (!directory || end > max_files)
			return 0;
		r = change_warm_directory(change, directory);
		first = end;
	}
	return r;
}

static int warm_statuses(struct change *change, struct node *by_status)
{
	struct node *node = NULL;
	uint64_t cookie = 0;
	int r = change_warm_directory(change, by_status);

	do {
		tree_lock_shared(change->tree);
		node = tree_next_locked(change->tree, by_status, cookie);
		tree_unlock(change->tree);
		if (r == 0 && node) {
			cookie = tree_cookie(node);
			r = change_warm_directory(change, node);
		}
	} while (r == 0 && node);
	return r;
}

void cache_warmer_run(struct change *change, const struct subtree *subtree,
		      const struct snapshot *snapshot, size_t max_files)
{
	int r = change_begin(change, 0);

	if (r == 0)
		r = warm_instances(change, subtree->root, snapshot, max_files);
	if (r == 0 && snapshot_count(snapshot) <= max_files)
		r = change_warm_directory(change, subtree->own);
	if (r == 0 && snapshot_count(snapshot) <= max_files)
		r = warm_statuses(change, subtree->by_status);
	change_end(change, r);
}
