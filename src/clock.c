#include "clock.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
	struct timespec now = {0};

	(void)clock_gettime(id, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t read_realtime(void *data)
{
	(void)data;
	return read_ns(CLOCK_REALTIME);
}

static int64_t read_boottime(void *data)
{
	(void)data;
	return read_ns(CLOCK_BOOTTIME);
}

/* Until a point in time, so that signals and a suspension do not lengthen it. */
static int sleep_boottime(void *data, int64_t ns)
{
	struct timespec until;
	int64_t until_ns;
	int rc;

	(void)data;
	if (ns <= 0)
		return 0;
	if (__builtin_add_overflow(read_ns(CLOCK_BOOTTIME), ns, &until_ns))
		until_ns = INT64_MAX;
	until.tv_sec = until_ns / NS_PER_S;
	until.tv_nsec = until_ns % NS_PER_S;
	do
		rc = clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, NULL);
	while (rc == EINTR);
	return -rc;
}

const struct clock clock_system = {
	.realtime_ns = read_realtime,
	.boottime_ns = read_boottime,
	.sleep = sleep_boottime,
};
