#include "fs/publish/sum.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fs/publish/attempt.h"
#include "fs/publish/change.h"
#include "fs/publish/journal_file.h"
#include "fs/publish/loop.h"
#include "fs/publish/status_file.h"
#include "src/base/array.h"
#include "src/base/buffer.h"
#include "src/base/clock.h"

#define STALE_MAX_BYTES ((size_t)1024 * 1024)

/* Of the time at the head of a line: as in 2026-11-28T12:00:00Z. */
#define TIME_LEN ((size_t)20)

/* What one source handed in. */
struct part {
	const char *name; /* borrowed */
	struct status_counts counts;
	struct status_cause cause;
	struct status_cause overdue;
	int64_t overdue_at_ns;
	int64_t refreshed_at_ns;
	int64_t next_at_ns;
	int64_t duration_ns;
	size_t pages;
	int64_t updated_at_ns;
	int64_t changed_at_ns;
};

struct sum {
	struct sum_options options;
	struct subtree subtree;
	struct change change;
	struct loop loop;
	struct view_source **view_sources; /* owned, not what they point to */
	struct views views;
	/* For the thread. */
	struct status_file status_file;
	struct journal_file changes;
	struct journal_file commands;
	struct attempt attempt;

	pthread_mutex_t lock; /* guards: all below; and the text of the status is set
				 under it */
	struct part *parts;   /* owned */
	struct status_cause failure; /* of the attempt */
	struct journal new_changes;
	struct journal new_commands;
	bool is_view_changed;
};

/* The status of all, and what it borrows. */
struct composed {
	struct status status;
	struct fetcher_state fetcher;
	struct status_cause cause;
	struct status_cause overdue;
	struct buffer stale;
};

static int64_t now_ns(void)
{
	return clock_system.realtime_ns(clock_system.data);
}

static int64_t earlier_ns(int64_t a, int64_t b)
{
	return a == 0 || (b > 0 && b < a) ? b : a;
}

static int64_t later_ns(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void add_counts(struct status_counts *sum, const struct status_counts *counts)
{
	sum->instances += counts->instances;
	sum->connections += counts->connections;
	sum->skipped += counts->skipped;
	sum->successful += counts->successful;
	sum->testing += counts->testing;
	sum->failed += counts->failed;
	sum->deleting += counts->deleting;
	sum->other += counts->other;
}

static void set_cause(const struct part *part, const struct status_cause *cause,
		      struct status_cause *copy)
{
	*copy = *cause;
	copy->source = part->name;
}

/* The name comes in the list of those that are stale; the first one's cause counts. */
static void add_stale(const struct part *part, struct composed *composed)
{
	if (composed->stale.len > 0)
		buffer_append(&composed->stale, ", ", strlen(", "));
	buffer_append(&composed->stale, part->name, strlen(part->name));
	if (composed->cause.kind == STATUS_CAUSE_NONE)
		set_cause(part, &part->cause, &composed->cause);
}

static void add_part(const struct part *part, struct composed *composed)
{
	struct status *status = &composed->status;
	struct fetcher_state *fetcher = &composed->fetcher;

	add_counts(&status->counts, &part->counts);
	fetcher->next_at_ns = earlier_ns(fetcher->next_at_ns, part->next_at_ns);
	fetcher->refreshed_at_ns = earlier_ns(fetcher->refreshed_at_ns,
					      part->refreshed_at_ns);
	fetcher->duration_ns = later_ns(fetcher->duration_ns, part->duration_ns);
	fetcher->changed_at_ns = later_ns(fetcher->changed_at_ns, part->updated_at_ns);
	fetcher->pages += part->pages;
	status->changed_at_ns = later_ns(status->changed_at_ns, part->changed_at_ns);
	if (part->cause.kind != STATUS_CAUSE_NONE) {
		add_stale(part, composed);
	} else if (part->overdue_at_ns > 0 &&
		   (status->overdue_at_ns == 0 ||
		    part->overdue_at_ns < status->overdue_at_ns)) {
		status->overdue_at_ns = part->overdue_at_ns;
		status->overdue_source = part->name;
		set_cause(part, &part->overdue, &composed->overdue);
	}
}

static void compose_locked(const struct sum *sum, struct composed *composed)
{
	*composed = (struct composed){.cause = sum->failure,
				      .stale = {.max_bytes = STALE_MAX_BYTES}};
	for (size_t i = 0; i < sum->options.source_count; i++)
		add_part(&sum->parts[i], composed);
	composed->status.fetcher = &composed->fetcher;
	composed->status.cause = &composed->cause;
	composed->status.overdue = &composed->overdue;
	if (composed->stale.len > 0)
		composed->status.stale = composed->stale.data;
}

static int set_status_locked(struct sum *sum)
{
	struct composed composed;
	int r = 0;

	compose_locked(sum, &composed);
	r = status_file_set(&sum->status_file, &composed.status);
	buffer_fini(&composed.stale);
	return r;
}

int sum_new(const struct sum_options *options, struct sum **result)
{
	struct sum *sum = calloc(1, sizeof(*sum));
	int r = 0;

	if (!sum)
		return -ENOMEM;
	sum->options = *options;
	pthread_mutex_init(&sum->lock, NULL);
	change_init(&sum->change, options->tree, options->editor, options->turns);
	sum->parts = calloc(options->source_count, sizeof(*sum->parts));
	sum->view_sources = calloc(options->source_count, sizeof(*sum->view_sources));
	sum->changes = (struct journal_file){.name = "changes",
					     .old_name = "changes.1"};
	sum->commands = (struct journal_file){.name = "commands",
					      .old_name = "commands.1"};
	r = loop_init(&sum->loop);
	if (r == 0 && (!sum->parts || !sum->view_sources))
		r = -ENOMEM;
	sum->subtree.root = tree_root(options->tree);
	if (r == 0)
		r = populate_own_files(options->tree, now_ns(), &sum->subtree);
	sum->views = (struct views){.tree = sum->options.tree,
				    .directory = sum->subtree.own,
				    .sources = sum->view_sources,
				    .source_count = sum->options.source_count};
	sum->status_file = (struct status_file){.node = sum->subtree.status,
						.change = &sum->change,
						.notify = options->notify};
	if (r < 0)
		sum_free(sum);
	else
		*result = sum;
	return r;
}

const struct subtree *sum_subtree(const struct sum *sum)
{
	return &sum->subtree;
}

void sum_set_source(struct sum *sum, size_t index, const char *name,
		    struct view_source *view)
{
	sum->parts[index].name = name;
	sum->view_sources[index] = view;
}

struct line {
	char *text; /* borrowed */
	size_t len;
};

/* By their times; those of one time as they are. */
static int compare_lines(const void *a, const void *b)
{
	const struct line *left = a;
	const struct line *right = b;
	size_t len = left->len < right->len ? left->len : right->len;
	int order = memcmp(left->text, right->text, len < TIME_LEN ? len : TIME_LEN);

	return order != 0 ? order
			  : (left->text > right->text) - (left->text < right->text);
}

/* Owned by the caller. NULL: there are none, or no memory. */
static struct line *split_lines(const struct journal *journal, size_t *count)
{
	struct line *lines = NULL;
	char *text = journal->text;

	*count = 0;
	for (size_t left = journal->len; left > 0; (*count)++) {
		const char *newline = memchr(text, '\n', left);
		size_t len = newline ? (size_t)(newline + 1 - text) : left;
		struct line *grown = array_grow(lines, *count, sizeof(*lines));

		if (!grown) {
			free(lines);
			return NULL;
		}
		lines = grown;
		lines[*count] = (struct line){.text = text, .len = len};
		text += len;
		left -= len;
	}
	return lines;
}

static int join_lines(struct journal *journal, const struct line *lines, size_t from,
		      size_t to)
{
	int r = 0;

	for (size_t i = from; r == 0 && i < to; i++) {
		const struct journal line = {.text = lines[i].text,
					     .len = lines[i].len};

		r = journal_join(journal, &line);
	}
	return r;
}

/* The first of the lines before @end that go into one file. */
static size_t find_first(const struct line *lines, size_t end)
{
	size_t len = 0;

	while (end > 0 && len + lines[end - 1].len <= JOURNAL_MAX_BYTES)
		len += lines[--end].len;
	return end;
}

/* The sources' lines of before the mount, newest last, as two files at most. */
static int merge_changes(struct sum *sum, struct journal *old)
{
	size_t count = 0;
	struct line *lines = split_lines(&sum->new_changes, &count);
	size_t first = 0;
	size_t old_first = 0;
	int r = 0;

	if (!lines)
		return sum->new_changes.len > 0 ? -ENOMEM : 0;
	qsort(lines, count, sizeof(*lines), compare_lines);
	first = find_first(lines, count);
	old_first = find_first(lines, first);
	r = join_lines(old, lines, old_first, first);
	if (r == 0)
		r = join_lines(&sum->changes.journal, lines, first, count);
	free(lines);
	journal_fini(&sum->new_changes);
	return r;
}

int sum_populate(struct sum *sum)
{
	struct tree *tree = sum->options.tree;
	struct node *own = sum->subtree.own;
	struct journal old = {.text = NULL};
	int r = merge_changes(sum, &old);

	if (r == 0)
		r = journal_file_populate(&sum->changes, tree, own, old.text, old.len,
					  now_ns());
	if (r == 0 && sum->options.commands)
		r = journal_file_populate(&sum->commands, tree, own, NULL, 0, now_ns());
	journal_fini(&old);
	sum->is_view_changed = false;
	return r;
}

void sum_set_status(struct sum *sum, size_t index, const struct status *status)
{
	const struct fetcher_state *fetcher = status->fetcher;
	struct part *part = &sum->parts[index];

	pthread_mutex_lock(&sum->lock);
	*part = (struct part){.name = part->name,
			      .counts = status->counts,
			      .cause = *status->cause,
			      .overdue = *status->overdue,
			      .overdue_at_ns = status->overdue_at_ns,
			      .refreshed_at_ns = fetcher->refreshed_at_ns,
			      .next_at_ns = fetcher->next_at_ns,
			      .duration_ns = fetcher->duration_ns,
			      .pages = fetcher->pages,
			      .updated_at_ns = fetcher->changed_at_ns,
			      .changed_at_ns = status->changed_at_ns};
	/* Without memory the text is set again by the thread. */
	(void)set_status_locked(sum);
	pthread_mutex_unlock(&sum->lock);
	views_expire(&sum->views);
	sum_wake(sum);
}

void sum_add_changes(struct sum *sum, size_t index, const struct journal *lines)
{
	pthread_mutex_lock(&sum->lock);
	(void)journal_join_source(&sum->new_changes, lines, false,
				  sum->parts[index].name);
	pthread_mutex_unlock(&sum->lock);
}

void sum_add_commands(struct sum *sum, size_t index, const struct journal *lines)
{
	pthread_mutex_lock(&sum->lock);
	(void)journal_join_source(&sum->new_commands, lines, true,
				  sum->parts[index].name);
	pthread_mutex_unlock(&sum->lock);
}

void sum_note_change(struct sum *sum)
{
	pthread_mutex_lock(&sum->lock);
	sum->is_view_changed = true;
	pthread_mutex_unlock(&sum->lock);
}

void sum_wake(void *data)
{
	struct sum *sum = data;

	loop_wake(&sum->loop);
}

bool sum_make_view(struct sum *sum, struct node *view)
{
	return views_make(&sum->views, view);
}

static void take_lines(struct journal_file *file, struct journal *lines)
{
	if (lines->len == 0 || journal_join(&file->journal, lines) < 0)
		return;
	journal_fini(lines);
	file->changed_at_ns = now_ns();
	file->is_due = true;
}

/* Returns the number to announce when all is published. */
static uint64_t collect_news(struct sum *sum)
{
	uint64_t number = 0;

	pthread_mutex_lock(&sum->lock);
	if (sum->options.commands)
		number = commands_collect(sum->options.commands, &sum->new_commands);
	take_lines(&sum->changes, &sum->new_changes);
	take_lines(&sum->commands, &sum->new_commands);
	journal_file_limit(&sum->commands, sum->options.tree, sum->subtree.own);
	sum->views.is_event_due |= sum->is_view_changed;
	sum->is_view_changed = false;
	pthread_mutex_unlock(&sum->lock);
	return number;
}

static int publish_files(struct sum *sum)
{
	int r = journal_file_publish(&sum->changes, &sum->change, sum->subtree.own);

	if (r == 0)
		r = journal_file_publish(&sum->commands, &sum->change,
					 sum->subtree.own);
	return r < 0 ? r : views_publish(&sum->views, &sum->change, now_ns());
}

static int announce_status(struct sum *sum)
{
	struct composed composed;
	int r = 0;

	pthread_mutex_lock(&sum->lock);
	compose_locked(sum, &composed);
	r = status_file_set(&sum->status_file, &composed.status);
	pthread_mutex_unlock(&sum->lock);
	if (r == 0)
		r = status_file_announce(&sum->status_file, &composed.status);
	buffer_fini(&composed.stale);
	return r;
}

static void note_attempt(struct sum *sum, int r)
{
	if (r < 0)
		attempt_failed(&sum->attempt, &sum->change.failure, r);
	else
		attempt_succeeded(&sum->attempt);
	pthread_mutex_lock(&sum->lock);
	sum->failure = sum->attempt.cause;
	(void)set_status_locked(sum);
	pthread_mutex_unlock(&sum->lock);
}

/* Where one file cannot be changed, the status can still raise its event. */
static void try_to_publish(struct sum *sum)
{
	int r = publish_files(sum);

	/* At the end the mount is gone, and nothing found of it is true. */
	if (loop_is_stopping(&sum->loop))
		return;
	note_attempt(sum, r);
	if (r < 0 && sum->attempt.cause.kind != STATUS_CAUSE_EDIT)
		return;
	r = announce_status(sum);
	if (r < 0 && sum->attempt.retry_at_ns == 0)
		note_attempt(sum, r);
}

static void publish_news(struct sum *sum)
{
	uint64_t number = collect_news(sum);

	if (attempt_is_due(&sum->attempt))
		try_to_publish(sum);
	/* At the end nothing was shown, and commands_free() replies. */
	if (sum->options.commands && sum->attempt.retry_at_ns == 0 &&
	    !loop_is_stopping(&sum->loop))
		commands_published(sum->options.commands, number);
}

static void *run_sum(void *data)
{
	struct sum *sum = data;

	while (!loop_is_stopping(&sum->loop)) {
		int64_t retry_ns = sum->attempt.retry_at_ns;

		loop_wait(&sum->loop, retry_ns ? retry_ns : INT64_MAX);
		if (!loop_is_stopping(&sum->loop))
			publish_news(sum);
	}
	return NULL;
}

int sum_start(struct sum *sum)
{
	return loop_start(&sum->loop, run_sum, sum);
}

void sum_cancel(struct sum *sum)
{
	change_cancel(&sum->change);
	loop_cancel(&sum->loop);
}

void sum_stop(struct sum *sum)
{
	if (!sum)
		return;
	sum_cancel(sum);
	loop_stop(&sum->loop);
}

void sum_free(struct sum *sum)
{
	if (!sum)
		return;
	journal_file_fini(&sum->changes);
	journal_file_fini(&sum->commands);
	journal_fini(&sum->new_changes);
	journal_fini(&sum->new_commands);
	status_file_fini(&sum->status_file);
	change_fini(&sum->change);
	loop_fini(&sum->loop);
	pthread_mutex_destroy(&sum->lock);
	free(sum->parts);
	free(sum->view_sources);
	free(sum);
}
