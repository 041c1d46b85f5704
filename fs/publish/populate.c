#include "fs/publish/populate.h"

#include <string.h>

#include "fs/content/status_link.h"
#include "fs/publish/views.h"

static const struct node_content a_directory = {.kind = NODE_DIRECTORY};
static const struct node_content an_empty_file = {.kind = NODE_TEXT};
static const struct node_content an_uncached_file = {.kind = NODE_TEXT,
						     .is_uncached = true};
static const struct node_content a_view = {.kind = NODE_VIEW};

#define REFRESH_NAME "refresh"
#define BY_STATUS_NAME "by-status"

/* Beside the status. */
static const struct own_file {
	const char *name;
	const struct node_content *content;
} own_files[] = {
	{"changes", &an_empty_file},	{REFRESH_NAME, &an_empty_file},
	{VIEWS_JSON_NAME, &a_view},	{VIEWS_METRICS_NAME, &a_view},
	{BY_STATUS_NAME, &a_directory},
};
#define OWN_FILES (sizeof(own_files) / sizeof(own_files[0]))

/* By its name, as the publisher's thread may be adding it. */
bool subtree_is_refresh(const struct subtree *subtree, struct tree *tree,
			const struct node *node)
{
	return tree_find(tree, subtree->own, REFRESH_NAME) == node;
}

int populate_status(struct tree *tree, int64_t mtime_ns, struct subtree *subtree)
{
	int r = tree_add(tree, subtree->root, ".dmsfs", &a_directory, mtime_ns,
			 &subtree->own);

	return r < 0 ? r
		     : tree_add(tree, subtree->own, "status", &an_uncached_file,
				mtime_ns, &subtree->status);
}

int populate_own_files(struct tree *tree, int64_t mtime_ns, struct subtree *subtree)
{
	int r = populate_status(tree, mtime_ns, subtree);

	for (size_t i = 0; r == 0 && i < OWN_FILES; i++)
		r = tree_add(tree, subtree->own, own_files[i].name,
			     own_files[i].content, mtime_ns, NULL);
	if (r == 0)
		subtree->by_status = tree_find(tree, subtree->own, BY_STATUS_NAME);
	for (size_t i = 0; r == 0 && i < LINK_KNOWN_STATUSES; i++)
		r = tree_add(tree, subtree->by_status, link_known_status(i),
			     &a_directory, mtime_ns, NULL);
	return r;
}

/* An earlier try may have added some. */
static int add_own_file(struct change *change, const struct subtree *subtree,
			const struct own_file *file)
{
	if (tree_find(change->tree, subtree->own, file->name))
		return 0;
	if (file->content->kind == NODE_DIRECTORY)
		return change_add_directory(change, subtree->own, file->name);
	return change_add_text(change, subtree->own, file->name, file->content);
}

static int add_statuses(struct change *change, const struct subtree *subtree)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < LINK_KNOWN_STATUSES; i++)
		if (!tree_find(change->tree, subtree->by_status, link_known_status(i)))
			r = change_add_directory(change, subtree->by_status,
						 link_known_status(i));
	return r < 0 ? r : change_finish_directories(change);
}

int populate_rest(struct change *change, struct subtree *subtree)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < OWN_FILES; i++)
		r = add_own_file(change, subtree, &own_files[i]);
	if (r == 0)
		r = change_finish_directories(change);
	if (r < 0 || change->failure.r < 0)
		return r;
	subtree->by_status = tree_find(change->tree, subtree->own, BY_STATUS_NAME);
	return add_statuses(change, subtree);
}

static int add_link(struct tree *tree, struct node *by_status, const char *source,
		    const struct snapshot_entry *entry, int64_t mtime_ns,
		    int64_t since_ns)
{
	struct node_content content = {.kind = NODE_LINK};
	char target[LINK_TARGET_SIZE];
	struct node *directory = NULL;
	struct link link;
	int r = 0;

	if (!link_of(entry, source, &link))
		return 0;
	directory = tree_find(tree, by_status, link.status);
	if (!directory)
		r = tree_add(tree, by_status, link.status, &a_directory, mtime_ns,
			     &directory);
	if (r < 0)
		return r;
	link_target(entry, source, target);
	content.text = target;
	content.text_len = strlen(target);
	return tree_add(tree, directory, link.name, &content, since_ns, NULL);
}

static int add_links(struct tree *tree, const struct subtree *subtree,
		     const struct snapshot_entry *entry, int64_t mtime_ns,
		     int64_t since_ns)
{
	int r = add_link(tree, subtree->by_status, NULL, entry, mtime_ns, since_ns);

	if (r < 0 || !subtree->sum)
		return r;
	return add_link(tree, subtree->sum->by_status, subtree->source, entry, mtime_ns,
			since_ns);
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
		r = add_links(tree, subtree, &entry, mtime_ns,
			      ages ? ages[i].status_ns : mtime_ns);
	}
	return r;
}

int populate(struct tree *tree, const struct snapshot *snapshot, const struct age *ages,
	     int64_t mtime_ns, const struct subtree *subtree)
{
	size_t next = 0;
	int r = 0;

	while (r == 0 && next < snapshot_count(snapshot))
		r = add_instance(tree, subtree, snapshot, ages, mtime_ns, &next);
	return r;
}
