#include "fs/publish/cache_warmer.h"

#include <stdio.h>

#include "fs/tree/tree_read.h"

static int warm(const struct orders *orders, const char *path)
{
	return orders_give(orders, ORDER_WARM, path);
}

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

static int warm_instances(const struct orders *orders, const struct snapshot *snapshot,
			  size_t max_files)
{
	size_t first = 0;
	int r = warm(orders, ".");

	while (r == 0 && first < snapshot_count(snapshot)) {
		size_t end = instance_end(snapshot, first);

		if (end > max_files)
			return 0;
		r = warm(orders, snapshot_at(snapshot, first).instance);
		first = end;
	}
	return r;
}

static int warm_statuses(const struct orders *orders, struct tree *tree,
			 const struct node *by_status)
{
	char path[ORDER_PATH_SIZE];
	char name[TREE_NAME_SIZE];
	struct node *node = NULL;
	uint64_t cookie = 0;
	int r = warm(orders, CONTROL_BY_STATUS);

	while (r == 0) {
		tree_lock_shared(tree);
		node = tree_next_locked(tree, by_status, cookie);
		if (node) {
			cookie = tree_cookie(node);
			snprintf(path, sizeof(path), CONTROL_BY_STATUS "/%s",
				 tree_name(tree, node, name));
		}
		tree_unlock(tree);
		if (!node)
			break;
		r = warm(orders, path);
	}
	return r;
}

void warmup_run(const struct orders *orders, struct tree *tree,
		const struct control *control, const struct snapshot *snapshot,
		size_t max_files)
{
	int r = orders_begin(orders);

	if (r == 0)
		r = warm_instances(orders, snapshot, max_files);
	if (r == 0 && snapshot_count(snapshot) <= max_files &&
	    warm(orders, CONTROL_DIRECTORY) == 0)
		warm_statuses(orders, tree, control->by_status);
	orders_end(orders);
}
