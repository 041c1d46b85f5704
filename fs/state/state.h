/*
 * The state of --state DIR: what an earlier mount left there, and a thread that saves
 * what this one learns, so that nobody waits for a disk. Whatever is wrong with the
 * directory, the mount goes on without it, and tells.
 *
 * Nothing of value is overwritten: a state that is damaged, or of something else, gets
 * another name and a line in the log; and so does one that was not read, before the
 * first write.
 */
#ifndef DMSFS_FS_STATE_STATE_H
#define DMSFS_FS_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/process/log.h"
#include "fs/state/record.h"
#include "src/base/error.h"
#include "src/dms/filters.h"

struct state;

struct state_options {
	const char *directory; /* counts from the current directory; copied */
	struct log *log;       /* borrowed */
	void (*changed)(
		void *data); /* the failure has come, changed or gone; any thread */
	void *data;
};

/* Why nothing can be saved. */
struct state_failure {
	int r; /* a negative errno; 0: all is well */
	struct error error;
	int64_t at_ns; /* since 1970 */
};

/*
 * Takes the directory. 0; -EBUSY, after a line in the log, if another mount uses it;
 * -ENOMEM. All else that is wrong is a warning, and a failure that may pass. For the
 * daemon alone: a child that is not replaced by another program would hold the lock.
 */
int state_new(const struct state_options *options, struct state **state);
void state_free(struct state *state); /* after state_stop(); takes NULL */

/* Reads what was saved of that service with these filters. 0, also where there is
 * nothing to be had; or -ENOMEM. Once. */
int state_load(struct state *state, const char *region, const char *endpoint,
	       const struct dms_filters *filters);

/* What was loaded, borrowed until state_forget(); NULL: nothing. */
const struct record *state_saved(const struct state *state);

/* What was loaded turns out to be of another account: it is set aside. */
void state_reject(struct state *state);

/* Frees what was loaded. */
void state_forget(struct state *state);

/* Starts the thread. 0 or a negative errno. */
int state_start(struct state *state);

/* Hands over a record to be saved, which is cleared, in place of any that is not saved
 * yet. Never waits for the disk. One thread at a time. */
void state_save(struct state *state, struct record *record);

/* Any thread; NULL: there is no failure. */
void state_get_failure(struct state *state, struct state_failure *failure);

/* Tries once more to save what is not saved, and ends the thread. Takes NULL. */
void state_stop(struct state *state);

#endif
