#include "fs/publish/populate.h"

#include <string.h>

#include "fs/content/status_link.h"

static const struct node_content a_directory = {.kind = NODE_DIRECTORY};
static const struct node_content an_empty_file = {.kind = NODE_TEXT};
static const struct node_content an_uncached_file = {.kind = NODE_TEXT,
						     .is_uncached = true};
static const struct node_content a_view = {.kind = NODE_VIEW};

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
		{"connections.json", &a_view, &subtree->connections_json},
		{"metrics.prom", &a_view, &subtree->metrics},
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
		    const struct snapshot_entry *entry, int64_t mtime_ns,
		    int64_t since_ns)
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
	return tree_add(tree, directory, link.name, &content, since_ns, NULL);
}

/* The instance whose connections begin at *@next, which becomes the end of them. Its
 * links come right after its files, from which they take their names, while all of it
 * is at hand, and not in between: a directory is quick to read on where its entries
 * were added one after the other. */
static int add_instance(struct tree *tree, const struct subtree *subtree,
			const struct snapshot *snapshot, const struct age *ages,
			int64_t mtime_ns, size_t *next)
{
	struct snapshot_entry entry = snapshot_at(snapshot, *next);
	const char *instance = entry.instance;
	const size_t first = *next;
	struct node *directory = NULL;
	int r = tree_add(tree, subtree->root, instance, &a_directory, mtime_ns,
			 &directory);

	while (r == 0 && entry.instance == instance) {
		const struct node_content content = {.kind = NODE_CONNECTION,
						     .connection = entry.connection};

		r = tree_add(tree, directory, entry.endpoint, &content,
			     ages ? ages[*next].content_ns : mtime_ns, NULL);
		if (++*next == snapshot_count(snapshot))
			break;
		entry = snapshot_at(snapshot, *next);
	}
	for (size_t i = first; r == 0 && i < *next; i++) {
		entry = snapshot_at(snapshot, i);
		r = add_link(tree, subtree->by_status, &entry, mtime_ns,
			     ages ? ages[i].status_ns : mtime_ns);
	}
	return r;
}

int populate(struct tree *tree, const struct snapshot *snapshot, const struct age *ages,
	     int64_t mtime_ns, struct subtree *subtree)
{
	size_t next = 0;
	int r = add_own_files(tree, mtime_ns, subtree);

	while (r == 0 && next < snapshot_count(snapshot))
		r = add_instance(tree, subtree, snapshot, ages, mtime_ns, &next);
	return r;
}
