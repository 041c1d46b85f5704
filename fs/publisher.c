#include "publisher.h"

#include <string.h>

static int add_entry(struct tree *tree, struct node *directory,
		     const struct snapshot_entry *entry, int64_t mtime_ns)
{
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = entry->connection};

	return tree_add(tree, directory, entry->endpoint, &content, mtime_ns, NULL);
}

static int add_directory(struct tree *tree, const char *name, int64_t mtime_ns,
			 struct node **directory)
{
	const struct node_content content = {.kind = NODE_DIRECTORY};

	return tree_add(tree, tree_root(tree), name, &content, mtime_ns, directory);
}

int publisher_fill(struct tree *tree, const struct snapshot *snapshot, int64_t mtime_ns)
{
	const char *instance = NULL;
	struct node *directory = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry *entry = snapshot_at(snapshot, i);

		if (!instance || strcmp(instance, entry->instance) != 0)
			r = add_directory(tree, entry->instance, mtime_ns, &directory);
		instance = entry->instance;
		if (r == 0)
			r = add_entry(tree, directory, entry, mtime_ns);
	}
	return r;
}
