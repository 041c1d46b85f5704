#include "fs/publish/change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fs/tree/staging.h"
#include "fs/tree/tree_read.h"

/* Bursts are paced, so that a watcher that reads along can empty its queue of events,
 * 16,384 by default: new content raises up to eight of them, any other change four. */
#define BURST_EVENTS 8192
#define CONTENT_EVENTS 8
#define ENTRY_EVENTS 4
#define BURST_PAUSE_NS 5000000L

#define DIRECTORY_PAUSE_NS 20000000L

void change_init(struct change *change, struct tree *tree, struct editor *editor)
{
	*change = (struct change){.tree = tree, .editor = editor};
}

void change_cancel(struct change *change)
{
	atomic_store(&change->is_cancelled, true);
}

static unsigned events_of(enum editor_command_kind kind)
{
	switch (kind) {
	case EDITOR_SHOW_CONTENT:
		return CONTENT_EVENTS;
	case EDITOR_ADD_DIRECTORY:
	case EDITOR_ADD_FILE:
	case EDITOR_ADD_LINK:
	case EDITOR_REMOVE_FILE:
	case EDITOR_REMOVE_DIRECTORY:
		return ENTRY_EVENTS;
	case EDITOR_BEGIN:
	case EDITOR_ASK_ATTRIBUTES:
	case EDITOR_WARM_DIRECTORY:
	case EDITOR_END:
		break;
	}
	return 0;
}

static bool is_removal(enum editor_command_kind kind)
{
	return kind == EDITOR_REMOVE_FILE || kind == EDITOR_REMOVE_DIRECTORY;
}

/* EBUSY: another file system is mounted on the file itself. */
static bool is_covered(const struct editor_command *command, int r)
{
	return r == -EXDEV || (r == -EBUSY && is_removal(command->kind));
}

/*
 * What the editor could not do is done in the tree, so that at least the tree is true.
 * Where another file system lies over the entry it is done when that has gone: until
 * then nobody can see the entry, and the kernel keeps what it has cached.
 */
static void finish_change(void *data, const struct editor_command *command, int r)
{
	struct change *change = data;

	if (r == 0 || events_of(command->kind) == 0)
		return;
	if (!is_covered(command, r)) {
		staging_force(change->tree, command->path);
		return;
	}
	staging_cancel(change->tree, command->path);
	change->is_covered = true;
}

int change_begin(struct change *change, int64_t mtime_ns)
{
	change->mtime_ns = mtime_ns;
	change->events = 0;
	change->has_directory = false;
	change->is_covered = false;
	return editor_begin(change->editor, finish_change, change);
}

int change_end(struct change *change, int r)
{
	int end = editor_end(change->editor);

	if (r == 0)
		r = end;
	if (r < 0)
		staging_cancel_all(change->tree);
	return r == 0 && change->is_covered ? -EXDEV : r;
}

int change_finish(struct change *change)
{
	return editor_finish(change->editor);
}

/* Waits for the replies, and then for watchers to read their events. */
static int pause_change(struct change *change, long ns)
{
	const struct timespec pause = {.tv_nsec = ns};
	int r = editor_finish(change->editor);

	change->events = 0;
	nanosleep(&pause, NULL);
	return r;
}

int change_finish_directories(struct change *change)
{
	if (!change->has_directory)
		return change_finish(change);
	change->has_directory = false;
	return pause_change(change, DIRECTORY_PAUSE_NS);
}

static int send_command(struct change *change, struct editor_command *command)
{
	int r = 0;

	if (atomic_load(&change->is_cancelled))
		return -ECANCELED;
	if (change->events >= BURST_EVENTS)
		r = pause_change(change, BURST_PAUSE_NS);
	change->events += events_of(command->kind);
	command->mtime_ns = change->mtime_ns;
	return r < 0 ? r : editor_send(change->editor, command);
}

static int send_for_node(struct change *change, enum editor_command_kind kind,
			 const struct node *node)
{
	struct editor_command command = {.kind = kind};
	int r = tree_path(change->tree, node, command.path, sizeof(command.path));

	return r < 0 ? r : send_command(change, &command);
}

int change_add_directory(struct change *change, struct node *parent, const char *name,
			 struct node **result)
{
	const struct node_content content = {.kind = NODE_DIRECTORY};
	struct node *node = NULL;
	int r = staging_add(change->tree, parent, name, &content, change->mtime_ns,
			    &node);

	if (r < 0)
		return r;
	change->has_directory = true;
	if (result)
		*result = node;
	return send_for_node(change, EDITOR_ADD_DIRECTORY, node);
}

int change_add_link(struct change *change, struct node *parent, const char *name,
		    const char *target)
{
	const struct node_content content = {
		.kind = NODE_LINK, .text = target, .text_len = strlen(target)};
	struct editor_command command = {.kind = EDITOR_ADD_LINK};
	struct node *node = NULL;
	int r = staging_add(change->tree, parent, name, &content, change->mtime_ns,
			    &node);

	if (r == 0)
		r = tree_path(change->tree, node, command.path, sizeof(command.path));
	if (r < 0)
		return r;
	snprintf(command.target, sizeof(command.target), "%s", target);
	return send_command(change, &command);
}

int change_remove(struct change *change, struct node *node)
{
	enum editor_command_kind kind = tree_kind(node) == NODE_DIRECTORY
						? EDITOR_REMOVE_DIRECTORY
						: EDITOR_REMOVE_FILE;
	int r = staging_remove(change->tree, node, change->mtime_ns);

	return r < 0 ? r : send_for_node(change, kind, node);
}

int change_add_connection(struct change *change, struct node *parent, const char *name,
			  const struct connection *connection)
{
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = connection};
	struct node *node = NULL;
	int r = staging_add(change->tree, parent, name, &content, change->mtime_ns,
			    &node);

	if (r == 0)
		r = send_for_node(change, EDITOR_ADD_FILE, node);
	return r < 0 ? r : send_for_node(change, EDITOR_SHOW_CONTENT, node);
}

static int replace(struct change *change, struct node *node,
		   const struct node_content *content)
{
	int r = staging_replace(change->tree, node, content, change->mtime_ns);

	return r < 0 ? r : send_for_node(change, EDITOR_SHOW_CONTENT, node);
}

int change_replace_connection(struct change *change, struct node *node,
			      const struct connection *connection)
{
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = connection};

	return replace(change, node, &content);
}

int change_replace_text(struct change *change, struct node *node, const char *text,
			size_t len)
{
	const struct node_content content = {
		.kind = NODE_TEXT, .text = text, .text_len = len};

	return replace(change, node, &content);
}

int change_ask_attributes(struct change *change, const char *path)
{
	struct editor_command command = {.kind = EDITOR_ASK_ATTRIBUTES};

	snprintf(command.path, sizeof(command.path), "%s", path);
	return send_command(change, &command);
}

int change_warm_directory(struct change *change, struct node *directory)
{
	return send_for_node(change, EDITOR_WARM_DIRECTORY, directory);
}
