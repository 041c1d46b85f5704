/*
 * What a publisher has its state (fs/state) remember: how old all that it shows is, and
 * the lines of changes. For who sets up the publisher, and then for its thread.
 */
#ifndef DMSFS_FS_PUBLISH_MEMORY_H
#define DMSFS_FS_PUBLISH_MEMORY_H

#include "fs/content/journal.h"
#include "fs/content/status.h"
#include "fs/state/state.h"
#include "src/fetcher/fetcher.h"

struct memory {
	struct state *state; /* borrowed; NULL: nothing is remembered, nor done here */
	struct age *ages;    /* owned; of what is shown; NULL: not known */
	/* The time before this mount, in which nobody looked, until the first listing
	 * is known and its line is written. */
	int64_t gap_since_ns;
	bool is_gap_exact;
	bool is_gap_due;
	bool is_due;	/* there is news to save */
	bool is_saving; /* something was given to the state */
};

/* The files of the mount when it starts. */
struct memory_start {
	struct record_lines old_changes; /* owned by the caller from then on */
	size_t kept_len;		 /* of the journal: the lines of before */
	int64_t changed_at_ns;		 /* LastChange */
	/* To diff_fini(); those that lines of changes were added for, if any were. */
	struct diff differences;
};

/*
 * Begins with what @state (or NULL) has of an earlier mount: @journal gets the lines
 * of changes, and unless @fetcher is stale, those of the gap and of the differences to
 * its snapshot. 0 or -ENOMEM; memory_fini() is due in both cases, and so is @start.
 */
int memory_begin(struct memory *memory, struct state *state,
		 const struct fetcher_state *fetcher, struct journal *journal,
		 struct memory_start *start);
void memory_fini(struct memory *memory);

/* Writes the line of the gap where the first listing comes after the mount: true.
 * False: there is none to write, or no memory for it yet. */
bool memory_note_gap(struct memory *memory, const struct fetcher_state *fetcher,
		     struct journal *journal);

/* From now on @after is shown in place of @before, whose differences are of @now_ns. */
void memory_follow(struct memory *memory, const struct snapshot *before,
		   const struct snapshot *after, int64_t now_ns);

/*
 * Gives the state a copy of @shown, but for the ages, which are those of its snapshot
 * here. Without memory it stays due.
 */
void memory_save(struct memory *memory, const struct record *shown);

/* Why nothing can be saved, as a cause; STATUS_CAUSE_NONE while all is well. */
void memory_cause(const struct memory *memory, struct status_cause *cause);

#endif
