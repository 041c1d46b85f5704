/*
 * The order of things: all new directories, then connections; a file, then the link
 * to it; of what goes, the link, then the file, then the directory when it is empty. A
 * link whose name another connection still holds waits until all else is done.
 */
#include "fs/publish/publication_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/content/status_link.h"
#include "fs/tree/staging.h"
#include "fs/tree/tree_read.h"
#include "src/base/clock.h"

/* A burst is spread, so that a watcher who reads along can empty its queue of
 * events, 16,384 by default: of those, new content makes up to eight, any other order
 * up to four. */
#define BURST_EVENTS 8192
#define CONTENT_EVENTS 8
#define OTHER_EVENTS 4
#define BURST_PAUSE_NS 5000000L

/* A recursive watcher needs some time to put a watch on a new directory, or what
 * comes into it goes unseen. */
#define DIRECTORY_PAUSE_NS 20000000L

/* --- orders --- */

/* Lets watchers read what they were told so far. */
static int let_read(struct publication *publication, long ns)
{
	const struct timespec pause = {.tv_nsec = ns};
	int r = editor_finish(publication->options->editor);

	publication->events = 0;
	nanosleep(&pause, NULL);
	return r;
}

int publication_give(struct publication *publication, struct order *order)
{
	int r = 0;

	if (__atomic_load_n(publication->options->is_stopping, __ATOMIC_RELAXED))
		return -ECANCELED;
	if (publication->events >= BURST_EVENTS)
		r = let_read(publication, BURST_PAUSE_NS);
	publication->events += order->kind == ORDER_CONTENT ? CONTENT_EVENTS
							    : OTHER_EVENTS;
	return r < 0 ? r : editor_order(publication->options->editor, order);
}

int publication_order(struct publication *publication, enum order_kind kind,
		      const char *format, ...)
{
	struct order message = {.kind = kind,
				.mtime_ns = publication->options->mtime_ns};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message.path, sizeof(message.path), format, arguments);
	va_end(arguments);
	return publication_give(publication, &message);
}

/* --- connections --- */

static void enter_instance(struct publication *publication, const char *instance)
{
	if (publication->instance == instance)
		return;
	publication->instance = instance;
	publication->directory = tree_find(publication->tree,
					   tree_root(publication->tree), instance);
}

static int add_directory(struct publication *publication)
{
	const struct node_content content = {.kind = NODE_DIRECTORY};
	int r = staging_add(publication->tree, tree_root(publication->tree),
			    publication->instance, &content,
			    publication->options->mtime_ns, &publication->directory);

	if (r < 0)
		return r;
	publication->has_new_directory = true;
	return publication_order(publication, ORDER_ADD_DIRECTORY, "%s",
				 publication->instance);
}

static int add_instance(struct publication *publication, const char *instance)
{
	enter_instance(publication, instance);
	return publication->directory ? 0 : add_directory(publication);
}

static int add_directories(struct publication *publication, const struct diff *diff)
{
	struct node *directory = NULL;
	struct link link;
	int r = 0;

	for (size_t i = 0; r == 0 && i < diff->count; i++) {
		const struct diff_change *change = &diff->changes[i];

		if (change->kinds & DIFF_INSTANCE_COMES)
			r = add_instance(publication, change->after.instance);
		if (r == 0 && (change->kinds & DIFF_LINK) &&
		    link_of(&change->after, &link))
			r = publication_status_directory(publication, link.status,
							 &directory);
	}
	publication->instance = NULL;
	if (r == 0 && publication->has_new_directory)
		r = let_read(publication, DIRECTORY_PAUSE_NS);
	return r;
}

static int order_content(struct publication *publication,
			 const struct snapshot_entry *entry)
{
	return publication_order(publication, ORDER_CONTENT, "%s/%s", entry->instance,
				 entry->endpoint);
}

static struct node_content content_of(const struct snapshot_entry *entry)
{
	return (struct node_content){.kind = NODE_CONNECTION,
				     .connection = entry->connection};
}

static int replace_content(struct publication *publication, struct node *node,
			   const struct snapshot_entry *after)
{
	const struct node_content content = content_of(after);
	int r = staging_replace(publication->tree, node, &content,
				publication->options->mtime_ns);

	return r < 0 ? r : order_content(publication, after);
}

static int add_file(struct publication *publication, const struct snapshot_entry *after)
{
	const struct node_content content = content_of(after);
	int r = staging_add(publication->tree, publication->directory, after->endpoint,
			    &content, publication->options->mtime_ns, NULL);

	if (r == 0)
		r = publication_order(publication, ORDER_ADD_FILE, "%s/%s",
				      after->instance, after->endpoint);
	return r < 0 ? r : order_content(publication, after);
}

/* An added file may be there already, and a changed one may show the record
 * already: an earlier try of this publication got so far. */
static int put_file(struct publication *publication, const struct snapshot_entry *after)
{
	struct node *node = tree_find(publication->tree, publication->directory,
				      after->endpoint);

	if (!node)
		return add_file(publication, after);
	if (tree_shows(publication->tree, node, after->connection))
		return 0;
	return replace_content(publication, node, after);
}

static int remove_file(struct publication *publication,
		       const struct snapshot_entry *before)
{
	struct node *node = NULL;
	int r = 0;

	if (publication->directory)
		node = tree_find(publication->tree, publication->directory,
				 before->endpoint);
	if (!node)
		return 0;
	r = staging_remove(publication->tree, node, publication->options->mtime_ns);
	if (r < 0)
		return r;
	return publication_order(publication, ORDER_REMOVE_FILE, "%s/%s",
				 before->instance, before->endpoint);
}

static int remove_instance(struct publication *publication)
{
	int r = 0;

	if (!publication->directory)
		return 0;
	r = staging_remove(publication->tree, publication->directory,
			   publication->options->mtime_ns);
	if (r < 0)
		return r;
	return publication_order(publication, ORDER_REMOVE_DIRECTORY, "%s",
				 publication->instance);
}

static int publish(struct publication *publication, const struct diff_change *change)
{
	const bool is_content = change->kinds & DIFF_CONTENT;
	int r = 0;

	enter_instance(publication, change->after.instance);
	if (is_content && change->after.connection)
		r = put_file(publication, &change->after);
	if (r == 0)
		r = publication_remove_old_link(publication, change);
	if (r == 0)
		r = publication_add_new_link(publication, change);
	if (r == 0 && !change->after.connection)
		r = remove_file(publication, &change->before);
	if (r == 0 && (change->kinds & DIFF_INSTANCE_GOES))
		r = remove_instance(publication);
	if (r == 0 && is_content)
		r = changes_append(&publication->changes,
				   publication->options->mtime_ns / NS_PER_S, change);
	return r;
}

static int publish_all(struct publication *publication, const struct diff *diff)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < diff->count; i++)
		if (diff->changes[i].kinds)
			r = publish(publication, &diff->changes[i]);
	return r;
}

/* --- the end --- */

/* The next directory in by-status that has no link and no right to stay, and its name,
 * since once it may be removed, it may be gone. */
static struct node *next_empty_status(struct publication *publication, uint64_t *cookie,
				      char name[TREE_NAME_SIZE])
{
	struct node *by_status = publication->options->control->by_status;
	struct tree *tree = publication->tree;
	struct node *node = NULL;
	char buffer[TREE_NAME_SIZE];

	do {
		tree_lock_shared(tree);
		node = tree_next_locked(tree, by_status, *cookie);
		if (node) {
			*cookie = tree_cookie(node);
			snprintf(name, TREE_NAME_SIZE, "%s",
				 tree_name(tree, node, buffer));
		}
		tree_unlock(tree);
	} while (node && (link_is_known_status(name) || !tree_is_empty(tree, node)));
	return node;
}

static int remove_status(struct publication *publication, struct node *node,
			 const char *name)
{
	int r = staging_remove(publication->tree, node, publication->options->mtime_ns);

	if (r < 0)
		return r;
	return publication_order(publication, ORDER_REMOVE_DIRECTORY,
				 CONTROL_BY_STATUS "/%s", name);
}

static int remove_empty_statuses(struct publication *publication)
{
	uint64_t cookie = 0;
	struct node *node = NULL;
	char name[TREE_NAME_SIZE];
	int r = editor_finish(publication->options->editor);

	if (r == 0)
		node = next_empty_status(publication, &cookie, name);
	while (r == 0 && node) {
		r = remove_status(publication, node, name);
		node = next_empty_status(publication, &cookie, name);
	}
	return r;
}

int publication_run(const struct publication_options *options, const struct diff *diff)
{
	struct publication publication = {.options = options, .tree = options->tree};
	int r = add_directories(&publication, diff);

	if (r == 0)
		r = publish_all(&publication, diff);
	if (r == 0)
		r = publication_add_waiting_links(&publication);
	if (r == 0)
		r = remove_empty_statuses(&publication);
	if (r == 0)
		r = editor_finish(options->editor);
	if (r == 0 && *options->is_covered)
		r = -EXDEV;
	if (r == 0)
		r = changes_join(options->changes, &publication.changes);
	if (r == 0)
		publication_repoint(options->tree, diff);
	changes_fini(&publication.changes);
	free(publication.waiting);
	return r;
}

void publication_repoint(struct tree *tree, const struct diff *diff)
{
	const char *instance = NULL;
	struct node *directory = NULL;
	struct node *node = NULL;

	for (size_t i = 0; i < diff->count; i++) {
		const struct snapshot_entry *after = &diff->changes[i].after;

		/* Where the content differs the file shows the new record already. */
		if ((diff->changes[i].kinds & DIFF_CONTENT) || !after->connection)
			continue;
		if (after->instance != instance)
			directory = tree_find(tree, tree_root(tree), after->instance);
		instance = after->instance;
		node = directory ? tree_find(tree, directory, after->endpoint) : NULL;
		if (node)
			tree_repoint(tree, node, after->connection);
	}
}
