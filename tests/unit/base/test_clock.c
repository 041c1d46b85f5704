#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/clock.h"

static void tells_the_time_of_day(void **)
{
	int64_t before = time(NULL);
	int64_t now = clock_system.realtime_ns(clock_system.data);
	int64_t after = time(NULL);

	/* time(2) may lag by a tick of the kernel. */
	assert_true(now / NS_PER_S >= before);
	assert_true(now / NS_PER_S <= after + 1);
}

static void sleeps_at_least_as_long_as_asked(void **)
{
	int64_t before = clock_system.boottime_ns(clock_system.data);

	assert_int_equal(clock_system.sleep(clock_system.data, 5 * NS_PER_MS), 0);
	assert_true(clock_system.boottime_ns(clock_system.data) - before >=
		    5 * NS_PER_MS);
}

static void does_not_sleep_for_what_is_past(void **)
{
	assert_int_equal(clock_system.sleep(clock_system.data, 0), 0);
	assert_int_equal(clock_system.sleep(clock_system.data, INT64_MIN), 0);
}

static int64_t boottime_ns(void)
{
	return clock_system.boottime_ns(clock_system.data);
}

/* For 5 ms; how long it took. */
static int64_t wait_shortly(int wake)
{
	int64_t began_ns = boottime_ns();

	clock_system.wait(clock_system.data, began_ns + 5 * NS_PER_MS, wake);
	return boottime_ns() - began_ns;
}

static void waits_until_the_time(void **)
{
	int wake = eventfd(0, EFD_CLOEXEC);

	assert_true(wait_shortly(wake) >= 5 * NS_PER_MS);
	close(wake);
}

static void waits_no_longer_when_woken(void **)
{
	int wake = eventfd(1, EFD_CLOEXEC);

	/* Without that it would last for ever. */
	clock_system.wait(clock_system.data, INT64_MAX, wake);
	close(wake);
}

static void does_not_wait_for_what_is_past(void **)
{
	int wake = eventfd(0, EFD_CLOEXEC);

	clock_system.wait(clock_system.data, boottime_ns(), wake);
	clock_system.wait(clock_system.data, INT64_MIN, wake);
	close(wake);
}

static void waits_also_when_there_is_no_descriptor_left(void **)
{
	int wake = eventfd(0, EFD_CLOEXEC);
	struct rlimit before;
	struct rlimit none;
	int64_t waited_ns;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	/* As many as poll(2) is to look at. */
	none = (struct rlimit){.rlim_cur = 2, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	waited_ns = wait_shortly(wake);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(waited_ns >= 5 * NS_PER_MS);
	close(wake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_time_of_day),
		cmocka_unit_test(sleeps_at_least_as_long_as_asked),
		cmocka_unit_test(does_not_sleep_for_what_is_past),
		cmocka_unit_test(waits_until_the_time),
		cmocka_unit_test(waits_no_longer_when_woken),
		cmocka_unit_test(does_not_wait_for_what_is_past),
		cmocka_unit_test(waits_also_when_there_is_no_descriptor_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
