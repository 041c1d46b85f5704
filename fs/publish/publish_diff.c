/*
 * The order of changes: first all new directories, then the connections. A file comes
 * before the link to it; when a connection goes, its link goes first, then its file,
 * then the directory when that is empty. Links whose names are still taken come last.
 */
#include "fs/publish/publish_diff.h"

#include <errno.h>
#include <stdbool.h>

#include "fs/publish/publish_links.h"
#include "src/base/clock.h"

struct publication {
	struct change *change;
	struct tree *tree;
	struct node *root;
	struct publish_links links;
	struct publish_links sum_links; /* of several sources */
	bool has_sum;
	const struct age *ages; /* of the newer snapshot; NULL: all is new */
	struct journal lines;	/* they count when all is done */
	/* The instance of the difference at hand. */
	const char *instance;
	struct node *directory; /* NULL: not there */
};

static void enter_instance(struct publication *publication, const char *instance)
{
	if (publication->instance == instance)
		return;
	publication->instance = instance;
	publication->directory = tree_find(publication->tree, publication->root,
					   instance);
}

static int add_instance(struct publication *publication, const char *instance)
{
	if (tree_find(publication->tree, publication->root, instance))
		return 0;
	return change_add_directory(publication->change, publication->root, instance);
}

static int add_status(struct publication *publication,
		      const struct snapshot_entry *entry)
{
	int r = publish_links_add_directory(&publication->links, entry);

	if (r < 0 || !publication->has_sum)
		return r;
	return publish_links_add_directory(&publication->sum_links, entry);
}

static int move_links(struct publication *publication,
		      const struct diff_change *difference)
{
	int r = publish_links_move(&publication->links, &difference->before,
				   &difference->after);

	if (r < 0 || !publication->has_sum)
		return r;
	return publish_links_move(&publication->sum_links, &difference->before,
				  &difference->after);
}

static int finish_links(struct publication *publication)
{
	int r = publish_links_finish(&publication->links);

	if (r < 0 || !publication->has_sum)
		return r;
	return publish_links_finish(&publication->sum_links);
}

static int add_directories(struct publication *publication, const struct diff *diff)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < diff->count; i++) {
		const struct diff_change *difference = &diff->changes[i];

		if (difference->kinds & DIFF_INSTANCE_COMES)
			r = add_instance(publication, difference->after.instance);
		if (r == 0 && (difference->kinds & DIFF_LINK))
			r = add_status(publication, &difference->after);
	}
	return r < 0 ? r : change_finish_directories(publication->change);
}

/* An added file may be there already, and a changed one may show the record already:
 * an earlier try of this publication got so far. A directory that could not be added
 * is missing. */
static int publish_file(struct publication *publication,
			const struct snapshot_entry *entry)
{
	struct change *change = publication->change;
	struct node *node = NULL;

	if (!publication->directory)
		return 0;
	node = tree_find(publication->tree, publication->directory, entry->endpoint);
	if (!node)
		return change_add_connection(change, publication->directory,
					     entry->endpoint, entry->connection);
	if (tree_shows(publication->tree, node, entry->connection))
		return 0;
	return change_replace_connection(change, node, entry->connection);
}

static int remove_file(struct publication *publication,
		       const struct snapshot_entry *entry)
{
	struct node *node = NULL;

	if (publication->directory)
		node = tree_find(publication->tree, publication->directory,
				 entry->endpoint);
	return node ? change_remove(publication->change, node) : 0;
}

static int remove_instance(struct publication *publication)
{
	if (!publication->directory)
		return 0;
	return change_remove(publication->change, publication->directory);
}

static int publish_difference(struct publication *publication,
			      const struct diff_change *difference,
			      const struct age *age)
{
	const bool is_content = difference->kinds & DIFF_CONTENT;
	int r = 0;

	enter_instance(publication, difference->after.instance);
	if (age)
		publication->change->mtime_ns = age->content_ns;
	if (is_content && difference->after.connection)
		r = publish_file(publication, &difference->after);
	if (age)
		publication->change->mtime_ns = age->status_ns;
	if (r == 0 && (difference->kinds & DIFF_LINK))
		r = move_links(publication, difference);
	if (r == 0 && !difference->after.connection)
		r = remove_file(publication, &difference->before);
	if (r == 0 && (difference->kinds & DIFF_INSTANCE_GOES))
		r = remove_instance(publication);
	if (r == 0 && is_content)
		r = journal_append_change(&publication->lines,
					  publication->change->mtime_ns / NS_PER_S,
					  difference);
	return r;
}

static int publish_differences(struct publication *publication, const struct diff *diff)
{
	const struct age *ages = publication->ages;
	int r = 0;

	for (size_t i = 0; r == 0 && i < diff->count; i++)
		if (diff->changes[i].kinds)
			r = publish_difference(publication, &diff->changes[i],
					       ages ? &ages[i] : NULL);
	return r;
}

int publish_diff(struct change *change, const struct subtree *subtree,
		 const struct diff *diff, const struct age *ages, struct journal *lines)
{
	struct publication publication = {.change = change,
					  .tree = change->tree,
					  .root = subtree->root,
					  .has_sum = subtree->sum,
					  .ages = ages};
	int r = 0;

	publish_links_init(&publication.links, change, subtree->by_status, NULL);
	if (subtree->sum)
		publish_links_init(&publication.sum_links, change,
				   subtree->sum->by_status, subtree->source);
	r = add_directories(&publication, diff);
	if (r == 0)
		r = publish_differences(&publication, diff);
	if (r == 0)
		r = finish_links(&publication);
	if (r == 0)
		r = change_finish(change);
	if (r == 0)
		r = change->failure.r;
	if (r == 0)
		r = journal_join(lines, &publication.lines);
	if (r == 0)
		publish_diff_repoint(change->tree, subtree->root, diff);
	journal_fini(&publication.lines);
	publish_links_fini(&publication.links);
	publish_links_fini(&publication.sum_links);
	return r;
}

void publish_diff_repoint(struct tree *tree, struct node *root, const struct diff *diff)
{
	const char *instance = NULL;
	struct node *directory = NULL;

	for (size_t i = 0; i < diff->count; i++) {
		const struct snapshot_entry *after = &diff->changes[i].after;
		struct node *node = NULL;

		/* Where the content differs the file shows the new record already. */
		if ((diff->changes[i].kinds & DIFF_CONTENT) || !after->connection)
			continue;
		if (after->instance != instance)
			directory = tree_find(tree, root, after->instance);
		instance = after->instance;
		if (directory)
			node = tree_find(tree, directory, after->endpoint);
		if (node)
			tree_repoint(tree, node, after->connection);
	}
}
