#include "fs/publish/control.h"

#include <errno.h>
#include <string.h>

#include "fs/content/status_link.h"

static const struct node_content a_directory = {.kind = NODE_DIRECTORY};
static const struct node_content an_empty_file = {.kind = NODE_TEXT};
static const struct node_content a_restless_file = {.kind = NODE_TEXT,
						    .is_uncached = true};

static int plant_files(struct tree *tree, int64_t mtime_ns, struct control *control)
{
	struct node *directory = control->directory;
	int r = tree_add(tree, directory, "status", &a_restless_file, mtime_ns,
			 &control->status);

	if (r == 0)
		r = tree_add(tree, directory, "changes", &an_empty_file, mtime_ns,
			     &control->changes);
	if (r == 0)
		r = tree_add(tree, directory, "refresh", &an_empty_file, mtime_ns,
			     &control->refresh);
	return r;
}

static int plant_statuses(struct tree *tree, struct node *by_status, int64_t mtime_ns)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < LINK_KNOWN_STATUSES; i++)
		r = tree_add(tree, by_status, link_known_status(i), &a_directory,
			     mtime_ns, NULL);
	return r;
}

static int plant_link(struct tree *tree, struct node *by_status,
		      const struct snapshot_entry *entry, int64_t mtime_ns)
{
	struct node_content content = {.kind = NODE_LINK};
	char target[LINK_TARGET_SIZE];
	struct link link;
	struct node *directory = NULL;
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

int control_plant(struct tree *tree, const struct snapshot *snapshot, int64_t mtime_ns,
		  struct control *control)
{
	int r = tree_add(tree, tree_root(tree), CONTROL_DIRECTORY, &a_directory,
			 mtime_ns, &control->directory);

	if (r == 0)
		r = plant_files(tree, mtime_ns, control);
	if (r == 0)
		r = tree_add(tree, control->directory, "by-status", &a_directory,
			     mtime_ns, &control->by_status);
	if (r == 0)
		r = plant_statuses(tree, control->by_status, mtime_ns);
	for (size_t i = 0; r == 0 && i < snapshot_count(snapshot); i++) {
		const struct snapshot_entry entry = snapshot_at(snapshot, i);

		r = plant_link(tree, control->by_status, &entry, mtime_ns);
	}
	return r;
}
