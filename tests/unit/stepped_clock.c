#include "tests/unit/stepped_clock.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define START_BOOT_NS (INT64_C(1000) * NS_PER_S)
#define START_WALL_NS (INT64_C(1795443597) * NS_PER_S)

struct stepped_clock {
	int step;	      /* set once; an eventfd: the time has come */
	pthread_mutex_t lock; /* guards: all below */
	pthread_cond_t changed;
	int64_t boottime_ns;
	int64_t realtime_ns;
	int64_t until_ns;
	unsigned waits;
};

struct stepped_clock *stepped_clock_new(void)
{
	struct stepped_clock *clock = calloc(1, sizeof(*clock));

	if (!clock)
		abort();
	clock->step = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (clock->step < 0)
		abort();
	pthread_mutex_init(&clock->lock, NULL);
	pthread_cond_init(&clock->changed, NULL);
	clock->boottime_ns = START_BOOT_NS;
	clock->realtime_ns = START_WALL_NS;
	return clock;
}

void stepped_clock_free(struct stepped_clock *clock)
{
	close(clock->step);
	pthread_cond_destroy(&clock->changed);
	pthread_mutex_destroy(&clock->lock);
	free(clock);
}

static int64_t read_ns(struct stepped_clock *clock, const int64_t *ns)
{
	int64_t now_ns;

	pthread_mutex_lock(&clock->lock);
	now_ns = *ns;
	pthread_mutex_unlock(&clock->lock);
	return now_ns;
}

static int64_t read_boottime(void *data)
{
	struct stepped_clock *clock = data;

	return read_ns(clock, &clock->boottime_ns);
}

static int64_t read_realtime(void *data)
{
	struct stepped_clock *clock = data;

	return read_ns(clock, &clock->realtime_ns);
}

static void wait_for_step(void *data, int64_t until_ns, int wake)
{
	struct stepped_clock *clock = data;
	struct pollfd fds[] = {{.fd = wake, .events = POLLIN},
			       {.fd = clock->step, .events = POLLIN}};
	eventfd_t steps;

	pthread_mutex_lock(&clock->lock);
	clock->until_ns = until_ns;
	clock->waits++;
	pthread_cond_broadcast(&clock->changed);
	pthread_mutex_unlock(&clock->lock);
	(void)poll(fds, 2, -1);
	(void)eventfd_read(clock->step, &steps);
}

static int sleep_for(void *data, int64_t ns)
{
	stepped_clock_advance(data, ns);
	return 0;
}

struct clock stepped_clock_clock(struct stepped_clock *clock)
{
	return (struct clock){
		.data = clock,
		.realtime_ns = read_realtime,
		.boottime_ns = read_boottime,
		.sleep = sleep_for,
		.wait = wait_for_step,
	};
}

void stepped_clock_advance(struct stepped_clock *clock, int64_t ns)
{
	pthread_mutex_lock(&clock->lock);
	clock->boottime_ns += ns;
	clock->realtime_ns += ns;
	pthread_mutex_unlock(&clock->lock);
}

void stepped_clock_set_wall(struct stepped_clock *clock, int64_t realtime_ns)
{
	pthread_mutex_lock(&clock->lock);
	clock->realtime_ns = realtime_ns;
	pthread_mutex_unlock(&clock->lock);
}

unsigned stepped_clock_waits(struct stepped_clock *clock)
{
	unsigned waits;

	pthread_mutex_lock(&clock->lock);
	waits = clock->waits;
	pthread_mutex_unlock(&clock->lock);
	return waits;
}

int64_t stepped_clock_await(struct stepped_clock *clock, unsigned waits)
{
	int64_t until_ns;

	pthread_mutex_lock(&clock->lock);
	while (clock->waits <= waits)
		pthread_cond_wait(&clock->changed, &clock->lock);
	until_ns = clock->until_ns;
	pthread_mutex_unlock(&clock->lock);
	return until_ns;
}

int64_t stepped_clock_step(struct stepped_clock *clock)
{
	int64_t until_ns = stepped_clock_await(clock, 0);
	unsigned waits = stepped_clock_waits(clock);

	stepped_clock_advance(clock, until_ns - read_boottime(clock));
	(void)eventfd_write(clock->step, 1);
	return stepped_clock_await(clock, waits);
}
