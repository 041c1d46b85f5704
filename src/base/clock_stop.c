#include "src/base/clock_stop.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

static int64_t read_realtime(void *data)
{
	const struct clock_stop *stop = data;

	return stop->clock.realtime_ns(stop->clock.data);
}

static int64_t read_boottime(void *data)
{
	const struct clock_stop *stop = data;

	return stop->clock.boottime_ns(stop->clock.data);
}

static void wait_until(void *data, int64_t until_ns, int wake)
{
	const struct clock_stop *stop = data;

	stop->clock.wait(stop->clock.data, until_ns, wake);
}

static int sleep_for(void *data, int64_t ns)
{
	struct clock_stop *stop = data;
	int64_t until_ns;

	if (__builtin_add_overflow(read_boottime(stop), ns, &until_ns))
		until_ns = INT64_MAX;
	while (!is_stopped(stop)) {
		if (read_boottime(stop) >= until_ns)
			return 0;
		wait_until(stop, until_ns, stop->stopped);
	}
	return -ECANCELED;
}

struct clock clock_stop_clock(struct clock_stop *stop)
{
	return (struct clock){
		.data = stop,
		.realtime_ns = read_realtime,
		.boottime_ns = read_boottime,
		.sleep = sleep_for,
		.wait = wait_until,
	};
}
