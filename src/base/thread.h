/*
 * Threads that leave signals to the others, and their stacks.
 */
#ifndef DMSFS_SRC_BASE_THREAD_H
#define DMSFS_SRC_BASE_THREAD_H

#include <pthread.h>

/* Starts a thread in which all signals are blocked, for pthread_join(). 0, or a
 * negative errno, as of pthread_create(3). */
int thread_start(pthread_t *thread, void *(*run)(void *data), void *data);

/*
 * For a thread of thread_start(), before it waits for long: gives the memory back that
 * its stack took for the calls which have returned. Each of the threads of many sources
 * would otherwise keep what its deepest call took once.
 */
void thread_release_stack(void);

#endif
