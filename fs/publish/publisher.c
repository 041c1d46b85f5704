#include "fs/publish/publisher.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fs/content/status.h"
#include "fs/process/mountinfo.h"
#include "fs/publish/cache_warmer.h"
#include "fs/publish/cause.h"
#include "fs/publish/change.h"
#include "fs/publish/journal_file.h"
#include "fs/publish/memory.h"
#include "fs/publish/populate.h"
#include "fs/publish/publish_diff.h"
#include "fs/publish/status_file.h"
#include "fs/publish/views.h"
#include "fs/tree/dirtied_pages.h"
#include "fs/tree/tree_read.h"
#include "src/base/clock.h"
#include "src/base/thread.h"

/* What failed is tried again after 1, 2, 4, 8 and then every 10 seconds. */
#define RETRY_NS (1 * NS_PER_S)
#define RETRY_MAX_NS (10 * NS_PER_S)
#define RETRY_DOUBLINGS_MAX 4

#define CREDENTIALS_SIZE 512
#define DIRTIED_PATH_SIZE 1024

struct publisher {
	struct publisher_options options;
	struct subtree subtree;
	struct change change;
	struct status_file status_file;
	struct journal_file changes;  /* .dmsfs/changes */
	struct journal_file commands; /* .dmsfs/commands */
	struct memory memory;
	struct views views;
	/* What the tree shows; its records are borrowed by the tree. */
	struct snapshot *shown;
	struct status_counts counts; /* of it */
	int64_t changed_at_ns;
	/* What is being published, while it could not be finished; the tree may show
	 * records of both its snapshots. No @after: nothing. */
	struct diff diff;
	int64_t diff_at_ns;	   /* when its newer snapshot was received */
	struct status_cause cause; /* why the last try to publish failed, or none */
	unsigned tries;		   /* that failed in a row */
	int64_t retry_at_ns;	   /* since boot; 0: nothing is to be tried again */
	int64_t overdue_at_ns;	   /* since boot, when that is still to come; else 0 */
	char *mountpoint;	   /* owned: where the log has it that the mount is */
	pthread_t thread;
	bool is_started;
	atomic_bool is_stopping;
	int wake; /* an eventfd */
};

/* A status and what it borrows. */
struct status_parts {
	struct status_cause cause;
	struct status_cause overdue;
	char credentials[CREDENTIALS_SIZE];
};

static void find_causes(struct publisher *publisher, const struct fetcher_state *state,
			struct status_parts *parts)
{
	const struct clock *clock = &clock_system;
	int64_t now_ns = clock->boottime_ns(clock->data);
	int64_t left_ns = state->overdue_at_ns - now_ns;

	status_set_overdue(state->refreshed_at_ns,
			   clock->realtime_ns(clock->data) + left_ns, &parts->overdue);
	cause_compose(&publisher->cause, state, &parts->overdue, now_ns, &parts->cause);
	if (parts->cause.kind == STATUS_CAUSE_NONE)
		memory_cause(&publisher->memory, &parts->cause);
	publisher->overdue_at_ns = left_ns > 0 ? state->overdue_at_ns : 0;
}

static struct status status_of(struct publisher *publisher,
			       const struct fetcher_state *state,
			       struct status_parts *parts)
{
	const struct fetcher *fetcher = publisher->options.fetcher;

	find_causes(publisher, state, parts);

	return (struct status){
		.region = fetcher_region(fetcher),
		.endpoint = fetcher_endpoint_url(fetcher),
		.credentials = fetcher_describe_credentials(fetcher, parts->credentials,
							    CREDENTIALS_SIZE),
		.snapshot = publisher->shown,
		.counts = publisher->counts,
		.fetcher = state,
		.cause = &parts->cause,
		.overdue = &parts->overdue,
		.overdue_at_ns = state->overdue_at_ns,
		.changed_at_ns = publisher->changed_at_ns,
	};
}

static int update_status(struct publisher *publisher, const struct fetcher_state *state)
{
	struct status_parts parts;
	struct status status = status_of(publisher, state, &parts);

	views_set_status(&publisher->views, &status, publisher->mountpoint);
	return status_file_update(&publisher->status_file, &status);
}

static int publish_status(struct publisher *publisher,
			  const struct fetcher_state *state)
{
	struct status_parts parts;
	struct status status = status_of(publisher, state, &parts);

	views_set_status(&publisher->views, &status, publisher->mountpoint);
	return status_file_publish(&publisher->status_file, &status);
}

/* The lines of before, while nothing is mounted yet. */
static int populate_changes(struct publisher *publisher, int64_t mtime_ns,
			    const struct record_lines *old)
{
	struct tree *tree = publisher->options.tree;
	struct node *own = publisher->subtree.own;
	const struct journal *journal = &publisher->changes.journal;
	const struct node_content new_lines = {
		.kind = NODE_TEXT, .text = journal->text, .text_len = journal->len};
	const struct node_content old_lines = {
		.kind = NODE_TEXT, .text = old->text, .text_len = old->len};
	int r = 0;

	if (journal->len > 0)
		r = tree_set_text(tree, tree_find(tree, own, publisher->changes.name),
				  &new_lines, mtime_ns);
	if (r == 0 && old->len > 0)
		r = tree_add(tree, own, publisher->changes.old_name, &old_lines,
			     mtime_ns, NULL);
	return r;
}

static int populate_all(struct publisher *publisher, const struct fetcher_state *state)
{
	struct memory_start start;
	int r = memory_begin(&publisher->memory, publisher->options.state, state,
			     &publisher->changes.journal, &start);

	publisher->changed_at_ns = start.changed_at_ns;
	if (r == 0)
		r = populate(publisher->options.tree, publisher->shown,
			     publisher->memory.ages, state->refreshed_at_ns,
			     &publisher->subtree);
	if (r == 0)
		r = populate_changes(publisher, state->refreshed_at_ns,
				     &start.old_changes);
	if (r == 0)
		views_count_changes(&publisher->views, &start.differences);
	diff_fini(&start.differences);
	free(start.old_changes.text);
	return r;
}

static int populate_subtree(struct publisher *publisher)
{
	const struct publisher_options *options = &publisher->options;
	const struct node_content empty = {.kind = NODE_TEXT};
	struct fetcher_state state;
	int r = 0;

	fetcher_get_state(options->fetcher, &state);
	publisher->shown = snapshot_ref(state.snapshot);
	status_count(publisher->shown, &publisher->counts);
	publisher->subtree.root = options->root;
	r = populate_all(publisher, &state);
	if (r == 0 && options->commands)
		r = tree_add(options->tree, publisher->subtree.own,
			     publisher->commands.name, &empty, state.refreshed_at_ns,
			     NULL);
	publisher->status_file = (struct status_file){.node = publisher->subtree.status,
						      .change = &publisher->change,
						      .log = options->log,
						      .notify = options->notify};
	publisher->views.tree = options->tree;
	publisher->views.subtree = publisher->subtree;
	publisher->views.fetcher = options->fetcher;
	publisher->views.source = options->source;
	views_set_snapshot(&publisher->views, publisher->shown);
	if (r == 0)
		r = update_status(publisher, &state);
	fetcher_state_fini(&state);
	return r;
}

int publisher_new(const struct publisher_options *options, struct publisher **result)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));
	int r = 0;

	if (!publisher)
		return -ENOMEM;
	publisher->options = *options;
	publisher->changes = (struct journal_file){.name = "changes",
						   .old_name = "changes.1"};
	publisher->commands = (struct journal_file){.name = "commands",
						    .old_name = "commands.1"};
	views_init(&publisher->views);
	change_init(&publisher->change, options->tree, options->editor);
	publisher->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	publisher->mountpoint = strdup(editor_mountpoint(options->editor));
	if (publisher->wake < 0)
		r = -errno;
	else
		r = publisher->mountpoint ? populate_subtree(publisher) : -ENOMEM;
	if (r < 0)
		publisher_free(publisher);
	else
		*result = publisher;
	return r;
}

const struct node *publisher_refresh_node(const struct publisher *publisher)
{
	return publisher->subtree.refresh;
}

void publisher_make_view(struct publisher *publisher, struct node *view)
{
	views_make(&publisher->views, view);
}

/* The newer snapshot of the diff is what the tree shows from now on. */
static void finish_diff(struct publisher *publisher)
{
	memory_follow(&publisher->memory, publisher->shown, publisher->diff.after,
		      publisher->diff_at_ns);
	snapshot_unref(publisher->shown);
	publisher->shown = snapshot_ref(publisher->diff.after);
	status_count(publisher->shown, &publisher->counts);
	diff_fini(&publisher->diff);
}

static int publish_difference(struct publisher *publisher)
{
	struct change *change = &publisher->change;
	int r = change_begin(change, publisher->diff_at_ns);

	if (r == 0)
		r = publish_diff(change, &publisher->subtree, &publisher->diff,
				 &publisher->changes.journal);
	if (r == 0) {
		publisher->changed_at_ns = publisher->diff_at_ns;
		publisher->changes.changed_at_ns = publisher->changed_at_ns;
		publisher->changes.is_due = true;
		publisher->memory.is_due = true;
		views_count_changes(&publisher->views, &publisher->diff);
		publisher->views.is_event_due = true;
		finish_diff(publisher);
	}
	return change_end(change, r);
}

/* A diff that was begun is finished first. Its time is that of the first try, as that
 * is when the content was first seen. */
static int publish_snapshot(struct publisher *publisher,
			    const struct fetcher_state *state)
{
	struct diff *diff = &publisher->diff;

	if (!diff->after) {
		int r = 0;

		if (state->snapshot == publisher->shown)
			return 0;
		r = snapshot_diff(publisher->shown, state->snapshot, diff);
		if (r < 0)
			return r;
		publisher->diff_at_ns = state->refreshed_at_ns;
	}
	if (diff->different > 0)
		return publish_difference(publisher);
	publish_diff_repoint(publisher->options.tree, publisher->subtree.root, diff);
	finish_diff(publisher);
	return 0;
}

static int drop_dirtied_pages(struct publisher *publisher)
{
	struct tree *tree = publisher->options.tree;
	struct change *change = &publisher->change;
	char path[DIRTIED_PATH_SIZE];
	int r = 0;

	if (!dirtied_pages_any(tree))
		return 0;
	r = change_begin(change, 0);
	while (r == 0 && dirtied_pages_take(tree, path, sizeof(path)))
		r = change_ask_attributes(change, path);
	return change_end(change, r);
}

/* Events that could not be raised. */
static int announce_rest(struct publisher *publisher)
{
	struct change *change = &publisher->change;

	return change_is_due(change) ? change_end(change, change_begin(change, 0)) : 0;
}

/* A snapshot may have to wait until an older one is shown, which was begun. */
static int publish_all(struct publisher *publisher, const struct fetcher_state *state)
{
	int r = drop_dirtied_pages(publisher);

	if (memory_note_gap(&publisher->memory, state, &publisher->changes.journal)) {
		publisher->changes.changed_at_ns = state->refreshed_at_ns;
		publisher->changes.is_due = true;
	}
	while (r == 0 && publisher->shown != state->snapshot)
		r = publish_snapshot(publisher, state);
	if (r == 0)
		r = announce_rest(publisher);
	if (r == 0)
		r = journal_file_publish(&publisher->changes, &publisher->change,
					 publisher->subtree.own);
	if (r == 0)
		r = journal_file_publish(&publisher->commands, &publisher->change,
					 publisher->subtree.own);
	views_set_snapshot(&publisher->views, publisher->shown);
	if (r == 0)
		r = views_publish(&publisher->views, &publisher->change);
	return r;
}

static void note_failure(struct publisher *publisher, int r)
{
	const struct clock *clock = &clock_system;
	const struct change_failure *failure = &publisher->change.failure;
	const struct change_failure other = {.r = r};
	int64_t wait_ns = RETRY_MAX_NS;

	if (publisher->tries < RETRY_DOUBLINGS_MAX)
		wait_ns = RETRY_NS << publisher->tries;
	publisher->tries++;
	publisher->retry_at_ns = clock->boottime_ns(clock->data) + wait_ns;
	cause_of_failure(failure->r < 0 ? failure : &other,
			 clock->realtime_ns(clock->data), &publisher->cause);
}

static void note_success(struct publisher *publisher)
{
	publisher->cause = (struct status_cause){.kind = STATUS_CAUSE_NONE};
	publisher->tries = 0;
	publisher->retry_at_ns = 0;
}

static bool is_try_due(const struct publisher *publisher)
{
	return clock_system.boottime_ns(clock_system.data) >= publisher->retry_at_ns;
}

/* A line for each place that the mount is moved to. */
static void log_move(struct publisher *publisher)
{
	const char *mountpoint = editor_mountpoint(publisher->options.editor);
	struct error line; /* a text without control characters */
	char *copy = NULL;

	if (strcmp(mountpoint, publisher->mountpoint) == 0)
		return;
	copy = strdup(mountpoint);
	if (!copy)
		return;
	free(publisher->mountpoint);
	publisher->mountpoint = copy;
	error_set(&line, ERROR_NONE, "the mount is at %s now", mountpoint);
	log_write(publisher->options.log, LOG_LEVEL_WARNING, "%s", line.text);
}

/* Whether another file system lies over the mount or a part of it. */
static bool is_covered(const struct publisher *publisher)
{
	const struct editor *editor = publisher->options.editor;
	struct mountinfo_place place;

	return mountinfo_find(editor_mount(editor), editor_mountpoint(editor),
			      &place) == 0 &&
	       place.cover[0] != '\0';
}

/* Where one entry cannot be changed, the state can still raise its event. */
static int try_to_publish(struct publisher *publisher,
			  const struct fetcher_state *state)
{
	int r = publish_all(publisher, state);

	/* At the end the mount is gone, and nothing found of it is true. */
	if (atomic_load(&publisher->is_stopping))
		return -ECANCELED;
	log_move(publisher);
	if (r < 0)
		note_failure(publisher, r);
	else if (is_covered(publisher))
		note_failure(publisher, -EXDEV);
	else
		note_success(publisher);
	if (r < 0 && publisher->cause.kind != STATUS_CAUSE_EDIT)
		return r;
	r = publish_status(publisher, state);
	if (r < 0 && publisher->retry_at_ns == 0)
		note_failure(publisher, r);
	return r;
}

/* Returns the number to announce when all is published. */
static uint64_t collect_commands(struct publisher *publisher)
{
	struct journal_file *file = &publisher->commands;
	size_t len_before = file->journal.len;
	uint64_t number = 0;

	if (!publisher->options.commands)
		return 0;
	number = commands_collect(publisher->options.commands, &file->journal);
	if (file->journal.len > len_before) {
		file->changed_at_ns = clock_system.realtime_ns(clock_system.data);
		file->is_due = true;
	}
	return number;
}

/* The lines before those of the file of changes, which are in the tree alone. Owned by
 * the caller. 0 or -ENOMEM. */
static int copy_old_changes(struct publisher *publisher, struct record_lines *lines)
{
	struct tree *tree = publisher->options.tree;
	const struct node *node = tree_find(tree, publisher->subtree.own,
					    publisher->changes.old_name);
	struct tree_attributes attributes;

	*lines = (struct record_lines){.text = NULL};
	if (!node)
		return 0;
	tree_attributes(tree, node, &attributes);
	lines->text = malloc((size_t)attributes.stat.st_size + 1);
	if (!lines->text)
		return -ENOMEM;
	lines->len = tree_read(tree, node, lines->text, (size_t)attributes.stat.st_size,
			       0);
	return 0;
}

static void save_memory(struct publisher *publisher, int64_t refreshed_at_ns,
			bool is_ended)
{
	const struct journal *journal = &publisher->changes.journal;
	struct record shown = {.snapshot = publisher->shown,
			       .refreshed_at_ns = refreshed_at_ns,
			       .changed_at_ns = publisher->changed_at_ns,
			       .is_ended = is_ended,
			       .changes = {.text = journal->text, .len = journal->len}};

	if (copy_old_changes(publisher, &shown.old_changes) == 0)
		memory_save(&publisher->memory, &shown);
	free(shown.old_changes.text);
}

/* All that is new, unless something failed and it is too early to try again. */
static void publish_news(struct publisher *publisher)
{
	uint64_t number = collect_commands(publisher);
	struct fetcher_state state;

	fetcher_get_state(publisher->options.fetcher, &state);
	if (!is_try_due(publisher) || try_to_publish(publisher, &state) < 0)
		update_status(publisher, &state);
	else if (publisher->memory.is_due)
		save_memory(publisher, state.refreshed_at_ns, false);
	fetcher_state_fini(&state);
	/* At the end nothing was shown, and commands_free() replies. */
	if (publisher->options.commands && publisher->retry_at_ns == 0 &&
	    !atomic_load(&publisher->is_stopping))
		commands_published(publisher->options.commands, number);
}

/* Until the next try. Once it is overdue the file itself says so; a watcher is to hear
 * of it. */
static int timeout_ms(const struct publisher *publisher)
{
	int64_t now_ns = clock_system.boottime_ns(clock_system.data);
	int64_t left_ns = INT64_MAX;

	if (publisher->retry_at_ns)
		left_ns = publisher->retry_at_ns - now_ns;
	if (publisher->overdue_at_ns && publisher->overdue_at_ns - now_ns < left_ns)
		left_ns = publisher->overdue_at_ns - now_ns;
	if (left_ns / NS_PER_MS >= INT_MAX)
		return -1;
	return left_ns < 0 ? 0 : (int)(left_ns / NS_PER_MS) + 1;
}

/* By poll alone, since a timer would take one more descriptor. */
static void wait_for_wake(const struct publisher *publisher)
{
	struct pollfd fd = {.fd = publisher->wake, .events = POLLIN};
	uint64_t count = 0;

	if (poll(&fd, 1, timeout_ms(publisher)) > 0 &&
	    read(publisher->wake, &count, sizeof(count)) < 0)
		return;
}

/* False: it is of no use to go on. Any other failure may pass, and is told then. */
static bool try_edits(struct publisher *publisher)
{
	struct status_cause cause;

	if (!change_is_refusal(
		    change_try(&publisher->change, publisher->subtree.status)))
		return true;
	cause_of_failure(&publisher->change.failure, 0, &cause);
	publisher->options.refused(publisher->options.data, cause.error.text);
	return false;
}

static void *run_publisher(void *data)
{
	struct publisher *publisher = data;

	if (!try_edits(publisher))
		return NULL;
	/* This waits until the mount answers. */
	cache_warmer_run(&publisher->change, &publisher->subtree, publisher->shown,
			 publisher->options.max_warm_files);
	if (!atomic_load(&publisher->is_stopping))
		publisher->options.ready(publisher->options.data);
	/* The service manager gets a status from the start. */
	publisher_wake(publisher);
	while (!atomic_load(&publisher->is_stopping)) {
		wait_for_wake(publisher);
		if (!atomic_load(&publisher->is_stopping))
			publish_news(publisher);
	}
	return NULL;
}

int publisher_start(struct publisher *publisher)
{
	int r = thread_start(&publisher->thread, run_publisher, publisher);

	publisher->is_started = r == 0;
	return r;
}

void publisher_wake(void *data)
{
	struct publisher *publisher = data;
	const uint64_t one = 1;

	/* It fails only when the count is full, and then the thread will wake. */
	if (write(publisher->wake, &one, sizeof(one)) < 0)
		return;
}

void publisher_cancel(struct publisher *publisher)
{
	atomic_store(&publisher->is_stopping, true);
	change_cancel(&publisher->change);
	editor_cancel(publisher->options.editor);
	publisher_wake(publisher);
}

/* Until when somebody looked. A difference that could not be shown is found again. */
static void end_memory(struct publisher *publisher)
{
	struct fetcher_state state;

	if (!publisher->memory.is_saving)
		return;
	fetcher_get_state(publisher->options.fetcher, &state);
	save_memory(publisher, state.refreshed_at_ns, true);
	fetcher_state_fini(&state);
}

void publisher_stop(struct publisher *publisher)
{
	if (!publisher || !publisher->is_started)
		return;
	publisher_cancel(publisher);
	pthread_join(publisher->thread, NULL);
	publisher->is_started = false;
	end_memory(publisher);
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	journal_file_fini(&publisher->changes);
	journal_file_fini(&publisher->commands);
	memory_fini(&publisher->memory);
	views_fini(&publisher->views);
	change_fini(&publisher->change);
	diff_fini(&publisher->diff);
	snapshot_unref(publisher->shown);
	free(publisher->mountpoint);
	if (publisher->wake >= 0)
		close(publisher->wake);
	free(publisher);
}
