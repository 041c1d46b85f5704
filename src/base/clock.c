#include "src/base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int64_t read_ns(clockid_t id)
{
	struct timespec now = {0};

	(void)clock_gettime(id, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t read_realtime(void *)
{
	return read_ns(CLOCK_REALTIME);
}

static int64_t read_boottime(void *)
{
	return read_ns(CLOCK_BOOTTIME);
}

/* Until a point in time, so that signals and a suspension do not lengthen it. */
static int sleep_boottime(void *, int64_t ns)
{
	struct timespec until;
	int64_t until_ns;
	int r;

	if (ns <= 0)
		return 0;
	if (__builtin_add_overflow(read_ns(CLOCK_BOOTTIME), ns, &until_ns))
		until_ns = INT64_MAX;
	until.tv_sec = until_ns / NS_PER_S;
	until.tv_nsec = until_ns % NS_PER_S;
	do
		r = clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, NULL);
	while (r == EINTR);
	return -r;
}

/* A poll(2) alone would not count the time that the machine is suspended. */
static int open_timer(int64_t until_ns)
{
	const struct itimerspec at = {.it_value = {.tv_sec = until_ns / NS_PER_S,
						   .tv_nsec = until_ns % NS_PER_S}};
	int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);

	if (timer >= 0 && timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL) < 0) {
		close(timer);
		timer = -1;
	}
	return timer;
}

/* For want of a descriptor for the timer: what is left is waited for by poll(2). */
static int left_ms(int64_t left_ns)
{
	return left_ns / NS_PER_MS < INT_MAX ? (int)(left_ns / NS_PER_MS) + 1 : INT_MAX;
}

static void wait_boottime(void *data, int64_t until_ns, int wake)
{
	int64_t now_ns = read_boottime(data);
	struct pollfd fds[] = {{.fd = wake, .events = POLLIN}, {.events = POLLIN}};

	if (until_ns <= now_ns)
		return;
	fds[1].fd = open_timer(until_ns);
	(void)poll(fds, 2, fds[1].fd < 0 ? left_ms(until_ns - now_ns) : -1);
	if (fds[1].fd >= 0)
		close(fds[1].fd);
}

const struct clock clock_system = {
	.realtime_ns = read_realtime,
	.boottime_ns = read_boottime,
	.sleep = sleep_boottime,
	.wait = wait_boottime,
};

int clock_stop_init(struct clock_stop *stop, const struct clock *clock)
{
	stop->clock = *clock;
	stop->stopped = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return stop->stopped < 0 ? -errno : 0;
}

void clock_stop_fini(struct clock_stop *stop)
{
	if (stop->stopped >= 0)
		close(stop->stopped);
	stop->stopped = -1;
}

void clock_stop_now(struct clock_stop *stop)
{
	(void)eventfd_write(stop->stopped, 1);
}

static bool is_stopped(const struct clock_stop *stop)
{
	struct pollfd descriptor = {.fd = stop->stopped, .events = POLLIN};

	return poll(&descriptor, 1, 0) > 0;
}

static int64_t read_stop_realtime(void *data)
{
	const struct clock_stop *stop = data;

	return stop->clock.realtime_ns(stop->clock.data);
}

static int64_t read_stop_boottime(void *data)
{
	const struct clock_stop *stop = data;

	return stop->clock.boottime_ns(stop->clock.data);
}

static void wait_stoppable(void *data, int64_t until_ns, int wake)
{
	const struct clock_stop *stop = data;

	stop->clock.wait(stop->clock.data, until_ns, wake);
}

static int sleep_stoppable(void *data, int64_t ns)
{
	struct clock_stop *stop = data;
	int64_t until_ns;

	if (__builtin_add_overflow(read_stop_boottime(stop), ns, &until_ns))
		until_ns = INT64_MAX;
	while (!is_stopped(stop)) {
		if (read_stop_boottime(stop) >= until_ns)
			return 0;
		wait_stoppable(stop, until_ns, stop->stopped);
	}
	return -ECANCELED;
}

struct clock clock_stop_clock(struct clock_stop *stop)
{
	return (struct clock){
		.data = stop,
		.realtime_ns = read_stop_realtime,
		.boottime_ns = read_stop_boottime,
		.sleep = sleep_stoppable,
		.wait = wait_stoppable,
	};
}
