#include "fs/publish/populate.h"

#include <string.h>

int plant_connections(struct tree *tree, const struct snapshot *snapshot,
		      int64_t mtime_ns)
{
	const struct node_content a_directory = {.kind = NODE_DIRECTORY};
	const char *instance = NULL;
	struct node *directory = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);
		const struct node_content content = {.kind = NODE_CONNECTION,
						     .connection = entry.connection};

		if (!instance || strcmp(instance, entry.instance) != 0)
			r = tree_add(tree, tree_root(tree), entry.instance,
				     &a_directory, mtime_ns, &directory);
		instance = entry.instance;
		if (r == 0)
			r = tree_add(tree, directory, entry.endpoint, &content,
				     mtime_ns, NULL);
	}
	return r;
}
