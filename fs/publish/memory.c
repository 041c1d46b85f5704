#include "fs/publish/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/clock.h"

static int append_differences(struct journal *journal, int64_t time_s,
			      const struct diff *diff, bool *is_changed)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < diff->count; i++) {
		if (!(diff->changes[i].kinds & DIFF_CONTENT))
			continue;
		r = journal_append_change(journal, time_s, &diff->changes[i]);
		*is_changed = true;
	}
	return r;
}

/* Of the gap and of what has come of it. */
static int append_news(const struct memory *memory, const struct record *saved,
		       const struct fetcher_state *fetcher, struct journal *news,
		       struct diff *differences, bool *is_changed)
{
	const int64_t time_s = fetcher->refreshed_at_ns / NS_PER_S;
	int r = snapshot_diff(saved->snapshot, fetcher->snapshot, differences);

	if (r == 0)
		r = journal_append_gap(news, time_s, memory->gap_since_ns / NS_PER_S,
				       memory->is_gap_exact);
	if (r == 0)
		r = append_differences(news, time_s, differences, is_changed);
	return r;
}

static int copy_lines(const char *text, size_t len, struct record_lines *copy)
{
	*copy = (struct record_lines){.text = NULL};
	if (len == 0)
		return 0;
	copy->text = malloc(len);
	if (!copy->text)
		return -ENOMEM;
	memcpy(copy->text, text, len);
	copy->len = len;
	return 0;
}

static int join_lines(struct journal *journal, const struct record_lines *lines)
{
	const struct journal joined = {.text = lines->text, .len = lines->len};

	return journal_join(journal, &joined);
}

/* As in the mount: lines that would take changes beyond its size begin another file. */
static int begin_changes(const struct record *saved, const struct journal *news,
			 struct journal *journal, struct memory_start *start)
{
	const struct record_lines *lines = &saved->changes;
	const bool is_rotated = lines->len > 0 && news->len > 0 &&
				lines->len + news->len > JOURNAL_MAX_BYTES;
	const struct record_lines *old = is_rotated ? lines : &saved->old_changes;
	int r = copy_lines(old->text, old->len, &start->old_changes);

	if (r == 0 && !is_rotated)
		r = join_lines(journal, lines);
	start->kept_len = journal->len;
	return r < 0 ? r : journal_join(journal, news);
}

static int begin_with(struct memory *memory, const struct record *saved,
		      const struct fetcher_state *fetcher, struct journal *journal,
		      struct memory_start *start)
{
	struct journal news = {.text = NULL};
	bool is_changed = false;
	int r = 0;

	start->changed_at_ns = saved->changed_at_ns;
	memory->gap_since_ns = saved->refreshed_at_ns;
	memory->is_gap_exact = saved->is_ended;
	memory->is_gap_due = fetcher->is_stale;
	if (!memory->is_gap_due)
		r = append_news(memory, saved, fetcher, &news, &start->differences,
				&is_changed);
	if (is_changed)
		start->changed_at_ns = fetcher->refreshed_at_ns;
	if (r == 0)
		r = begin_changes(saved, &news, journal, start);
	journal_fini(&news);
	return r;
}

int memory_begin(struct memory *memory, struct state *state,
		 const struct fetcher_state *fetcher, struct journal *journal,
		 struct memory_start *start)
{
	const struct record *saved = state ? state_saved(state) : NULL;
	int r = 0;

	*memory = (struct memory){.state = state};
	*start = (struct memory_start){.changed_at_ns = 0};
	if (!state)
		return 0;
	memory->ages = record_follow(saved ? saved->snapshot : NULL,
				     saved ? saved->ages : NULL, fetcher->snapshot,
				     fetcher->refreshed_at_ns);
	if (!memory->ages)
		return -ENOMEM;
	if (saved)
		r = begin_with(memory, saved, fetcher, journal, start);
	/* A mount that shows what is saved has nothing new. */
	memory->is_due = !memory->is_gap_due;
	return r;
}

void memory_fini(struct memory *memory)
{
	free(memory->ages);
	memory->ages = NULL;
}

bool memory_note_gap(struct memory *memory, const struct fetcher_state *fetcher,
		     struct journal *journal)
{
	if (!memory->is_gap_due || fetcher->is_stale ||
	    journal_append_gap(journal, fetcher->refreshed_at_ns / NS_PER_S,
			       memory->gap_since_ns / NS_PER_S,
			       memory->is_gap_exact) < 0)
		return false;
	memory->is_gap_due = false;
	memory->is_due = true;
	return true;
}

void memory_follow(struct memory *memory, const struct snapshot *before,
		   const struct snapshot *after, int64_t now_ns)
{
	struct age *ages = NULL;

	if (!memory->state)
		return;
	ages = record_follow(before, memory->ages, after, now_ns);
	free(memory->ages);
	memory->ages = ages;
}

static struct age *copy_ages(const struct age *ages, size_t count)
{
	struct age *copy = calloc(count + 1, sizeof(*copy));

	if (copy)
		memcpy(copy, ages, count * sizeof(*copy));
	return copy;
}

void memory_save(struct memory *memory, const struct record *shown)
{
	struct record record = {.refreshed_at_ns = shown->refreshed_at_ns,
				.changed_at_ns = shown->changed_at_ns,
				.is_ended = shown->is_ended};
	int r = 0;

	if (memory->is_gap_due) {
		record.is_ended = memory->is_gap_exact;
		record.refreshed_at_ns = memory->gap_since_ns;
	}
	record.snapshot = snapshot_ref(shown->snapshot);
	if (memory->ages)
		record.ages = copy_ages(memory->ages, snapshot_count(shown->snapshot));
	if (!record.ages)
		r = -ENOMEM;
	if (r == 0)
		r = copy_lines(shown->changes.text, shown->changes.len,
			       &record.changes);
	if (r == 0)
		r = copy_lines(shown->old_changes.text, shown->old_changes.len,
			       &record.old_changes);
	if (r < 0) {
		record_fini(&record);
		return;
	}
	memory->is_due = false;
	memory->is_saving = true;
	state_save(memory->state, &record);
}

void memory_cause(const struct memory *memory, struct status_cause *cause)
{
	struct state_failure failure;

	state_get_failure(memory->state, &failure);
	*cause = (struct status_cause){.kind = STATUS_CAUSE_NONE};
	if (failure.r == 0)
		return;
	*cause = (struct status_cause){
		.kind = STATUS_CAUSE_MEMORY, .r = failure.r, .at_ns = failure.at_ns};
	error_set(&cause->error, ERROR_NONE, "cannot keep the state: %s",
		  failure.error.text);
}
