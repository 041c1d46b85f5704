#include "fs/publish/populate.h"

#include <string.h>

#include "fs/content/status_link.h"

static const struct node_content a_directory = {.kind = NODE_DIRECTORY};
static const struct node_content an_empty_file = {.kind = NODE_TEXT};
static const struct node_content an_uncached_file = {.kind = NODE_TEXT,
						     .is_uncached = true};

static int add_own_files(struct tree *tree, int64_t mtime_ns, struct subtree *subtree)
{
	const struct {
		const char *name;
		const struct node_content *content;
		struct node **node;
	} files[] = {
		{"status", &an_uncached_file, &subtree->status},
		{"changes", &an_empty_file, NULL},
		{"refresh", &an_empty_file, &subtree->refresh},
		{"by-status", &a_directory, &subtree->by_status},
	};
	int r = tree_add(tree, subtree->root, ".dmsfs", &a_directory, mtime_ns,
			 &subtree->own);

	for (size_t i = 0; r == 0 && i < sizeof(files) / sizeof(files[0]); i++)
		r = tree_add(tree, subtree->own, files[i].name, files[i].content,
			     mtime_ns, files[i].node);
	for (size_t i = 0; r == 0 && i < LINK_KNOWN_STATUSES; i++)
		r = tree_add(tree, subtree->by_status, link_known_status(i),
			     &a_directory, mtime_ns, NULL);
	return r;
}

static int add_link(struct tree *tree, struct node *by_status,
		    const struct snapshot_entry *entry, int64_t mtime_ns)
{
	struct node_content content = {.kind = NODE_LINK};
	char target[LINK_TARGET_SIZE];
	struct node *directory = NULL;
	struct link link;
	int r = 0;

	if (!link_of(entry, &link))
		return 0;
	directory = tree_find(tree, by_status, link.status);
	if (!directory)
		r = tree_add(tree, by_status, link.status, &a_directory, mtime_ns,
			     &directory);
	if (r < 0)
		return r;
	link_target(entry, target);
	content.text = target;
	content.text_len = strlen(target);
	return tree_add(tree, directory, link.name, &content, mtime_ns, NULL);
}

/* Each link right after its file, from which it takes its name, while all of it is at
 * hand. */
static int add_connections(struct tree *tree, const struct subtree *subtree,
			   const struct snapshot *snapshot, int64_t mtime_ns)
{
	const char *instance = NULL;
	struct node *directory = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);
		const struct node_content content = {.kind = NODE_CONNECTION,
						     .connection = entry.connection};

		if (entry.instance != instance)
			r = tree_add(tree, subtree->root, entry.instance, &a_directory,
				     mtime_ns, &directory);
		instance = entry.instance;
		if (r == 0)
			r = tree_add(tree, directory, entry.endpoint, &content,
				     mtime_ns, NULL);
		if (r == 0)
			r = add_link(tree, subtree->by_status, &entry, mtime_ns);
	}
	return r;
}

int populate(struct tree *tree, const struct snapshot *snapshot, int64_t mtime_ns,
	     struct subtree *subtree)
{
	int r = add_own_files(tree, mtime_ns, subtree);

	return r < 0 ? r : add_connections(tree, subtree, snapshot, mtime_ns);
}
