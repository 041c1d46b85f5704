#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/content/status_link.h"
#include "fs/publish/publication_private.h"
#include "fs/tree/staging.h"

static int wait_for_name(struct publication *publication,
			 const struct snapshot_entry *entry)
{
	struct snapshot_entry *waiting = NULL;
	size_t capacity = publication->waiting_capacity
				  ? publication->waiting_capacity * 2
				  : 16;

	if (publication->waiting_count == publication->waiting_capacity) {
		waiting = reallocarray(publication->waiting, capacity,
				       sizeof(*waiting));
		if (!waiting)
			return -ENOMEM;
		publication->waiting = waiting;
		publication->waiting_capacity = capacity;
	}
	publication->waiting[publication->waiting_count++] = *entry;
	return 0;
}

int publication_status_directory(struct publication *publication, const char *name,
				 struct node **directory)
{
	const struct node_content content = {.kind = NODE_DIRECTORY};
	struct node *by_status = publication->options->control->by_status;
	int r = 0;

	*directory = tree_find(publication->tree, by_status, name);
	if (*directory)
		return 0;
	r = staging_add(publication->tree, by_status, name, &content,
			publication->options->mtime_ns, directory);
	if (r < 0)
		return r;
	publication->has_new_directory = true;
	return publication_order(publication, ORDER_ADD_DIRECTORY,
				 CONTROL_BY_STATUS "/%s", name);
}

/* -EEXIST if the name is taken. */
static int make_link(struct publication *publication, const struct link *link,
		     const struct snapshot_entry *entry)
{
	struct node_content content = {.kind = NODE_LINK};
	struct order message = {.kind = ORDER_ADD_LINK};
	struct node *directory = NULL;
	int r = publication_status_directory(publication, link->status, &directory);

	if (r < 0)
		return r;
	link_target(entry, message.target);
	content.text = message.target;
	content.text_len = strlen(message.target);
	r = staging_add(publication->tree, directory, link->name, &content,
			publication->options->mtime_ns, NULL);
	if (r < 0)
		return r;
	snprintf(message.path, sizeof(message.path), CONTROL_BY_STATUS "/%s/%s",
		 link->status, link->name);
	return publication_give(publication, &message);
}

static int add_link(struct publication *publication, const struct snapshot_entry *entry)
{
	struct link link;
	int r = 0;

	if (!link_of(entry, &link))
		return 0;
	r = make_link(publication, &link, entry);
	return r == -EEXIST ? wait_for_name(publication, entry) : r;
}

static int remove_link(struct publication *publication,
		       const struct snapshot_entry *entry)
{
	struct link link;
	struct node *directory = NULL;
	struct node *node = NULL;
	int r = 0;

	if (!link_of(entry, &link))
		return 0;
	directory = tree_find(publication->tree,
			      publication->options->control->by_status, link.status);
	if (directory)
		node = tree_find(publication->tree, directory, link.name);
	if (!node)
		return 0;
	r = staging_remove(publication->tree, node, publication->options->mtime_ns);
	if (r < 0)
		return r;
	return publication_order(publication, ORDER_REMOVE_FILE,
				 CONTROL_BY_STATUS "/%s/%s", link.status, link.name);
}

int publication_remove_old_link(struct publication *publication,
				const struct diff_change *change)
{
	return change->kinds & DIFF_LINK ? remove_link(publication, &change->before)
					 : 0;
}

int publication_add_new_link(struct publication *publication,
			     const struct diff_change *change)
{
	return change->kinds & DIFF_LINK ? add_link(publication, &change->after) : 0;
}

int publication_add_waiting_links(struct publication *publication)
{
	int r = editor_finish(publication->options->editor);

	for (size_t i = 0; r == 0 && i < publication->waiting_count; i++) {
		const struct snapshot_entry *entry = &publication->waiting[i];
		struct link link;

		if (link_of(entry, &link))
			r = make_link(publication, &link, entry);
		/* Made by an earlier try. */
		if (r == -EEXIST)
			r = 0;
	}
	return r;
}
