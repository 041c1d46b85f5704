/*
 * For LD_PRELOAD: shifts the clock on the wall by the seconds in the file of the
 * environment variable CLOCK_SHIFT, one number of 64 bits that a test may change while
 * the program runs. The other clocks go on, as they do when somebody sets the time.
 *
 * CLOCK_SPEED=N makes the clock since boot, and the waits for a time on it, N times as
 * fast: the pace that requests are held to is of that clock, and a request's own time
 * limits are not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static _Atomic int64_t *shift;
static int64_t speed = 1;

__attribute__((constructor)) static void read_speed(void)
{
	const char *text = getenv("CLOCK_SPEED");
	int64_t times = text ? strtol(text, NULL, 10) : 0;

	if (times > 0)
		speed = times;
}

__attribute__((constructor)) static void open_shift(void)
{
	const char *path = getenv("CLOCK_SHIFT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = MAP_FAILED;

	if (fd < 0)
		return;
	at = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED)
		shift = at;
}

static struct timespec time_of(int64_t ns)
{
	return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long r = syscall(SYS_clock_gettime, clock, now);

	if (r == 0 && shift && clock == CLOCK_REALTIME)
		now->tv_sec += atomic_load_explicit(shift, memory_order_relaxed);
	if (r == 0 && clock == CLOCK_BOOTTIME)
		*now = time_of((now->tv_sec * NS_PER_S + now->tv_nsec) * speed);
	return (int)r;
}

/* On the clock of the kernel: never before it is @fast on ours. */
static struct timespec real_time_of(const struct timespec *fast)
{
	int64_t ns = INT64_MAX;

	if (fast->tv_sec < INT64_MAX / NS_PER_S)
		ns = fast->tv_sec * NS_PER_S + fast->tv_nsec;
	return time_of(ns / speed + (ns % speed != 0));
}

/* The program opens such timers for times on the clock since boot alone. */
int timerfd_settime(int fd, int flags, const struct itimerspec *fast,
		    struct itimerspec *old)
{
	struct itimerspec real = *fast;

	if (flags & TFD_TIMER_ABSTIME)
		real.it_value = real_time_of(&fast->it_value);
	return (int)syscall(SYS_timerfd_settime, fd, flags, &real, old);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *fast,
		    struct timespec *left)
{
	struct timespec real = *fast;

	if (clock == CLOCK_BOOTTIME && flags & TIMER_ABSTIME)
		real = real_time_of(fast);
	return syscall(SYS_clock_nanosleep, clock, flags, &real, left) < 0 ? errno : 0;
}

time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict)
{
	struct timespec exact;

	clock_gettime(CLOCK_REALTIME, &exact);
	now->tv_sec = exact.tv_sec;
	now->tv_usec = exact.tv_nsec / 1000;
	return 0;
}
