#include "src/base/thread.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* More than the frames of thread_release_stack() and of a call of madvise(2). */
#define CALL_BYTES 1024

int thread_start(pthread_t *thread, void *(*run)(void *data), void *data)
{
	sigset_t all;
	sigset_t before;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(thread, NULL, run, data);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

/* Never inline: its own frame says where the caller's ends. */
__attribute__((noinline)) void thread_release_stack(void)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t top = (uintptr_t)__builtin_frame_address(0) - CALL_BYTES;
	pthread_attr_t attributes;
	void *lowest = NULL;
	size_t size = 0;

	if (pthread_getattr_np(pthread_self(), &attributes) != 0)
		return;
	if (pthread_attr_getstack(&attributes, &lowest, &size) == 0)
		(void)madvise(lowest, (top & ~(page - 1)) - (uintptr_t)lowest,
			      MADV_DONTNEED);
	pthread_attr_destroy(&attributes);
}
