#include "fs/publish/change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/tree/dirtied_pages.h"
#include "fs/tree/staging.h"
#include "fs/tree/tree_read.h"
#include "src/base/array.h"

/* Bursts are paced, so that a watcher that reads along can empty its queue of events,
 * 16,384 by default: new content raises up to eight of them, any other change four. */
#define BURST_EVENTS 8192
#define CONTENT_EVENTS 8
#define ENTRY_EVENTS 4
#define BURST_PAUSE_NS 5000000L

#define DIRECTORY_PAUSE_NS 20000000L

/* Where others wait, a turn has so many commands. */
#define TURN_COMMANDS 64

/* So many refusals of the whole mount in a row, and the rest would fail as well. */
#define REFUSALS_MAX 64

void change_init(struct change *change, struct tree *tree, struct editor *editor,
		 struct turns *turns)
{
	*change = (struct change){.tree = tree, .editor = editor, .turns = turns};
}

static void free_paths(char **paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
}

void change_fini(struct change *change)
{
	free_paths(change->unannounced, change->unannounced_count);
}

void change_cancel(struct change *change)
{
	atomic_store(&change->is_cancelled, true);
}

static unsigned events_of(enum editor_command_kind kind)
{
	switch (kind) {
	case EDITOR_SHOW_CONTENT:
	case EDITOR_RENAME:
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
	case EDITOR_TRY_CONTENT:
	case EDITOR_END:
		break;
	}
	return 0;
}

bool change_is_refusal(int r)
{
	return r == -EROFS || r == -EACCES || r == -EPERM;
}

static void note_failure(struct change *change, const struct editor_command *command,
			 int r)
{
	struct change_failure *failure = &change->failure;

	change->refusals = change_is_refusal(r) ? change->refusals + 1 : 0;
	if (failure->r < 0)
		return;
	failure->r = r;
	failure->kind = command->kind;
	memcpy(failure->path, command->path, sizeof(failure->path));
}

/* Without memory for it, the event is lost, and the content is right. */
static void note_unannounced(struct change *change, const char *path)
{
	char *copy = strdup(path);
	char **paths = NULL;

	if (copy)
		paths = array_grow(change->unannounced, change->unannounced_count,
				   sizeof(*paths));
	if (!paths) {
		free(copy);
		return;
	}
	change->unannounced = paths;
	change->unannounced[change->unannounced_count++] = copy;
}

/*
 * The request may have come although the call failed, as when the editor was killed in
 * between: an entry is done then, and has had its event. New content has not.
 */
static void finish_change(void *data, const struct editor_command *command, int r)
{
	struct change *change = data;
	int staged = 0;

	if (r == 0 || (change->is_trial && r == -ECANCELED)) {
		change->refusals = 0;
		return;
	}
	if (change->is_trial && command->path[0] != '\0')
		note_failure(change, command, r);
	if (events_of(command->kind) == 0)
		return;
	staged = staging_cancel(change->tree, command->path);
	if (command->kind == EDITOR_SHOW_CONTENT && staged == 0)
		note_unannounced(change, command->path);
	else if (staged <= 0)
		return;
	note_failure(change, command, r);
}

/* Waits for the replies, and then for watchers to read their events. */
static int pause_change(struct change *change, long ns)
{
	const struct timespec pause = {.tv_nsec = ns};
	int r = editor_finish(change->editor);

	change->turns->events = 0;
	nanosleep(&pause, NULL);
	return r;
}

static int begin_turn(struct change *change)
{
	int r = turns_take(change->turns, TURNS_WAIT_MS);

	change->has_turn = r == 0;
	change->sent = 0;
	return r < 0 ? r : editor_begin(change->editor, finish_change, change);
}

static int end_turn(struct change *change)
{
	return change->has_turn ? editor_end(change->editor) : 0;
}

static void pass_turn(struct change *change)
{
	if (change->has_turn)
		turns_pass(change->turns);
	change->has_turn = false;
}

/* All that was sent is done by then, and nothing is staged. */
static int let_others_in(struct change *change)
{
	int r = 0;

	if (change->sent < TURN_COMMANDS || !turns_are_wanted(change->turns))
		return 0;
	r = end_turn(change);
	pass_turn(change);
	return r < 0 ? r : begin_turn(change);
}

static int send_command(struct change *change, struct editor_command *command)
{
	struct turns *turns = change->turns;
	int r = 0;

	if (atomic_load(&change->is_cancelled))
		return -ECANCELED;
	if (change->refusals >= REFUSALS_MAX)
		return change->failure.r;
	if (turns->events >= BURST_EVENTS)
		r = pause_change(change, BURST_PAUSE_NS);
	turns->events += events_of(command->kind);
	command->mtime_ns = change->mtime_ns;
	change->sent++;
	if (r == 0)
		r = editor_send(change->editor, command);
	return r < 0 ? r : let_others_in(change);
}

/* The files may have gone meanwhile, and then nothing is due. */
static int announce_rest(struct change *change)
{
	struct editor_command command = {.kind = EDITOR_SHOW_CONTENT};
	char **paths = change->unannounced;
	size_t count = change->unannounced_count;
	size_t i = 0;
	int r = 0;

	change->unannounced = NULL;
	change->unannounced_count = 0;
	for (; r == 0 && i < count; i++) {
		snprintf(command.path, sizeof(command.path), "%s", paths[i]);
		r = send_command(change, &command);
	}
	for (; i < count; i++)
		note_unannounced(change, paths[i]);
	free_paths(paths, count);
	return r;
}

int change_begin(struct change *change, int64_t mtime_ns)
{
	int r = 0;

	change->mtime_ns = mtime_ns;
	change->has_directory = false;
	change->failure = (struct change_failure){.r = 0};
	change->refusals = 0;
	r = begin_turn(change);
	return r < 0 ? r : announce_rest(change);
}

bool change_is_due(const struct change *change)
{
	return change->unannounced_count > 0;
}

int change_end(struct change *change, int r)
{
	int end = end_turn(change);

	if (r == 0)
		r = end;
	if (r < 0 && change->has_turn)
		staging_cancel_all(change->tree);
	pass_turn(change);
	if (r < 0 && change->failure.r == 0)
		change->failure = (struct change_failure){.r = r};
	return r == 0 ? change->failure.r : r;
}

int change_finish(struct change *change)
{
	return editor_finish(change->editor);
}

int change_finish_directories(struct change *change)
{
	if (!change->has_directory)
		return change_finish(change);
	change->has_directory = false;
	return pause_change(change, DIRECTORY_PAUSE_NS);
}

static int send_for_node(struct change *change, enum editor_command_kind kind,
			 const struct node *node)
{
	struct editor_command command = {
		.kind = kind, .has_new_size = tree_kind(node) == NODE_CONNECTION};
	int r = tree_path(change->tree, node, command.path, sizeof(command.path));

	return r < 0 ? r : send_command(change, &command);
}

int change_add_directory(struct change *change, struct node *parent, const char *name)
{
	const struct node_content content = {.kind = NODE_DIRECTORY};
	struct node *node = NULL;
	int r = staging_add(change->tree, parent, name, &content, change->mtime_ns,
			    &node);

	if (r < 0)
		return r;
	change->has_directory = true;
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

int change_rename(struct change *change, struct node *node, const char *new_name)
{
	struct editor_command command = {.kind = EDITOR_RENAME};
	int r = staging_rename(change->tree, node, new_name, change->mtime_ns);

	if (r == 0)
		r = tree_path(change->tree, node, command.path, sizeof(command.path));
	if (r < 0)
		return r;
	snprintf(command.target, sizeof(command.target), "%s", new_name);
	return send_command(change, &command);
}

int change_add_text(struct change *change, struct node *parent, const char *name,
		    const struct node_content *content)
{
	struct node *node = NULL;
	int r = staging_add(change->tree, parent, name, content, change->mtime_ns,
			    &node);

	if (r == 0)
		r = send_for_node(change, EDITOR_ADD_FILE, node);
	return r < 0 ? r : send_for_node(change, EDITOR_SHOW_CONTENT, node);
}

int change_add_connection(struct change *change, struct node *parent, const char *name,
			  const struct connection *connection)
{
	const struct node_content content = {.kind = NODE_CONNECTION,
					     .connection = connection};

	return change_add_text(change, parent, name, &content);
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

int change_replace_text(struct change *change, struct node *node,
			const struct node_content *content)
{
	return replace(change, node, content);
}

int change_announce(struct change *change, const struct node *node)
{
	return send_for_node(change, EDITOR_SHOW_CONTENT, node);
}

int change_drop_dirtied_pages(struct change *change)
{
	char path[EDITOR_PATH_SIZE];
	int r = 0;

	if (!dirtied_pages_any(change->tree))
		return 0;
	r = change_begin(change, 0);
	while (r == 0 && dirtied_pages_take(change->tree, path, sizeof(path)))
		r = change_ask_attributes(change, path);
	return change_end(change, r);
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

int change_try(struct change *change, const struct node *file)
{
	static const enum editor_command_kind entry_kinds[] = {
		EDITOR_ADD_FILE, EDITOR_ADD_DIRECTORY, EDITOR_ADD_LINK};
	/* No instance has a name like that. */
	struct editor_command command = {.path = ".dmsfs-trial", .target = "trial"};
	int r = change_begin(change, 0);

	change->is_trial = true;
	for (size_t i = 0; r == 0 && i < sizeof(entry_kinds) / sizeof(entry_kinds[0]);
	     i++) {
		command.kind = entry_kinds[i];
		r = send_command(change, &command);
	}
	if (r == 0)
		r = send_for_node(change, EDITOR_REMOVE_FILE, file);
	if (r == 0)
		r = send_for_node(change, EDITOR_TRY_CONTENT, file);
	r = change_end(change, r);
	change->is_trial = false;
	return r;
}
