/*
 * The publishers of one mount share its tree and its editor, and change the mount in
 * turns. A turn lasts for one piece of work (change.h), or for a part of one that is
 * long, so that a flood of changes in one source does not hold up the others.
 */
#ifndef DMSFS_FS_PUBLISH_TURNS_H
#define DMSFS_FS_PUBLISH_TURNS_H

#include <pthread.h>
#include <stdbool.h>

/* Nobody waits longer, as when the editor hangs in the turn of one after the other: a
 * source that cannot be changed says so within ten seconds, and in its own turn the
 * editor may take four. */
#define TURNS_WAIT_MS 5500

struct turns {
	pthread_mutex_t lock; /* guards: all below; held for their sake alone */
	pthread_cond_t changed;
	bool is_taken;
	bool is_cancelled;
	struct waiter *first; /* in the order in which they came */
	/* For who has the turn: the events since the last pause, at most. */
	unsigned events;
};

void turns_init(struct turns *turns);
void turns_fini(struct turns *turns);

/* Waits for a turn, @timeout_ms at most. 0, and turns_pass() is due; -ETIMEDOUT; or
 * -ECANCELED. Any thread. */
int turns_take(struct turns *turns, int timeout_ms);
void turns_pass(struct turns *turns);

/* Whether somebody waits. For who has the turn. */
bool turns_are_wanted(struct turns *turns);

/* There are no turns any more: whoever waits goes on. Any thread. */
void turns_cancel(struct turns *turns);

#endif
