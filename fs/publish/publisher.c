#include "fs/publish/publisher.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "fs/content/status.h"
#include "fs/process/mountinfo.h"
#include "fs/publish/attempt.h"
#include "fs/publish/cache_warmer.h"
#include "fs/publish/cause.h"
#include "fs/publish/change.h"
#include "fs/publish/journal_file.h"
#include "fs/publish/loop.h"
#include "fs/publish/memory.h"
#include "fs/publish/populate.h"
#include "fs/publish/publish_diff.h"
#include "fs/publish/status_file.h"
#include "fs/publish/views.h"
#include "fs/tree/tree_read.h"
#include "src/base/clock.h"

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
	struct view_source view;
	struct view_source *views_of; /* that one, for the views */
	struct views views;
	bool is_unlisted; /* the status alone is shown */
	bool is_first;	  /* so the listing that is being published is no news */
	/* What the tree shows; its records are borrowed by the tree. */
	struct snapshot *shown;
	struct status_counts counts; /* of it */
	int64_t changed_at_ns;
	/* What is being published, while it could not be finished; the tree may show
	 * records of both its snapshots. No @after: nothing. */
	struct diff diff;
	int64_t diff_at_ns; /* when its newer snapshot was received */
	struct attempt attempt;
	int64_t overdue_at_ns; /* since boot, when that is still to come; else 0 */
	char *mountpoint;      /* owned: where the mount was last */
	struct loop loop;
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
	cause_compose(&publisher->attempt.cause, state, &parts->overdue, now_ns,
		      &parts->cause);
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
		.is_unlisted = publisher->is_unlisted,
		.region = fetcher_region(fetcher),
		.endpoint = fetcher_endpoint_url(fetcher),
		.credentials = fetcher_describe_credentials(fetcher, parts->credentials,
							    CREDENTIALS_SIZE),
		.counts = publisher->counts,
		.fetcher = state,
		.cause = &parts->cause,
		.overdue = &parts->overdue,
		.overdue_at_ns = state->overdue_at_ns,
		.changed_at_ns = publisher->changed_at_ns,
	};
}

/*
 * Sets the status by @set. The sum is stale before this source shows that it is, and
 * fresh after it at the earliest.
 */
static int set_status(struct publisher *publisher, const struct fetcher_state *state,
		      int (*set)(struct status_file *file, const struct status *status))
{
	struct sum *sum = publisher->options.sum;
	struct status_parts parts;
	struct status status = status_of(publisher, state, &parts);
	const bool is_fresh = parts.cause.kind == STATUS_CAUSE_NONE;
	int r = 0;

	view_source_set_status(&publisher->view, &status, publisher->mountpoint);
	views_expire(&publisher->views);
	if (sum && !is_fresh)
		sum_set_status(sum, publisher->options.index, &status);
	r = set(&publisher->status_file, &status);
	if (sum && is_fresh && r == 0)
		sum_set_status(sum, publisher->options.index, &status);
	return r;
}

static int update_status(struct publisher *publisher, const struct fetcher_state *state)
{
	return set_status(publisher, state, status_file_update);
}

static int publish_status(struct publisher *publisher,
			  const struct fetcher_state *state)
{
	return set_status(publisher, state, status_file_publish);
}

static void share_lines(struct publisher *publisher, char *text, size_t len)
{
	const struct journal lines = {.text = text, .len = len};

	if (publisher->options.sum && len > 0)
		sum_add_changes(publisher->options.sum, publisher->options.index,
				&lines);
}

/* The sum begins with the lines of a source that could not be listed, too: later they
 * would come behind newer ones. */
static void share_saved_changes(struct publisher *publisher)
{
	const struct state *state = publisher->options.state;
	const struct record *saved = state ? state_saved(state) : NULL;

	if (!saved)
		return;
	share_lines(publisher, saved->old_changes.text, saved->old_changes.len);
	share_lines(publisher, saved->changes.text, saved->changes.len);
}

/* Hands the lines from @from on to the sum. */
static void share_changes(struct publisher *publisher, size_t from)
{
	const struct journal *journal = &publisher->changes.journal;

	if (journal->len > from)
		share_lines(publisher, journal->text + from, journal->len - from);
}

static void show_in_views(struct publisher *publisher)
{
	view_source_set_snapshot(&publisher->view, publisher->shown);
	views_expire(&publisher->views);
}

static int populate_listing(struct publisher *publisher,
			    const struct fetcher_state *state)
{
	const struct publisher_options *options = &publisher->options;
	struct memory_start start;
	int r = memory_begin(&publisher->memory, options->state, state,
			     &publisher->changes.journal, &start);

	publisher->changed_at_ns = start.changed_at_ns;
	if (r == 0)
		r = populate_own_files(options->tree, state->refreshed_at_ns,
				       &publisher->subtree);
	if (r == 0)
		r = populate(options->tree, publisher->shown, publisher->memory.ages,
			     state->refreshed_at_ns, &publisher->subtree);
	if (r == 0)
		r = journal_file_populate(&publisher->changes, options->tree,
					  publisher->subtree.own,
					  start.old_changes.text, start.old_changes.len,
					  state->refreshed_at_ns);
	if (r == 0 && options->commands)
		r = journal_file_populate(&publisher->commands, options->tree,
					  publisher->subtree.own, NULL, 0,
					  state->refreshed_at_ns);
	if (r == 0) {
		view_source_count_changes(&publisher->view, &start.differences);
		share_lines(publisher, start.old_changes.text, start.old_changes.len);
		share_changes(publisher, 0);
	}
	diff_fini(&start.differences);
	free(start.old_changes.text);
	return r;
}

/* From now on there are the views, too. */
static void open_views(struct publisher *publisher)
{
	publisher->view.by_status = publisher->subtree.by_status;
	show_in_views(publisher);
}

static int populate_subtree(struct publisher *publisher)
{
	const struct publisher_options *options = &publisher->options;
	struct fetcher_state state;
	int r = 0;

	fetcher_get_state(options->fetcher, &state);
	publisher->is_unlisted = !state.is_listed;
	publisher->shown = snapshot_ref(state.snapshot);
	status_count(publisher->shown, &publisher->counts);
	publisher->subtree = (struct subtree){
		.root = options->root,
		.source = options->directory,
		.sum = options->sum ? sum_subtree(options->sum) : NULL};
	/* That it failed was logged when it did. */
	if (publisher->is_unlisted) {
		publisher->status_file.logged = (struct status_cause){
			.kind = STATUS_CAUSE_LISTING, .error = state.error};
		r = populate_status(options->tree, state.changed_at_ns,
				    &publisher->subtree);
		share_saved_changes(publisher);
	} else {
		r = populate_listing(publisher, &state);
	}
	publisher->status_file.node = publisher->subtree.status;
	publisher->views.directory = publisher->subtree.own;
	if (r == 0 && !publisher->is_unlisted)
		open_views(publisher);
	if (r == 0)
		r = update_status(publisher, &state);
	fetcher_state_fini(&state);
	return r;
}

static int set_up(struct publisher *publisher)
{
	const struct publisher_options *options = &publisher->options;
	int r = loop_init(&publisher->loop);

	publisher->changes = (struct journal_file){.name = "changes",
						   .old_name = "changes.1"};
	publisher->commands = (struct journal_file){.name = "commands",
						    .old_name = "commands.1"};
	change_init(&publisher->change, options->tree, options->editor, options->turns);
	publisher->status_file = (struct status_file){.change = &publisher->change,
						      .log = options->log,
						      .source = options->directory,
						      .notify = options->notify};
	view_source_init(&publisher->view);
	publisher->view.name = options->source;
	publisher->view.fetcher = options->fetcher;
	publisher->views_of = &publisher->view;
	publisher->views.tree = options->tree;
	publisher->views.sources = &publisher->views_of;
	publisher->views.source_count = 1;
	if (options->sum)
		sum_set_source(options->sum, options->index, options->directory,
			       &publisher->view);
	publisher->mountpoint = strdup(editor_mountpoint(options->editor));
	if (r == 0 && !publisher->mountpoint)
		r = -ENOMEM;
	return r;
}

int publisher_new(const struct publisher_options *options, struct publisher **result)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));
	int r = 0;

	if (!publisher)
		return -ENOMEM;
	publisher->options = *options;
	r = set_up(publisher);
	if (r == 0)
		r = populate_subtree(publisher);
	if (r < 0)
		publisher_free(publisher);
	else
		*result = publisher;
	return r;
}

bool publisher_is_refresh(const struct publisher *publisher, const struct node *node)
{
	return subtree_is_refresh(&publisher->subtree, publisher->options.tree, node);
}

bool publisher_make_view(struct publisher *publisher, struct node *view)
{
	return views_make(&publisher->views, view);
}

/* The newer snapshot of the diff is what the tree shows from now on. */
static void finish_diff(struct publisher *publisher)
{
	if (!publisher->is_first)
		memory_follow(&publisher->memory, publisher->shown,
			      publisher->diff.after, publisher->diff_at_ns);
	publisher->is_first = false;
	snapshot_unref(publisher->shown);
	publisher->shown = snapshot_ref(publisher->diff.after);
	publisher->counts = (struct status_counts){.other = 0};
	status_count(publisher->shown, &publisher->counts);
	diff_fini(&publisher->diff);
	show_in_views(publisher);
	if (publisher->options.sum)
		sum_note_change(publisher->options.sum);
}

/* What was published is news; its lines are those from @before on. */
static void note_changes(struct publisher *publisher, size_t before)
{
	publisher->changed_at_ns = publisher->diff_at_ns;
	publisher->changes.changed_at_ns = publisher->changed_at_ns;
	publisher->changes.is_due = true;
	view_source_count_changes(&publisher->view, &publisher->diff);
	share_changes(publisher, before);
}

static int publish_difference(struct publisher *publisher)
{
	struct change *change = &publisher->change;
	struct journal dropped = {.text = NULL};
	struct journal *lines = publisher->is_first ? &dropped
						    : &publisher->changes.journal;
	size_t before = lines->len;
	int r = change_begin(change, publisher->diff_at_ns);

	if (r == 0)
		r = publish_diff(change, &publisher->subtree, &publisher->diff,
				 publisher->is_first ? publisher->memory.ages : NULL,
				 lines);
	if (r == 0) {
		if (!publisher->is_first)
			note_changes(publisher, before);
		publisher->memory.is_due = true;
		publisher->views.is_event_due = true;
		finish_diff(publisher);
	}
	journal_fini(&dropped);
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
		publisher->diff_at_ns = state->snapshot_at_ns;
	}
	if (diff->different > 0)
		return publish_difference(publisher);
	publish_diff_repoint(publisher->options.tree, publisher->subtree.root, diff);
	finish_diff(publisher);
	return 0;
}

static int add_old_changes(struct publisher *publisher,
			   const struct record_lines *lines)
{
	const struct node_content content = {
		.kind = NODE_TEXT, .text = lines->text, .text_len = lines->len};
	struct change *change = &publisher->change;
	struct node *own = publisher->subtree.own;
	int r = 0;

	if (tree_find(change->tree, own, publisher->changes.old_name))
		return 0;
	r = change_begin(change, 0);
	if (r == 0)
		r = change_add_text(change, own, publisher->changes.old_name, &content);
	return change_end(change, r);
}

/* As when a mount starts, but that there is one, and that watchers see it. */
static int remember(struct publisher *publisher, const struct fetcher_state *state)
{
	struct fetcher_state listed = *state;
	struct state *kept = publisher->options.state;
	const struct record *saved = kept ? state_saved(kept) : NULL;
	struct memory_start start;
	int r = 0;

	if (saved && !record_is_of_account(saved->snapshot, state->snapshot))
		state_reject(kept);
	/* What it lists is known, even if a later listing has failed by now. */
	listed.is_stale = false;
	r = memory_begin(&publisher->memory, kept, &listed, &publisher->changes.journal,
			 &start);
	if (r == 0 && start.old_changes.len > 0)
		r = add_old_changes(publisher, &start.old_changes);
	if (r == 0) {
		publisher->changed_at_ns = start.changed_at_ns;
		publisher->changes.is_due = publisher->changes.journal.len > 0;
		view_source_count_changes(&publisher->view, &start.differences);
		share_changes(publisher, start.kept_len);
	} else {
		journal_fini(&publisher->changes.journal);
		memory_fini(&publisher->memory);
	}
	diff_fini(&start.differences);
	free(start.old_changes.text);
	return r;
}

/* The first listing of a source that could not be listed at the start. */
static int publish_first(struct publisher *publisher, const struct fetcher_state *state)
{
	const struct publisher_options *options = &publisher->options;
	struct change *change = &publisher->change;
	int r = change_begin(change, state->refreshed_at_ns);

	if (r == 0)
		r = populate_rest(change, &publisher->subtree);
	r = change_end(change, r);
	if (r == 0)
		r = snapshot_diff(publisher->shown, state->snapshot, &publisher->diff);
	if (r == 0)
		r = remember(publisher, state);
	if (r < 0) {
		diff_fini(&publisher->diff);
		return r;
	}
	if (options->state)
		state_forget(options->state);
	publisher->diff_at_ns = state->refreshed_at_ns;
	publisher->commands.is_due = options->commands;
	publisher->is_unlisted = false;
	publisher->is_first = true;
	open_views(publisher);
	options->listed(options->data);
	return 0;
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
	size_t before = publisher->changes.journal.len;
	int r = change_drop_dirtied_pages(&publisher->change);

	if (r == 0 && publisher->is_unlisted && state->is_listed)
		r = publish_first(publisher, state);
	if (memory_note_gap(&publisher->memory, state, &publisher->changes.journal)) {
		publisher->changes.changed_at_ns = state->refreshed_at_ns;
		publisher->changes.is_due = true;
		share_changes(publisher, before);
	}
	while (r == 0 && publisher->shown != state->snapshot)
		r = publish_snapshot(publisher, state);
	if (r == 0)
		r = announce_rest(publisher);
	if (r == 0)
		r = journal_file_publish(&publisher->changes, &publisher->change,
					 publisher->subtree.own);
	/* Before it is listed there is the status alone. */
	if (r == 0 && !publisher->is_unlisted)
		r = journal_file_publish(&publisher->commands, &publisher->change,
					 publisher->subtree.own);
	if (r == 0)
		r = views_publish(&publisher->views, &publisher->change,
				  state->refreshed_at_ns);
	return r;
}

static void note_failure(struct publisher *publisher, int r)
{
	attempt_failed(&publisher->attempt, &publisher->change.failure, r);
}

/* A line for each place that the mount is moved to. */
static void note_move(struct publisher *publisher, const char *mountpoint)
{
	struct error line; /* a text without control characters */
	char *copy = NULL;

	if (strcmp(mountpoint, publisher->mountpoint) == 0)
		return;
	copy = strdup(mountpoint);
	if (!copy)
		return;
	free(publisher->mountpoint);
	publisher->mountpoint = copy;
	if (!publisher->options.is_move_logged)
		return;
	error_set(&line, ERROR_NONE, "the mount is at %s now", mountpoint);
	log_write(publisher->options.log, LOG_LEVEL_WARNING, "%s", line.text);
}

/* Looks where the mount is, and whether another file system lies over it or a part of
 * it. */
static bool is_covered(struct publisher *publisher)
{
	const struct editor *editor = publisher->options.editor;
	struct mountinfo_place place;
	bool is_covered = false;

	if (turns_take(publisher->options.turns, TURNS_WAIT_MS) < 0)
		return false;
	note_move(publisher, editor_mountpoint(editor));
	is_covered = mountinfo_find(editor_mount(editor), publisher->mountpoint,
				    &place) == 0 &&
		     place.cover[0] != '\0';
	turns_pass(publisher->options.turns);
	return is_covered;
}

/* Where one entry cannot be changed, the state can still raise its event. */
static int try_to_publish(struct publisher *publisher,
			  const struct fetcher_state *state)
{
	int r = publish_all(publisher, state);

	/* At the end the mount is gone, and nothing found of it is true. */
	if (loop_is_stopping(&publisher->loop))
		return -ECANCELED;
	if (r < 0)
		note_failure(publisher, r);
	else if (is_covered(publisher))
		note_failure(publisher, -EXDEV);
	else
		attempt_succeeded(&publisher->attempt);
	if (r < 0 && publisher->attempt.cause.kind != STATUS_CAUSE_EDIT)
		return r;
	r = publish_status(publisher, state);
	if (r < 0 && publisher->attempt.retry_at_ns == 0)
		note_failure(publisher, r);
	return r;
}

static void share_commands(struct publisher *publisher, size_t from)
{
	const struct journal *journal = &publisher->commands.journal;
	const struct journal lines = {.text = journal->text + from,
				      .len = journal->len - from};

	if (publisher->options.sum)
		sum_add_commands(publisher->options.sum, publisher->options.index,
				 &lines);
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
		share_commands(publisher, len_before);
		journal_file_limit(file, publisher->options.tree,
				   publisher->subtree.own);
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
	lines->text = malloc((size_t)attributes.size + 1);
	if (!lines->text)
		return -ENOMEM;
	lines->len = tree_read(tree, node, lines->text, (size_t)attributes.size, 0);
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
	if (!attempt_is_due(&publisher->attempt) ||
	    try_to_publish(publisher, &state) < 0)
		update_status(publisher, &state);
	else if (publisher->memory.is_due)
		save_memory(publisher, state.refreshed_at_ns, false);
	fetcher_state_fini(&state);
	/* At the end nothing was shown, and commands_free() replies. */
	if (publisher->options.commands && publisher->attempt.retry_at_ns == 0 &&
	    !loop_is_stopping(&publisher->loop))
		commands_published(publisher->options.commands, number);
}

/* When the next try is due. Once it is overdue the file itself says so; a watcher is to
 * hear of it. */
static int64_t next_look_ns(const struct publisher *publisher)
{
	int64_t retry_ns = publisher->attempt.retry_at_ns;
	int64_t at_ns = retry_ns ? retry_ns : INT64_MAX;

	if (publisher->overdue_at_ns && publisher->overdue_at_ns < at_ns)
		at_ns = publisher->overdue_at_ns;
	return at_ns;
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
	if (!publisher->is_unlisted)
		cache_warmer_run(&publisher->change, &publisher->subtree,
				 publisher->shown, publisher->options.max_warm_files);
	if (!loop_is_stopping(&publisher->loop))
		publisher->options.ready(publisher->options.data);
	/* The service manager gets a status from the start. */
	publisher_wake(publisher);
	while (!loop_is_stopping(&publisher->loop)) {
		loop_wait(&publisher->loop, next_look_ns(publisher));
		if (!loop_is_stopping(&publisher->loop))
			publish_news(publisher);
	}
	return NULL;
}

int publisher_start(struct publisher *publisher)
{
	return loop_start(&publisher->loop, run_publisher, publisher);
}

void publisher_wake(void *data)
{
	struct publisher *publisher = data;

	loop_wake(&publisher->loop);
}

void publisher_cancel(struct publisher *publisher)
{
	change_cancel(&publisher->change);
	turns_cancel(publisher->options.turns);
	editor_cancel(publisher->options.editor);
	loop_cancel(&publisher->loop);
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
	if (!publisher || !publisher->loop.is_started)
		return;
	publisher_cancel(publisher);
	loop_stop(&publisher->loop);
	end_memory(publisher);
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	journal_file_fini(&publisher->changes);
	journal_file_fini(&publisher->commands);
	status_file_fini(&publisher->status_file);
	memory_fini(&publisher->memory);
	view_source_fini(&publisher->view);
	change_fini(&publisher->change);
	diff_fini(&publisher->diff);
	snapshot_unref(publisher->shown);
	free(publisher->mountpoint);
	loop_fini(&publisher->loop);
	free(publisher);
}
