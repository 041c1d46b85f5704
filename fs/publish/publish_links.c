#include "fs/publish/publish_links.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/content/status_link.h"
#include "fs/tree/tree_read.h"
#include "src/base/array.h"

void publish_links_init(struct publish_links *links, struct change *change,
			struct node *by_status, const char *source)
{
	*links = (struct publish_links){
		.change = change, .by_status = by_status, .source = source};
}

void publish_links_fini(struct publish_links *links)
{
	free(links->waiting);
}

static int wait_for_name(struct publish_links *links,
			 const struct snapshot_entry *entry)
{
	struct snapshot_entry *waiting =
		array_grow(links->waiting, links->waiting_count, sizeof(*waiting));

	if (!waiting)
		return -ENOMEM;
	links->waiting = waiting;
	links->waiting[links->waiting_count++] = *entry;
	return 0;
}

int publish_links_add_directory(struct publish_links *links,
				const struct snapshot_entry *entry)
{
	struct link link;

	if (!link_of(entry, links->source, &link) ||
	    tree_find(links->change->tree, links->by_status, link.status))
		return 0;
	return change_add_directory(links->change, links->by_status, link.status);
}

/* Missing when it could not be added. Another source that sees it empty removes it, and
 * may do so as often as it gets a turn. */
static int find_directory(struct publish_links *links, const struct link *link,
			  struct node **directory)
{
	struct change *change = links->change;
	int r = 0;

	*directory = tree_find(change->tree, links->by_status, link->status);
	if (!links->source)
		return 0;
	while (r == 0 && !*directory) {
		r = change_add_directory(change, links->by_status, link->status);
		if (r == 0)
			r = change_finish_directories(change);
		*directory = tree_find(change->tree, links->by_status, link->status);
		if (change->failure.r < 0)
			break;
	}
	return r;
}

/* -EEXIST if the name is taken. */
static int add_link(struct publish_links *links, const struct snapshot_entry *entry)
{
	char target[LINK_TARGET_SIZE];
	struct node *directory = NULL;
	struct link link;
	int r = 0;

	if (!link_of(entry, links->source, &link))
		return 0;
	r = find_directory(links, &link, &directory);
	if (r < 0 || !directory)
		return r;
	link_target(entry, links->source, target);
	return change_add_link(links->change, directory, link.name, target);
}

static int add_new_link(struct publish_links *links, const struct snapshot_entry *entry)
{
	int r = add_link(links, entry);

	return r == -EEXIST ? wait_for_name(links, entry) : r;
}

static int remove_old_link(struct publish_links *links,
			   const struct snapshot_entry *entry)
{
	struct tree *tree = links->change->tree;
	struct node *directory = NULL;
	struct node *node = NULL;
	struct link link;

	if (!link_of(entry, links->source, &link))
		return 0;
	directory = tree_find(tree, links->by_status, link.status);
	if (directory)
		node = tree_find(tree, directory, link.name);
	return node ? change_remove(links->change, node) : 0;
}

int publish_links_move(struct publish_links *links, const struct snapshot_entry *before,
		       const struct snapshot_entry *after)
{
	int r = remove_old_link(links, before);

	return r < 0 ? r : add_new_link(links, after);
}

static int add_waiting(struct publish_links *links)
{
	int r = links->waiting_count > 0 ? change_finish(links->change) : 0;

	for (size_t i = 0; r == 0 && i < links->waiting_count; i++) {
		r = add_link(links, &links->waiting[i]);
		/* An earlier try added it. */
		if (r == -EEXIST)
			r = 0;
	}
	return r;
}

/* The next directory that has no link and is not always there. */
static struct node *next_empty_directory(struct tree *tree,
					 const struct node *by_status, uint64_t *cookie)
{
	char buffer[TREE_NAME_SIZE];
	struct node *node = NULL;
	bool is_known = false;

	do {
		tree_lock_shared(tree);
		node = tree_next_locked(tree, by_status, *cookie);
		if (node) {
			*cookie = tree_cookie(node);
			is_known = link_is_known_status(tree_name(tree, node, buffer));
		}
		tree_unlock(tree);
	} while (node && (is_known || !tree_is_empty(tree, node)));
	return node;
}

static int remove_empty_directories(struct publish_links *links)
{
	struct tree *tree = links->change->tree;
	struct node *node = NULL;
	uint64_t cookie = 0;
	int r = change_finish(links->change);

	if (r == 0)
		node = next_empty_directory(tree, links->by_status, &cookie);
	while (r == 0 && node) {
		r = change_remove(links->change, node);
		node = next_empty_directory(tree, links->by_status, &cookie);
	}
	return r;
}

int publish_links_finish(struct publish_links *links)
{
	int r = add_waiting(links);

	return r < 0 ? r : remove_empty_directories(links);
}
