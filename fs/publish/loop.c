#include "fs/publish/loop.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "src/base/clock.h"
#include "src/base/thread.h"

int loop_init(struct loop *loop)
{
	*loop = (struct loop){.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	return loop->wake < 0 ? -errno : 0;
}

void loop_fini(struct loop *loop)
{
	if (loop->wake >= 0)
		close(loop->wake);
	loop->wake = -1;
}

int loop_start(struct loop *loop, void *(*run)(void *data), void *data)
{
	int r = thread_start(&loop->thread, run, data);

	loop->is_started = r == 0;
	return r;
}

void loop_wake(struct loop *loop)
{
	const uint64_t one = 1;

	/* It fails only when the count is full, and then the thread will wake. */
	if (write(loop->wake, &one, sizeof(one)) < 0)
		return;
}

static int timeout_ms(int64_t until_ns)
{
	int64_t left_ns = INT64_MAX;

	if (until_ns != INT64_MAX)
		left_ns = until_ns - clock_system.boottime_ns(clock_system.data);
	if (left_ns / NS_PER_MS >= INT_MAX)
		return -1;
	return left_ns < 0 ? 0 : (int)(left_ns / NS_PER_MS) + 1;
}

/* Of a piece of work, which took it for a while. Without this the heap keeps the pages
 * of all that is free below its end. */
static void release_memory(void)
{
	thread_release_stack();
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

/* By poll alone, since a timer would take one more descriptor. */
void loop_wait(const struct loop *loop, int64_t until_ns)
{
	struct pollfd fd = {.fd = loop->wake, .events = POLLIN};
	uint64_t count = 0;

	release_memory();
	if (poll(&fd, 1, timeout_ms(until_ns)) > 0 &&
	    read(loop->wake, &count, sizeof(count)) < 0)
		return;
}

void loop_cancel(struct loop *loop)
{
	atomic_store(&loop->is_stopping, true);
	loop_wake(loop);
}

bool loop_is_stopping(struct loop *loop)
{
	return atomic_load(&loop->is_stopping);
}

bool loop_stop(struct loop *loop)
{
	if (!loop->is_started)
		return false;
	loop_cancel(loop);
	pthread_join(loop->thread, NULL);
	loop->is_started = false;
	return true;
}
