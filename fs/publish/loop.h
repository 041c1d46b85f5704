/*
 * A thread that publishes what is new whenever it is woken, or at a time that it waits
 * for.
 */
#ifndef DMSFS_FS_PUBLISH_LOOP_H
#define DMSFS_FS_PUBLISH_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct loop {
	pthread_t thread;
	bool is_started; /* for who starts and stops */
	atomic_bool is_stopping;
	int wake; /* an eventfd; -1: none */
};

/* 0 or a negative errno; loop_fini() is due in both cases. */
int loop_init(struct loop *loop);
void loop_fini(struct loop *loop); /* after loop_stop() */

/* 0 or a negative errno. */
int loop_start(struct loop *loop, void *(*run)(void *data), void *data);

/* Ends a wait, or the next one. Any thread, with any lock; does not wait. */
void loop_wake(struct loop *loop);

/* Waits until it is woken, or until @until_ns (CLOCK_BOOTTIME; INT64_MAX: for ever).
 * For the thread. */
void loop_wait(const struct loop *loop, int64_t until_ns);

/* The thread is to end; it is woken. Any thread. */
void loop_cancel(struct loop *loop);
bool loop_is_stopping(struct loop *loop);

/* Ends the thread. True if there was one. */
bool loop_stop(struct loop *loop);

#endif
