/*
 * Threads that leave signals to the others.
 */
#ifndef DMSFS_SRC_BASE_THREAD_H
#define DMSFS_SRC_BASE_THREAD_H

#include <pthread.h>
#include <signal.h>

/* Starts a thread in which all signals are blocked, for pthread_join(). 0, or a
 * negative errno, as of pthread_create(3). */
static inline int thread_start(pthread_t *thread, void *(*run)(void *data), void *data)
{
	sigset_t all;
	sigset_t before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(thread, NULL, run, data);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

#endif
