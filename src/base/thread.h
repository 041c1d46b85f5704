/*
 * Threads that leave signals to the others, and their stacks.
 */
#ifndef DMSFS_SRC_BASE_THREAD_H
#define DMSFS_SRC_BASE_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* More than the frames of thread_release_stack() and of a call of madvise(2). */
#define THREAD_CALL_BYTES 1024

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

/*
 * For a thread of thread_start(), before it waits for long: gives the memory back that
 * its stack took for the calls which have returned. Each of the threads of many sources
 * would otherwise keep what its deepest call took once. Never inline: its own frame says
 * where the caller's ends.
 */
__attribute__((noinline, unused)) static void thread_release_stack(void)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t top = (uintptr_t)__builtin_frame_address(0) - THREAD_CALL_BYTES;
	pthread_attr_t attributes;
	void *lowest = NULL;
	size_t size = 0;

	if (pthread_getattr_np(pthread_self(), &attributes) != 0)
		return;
	pthread_attr_getstack(&attributes, &lowest, &size);
	pthread_attr_destroy(&attributes);
	(void)madvise(lowest, (top & ~(page - 1)) - (uintptr_t)lowest, MADV_DONTNEED);
}

#endif
