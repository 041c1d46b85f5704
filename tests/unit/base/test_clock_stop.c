#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/clock.h"

struct fake {
	int64_t now_ns;
	int64_t step_ns; /* a wait ends that early, at the most */
	unsigned waits;
};

static int64_t read_time(void *data)
{
	const struct fake *fake = data;

	return fake->now_ns;
}

static void wait_a_step(void *data, int64_t until_ns, int)
{
	struct fake *fake = data;

	fake->waits++;
	if (until_ns - fake->now_ns > fake->step_ns)
		fake->now_ns += fake->step_ns;
	else
		fake->now_ns = until_ns;
}

static void sleeps_on_when_a_wait_ends_early(void **)
{
	struct fake fake = {.now_ns = 1000, .step_ns = 30};
	const struct clock base = {.data = &fake,
				   .realtime_ns = read_time,
				   .boottime_ns = read_time,
				   .wait = wait_a_step};
	struct clock_stop stop;
	struct clock clock;

	assert_int_equal(clock_stop_init(&stop, &base), 0);
	clock = clock_stop_clock(&stop);
	assert_int_equal(clock.sleep(clock.data, 100), 0);
	assert_int_equal(fake.now_ns, 1100);
	assert_int_equal(fake.waits, 4);
	assert_int_equal(clock.sleep(clock.data, 0), 0);
	assert_int_equal(clock.realtime_ns(clock.data), 1100);
	clock.wait(clock.data, 1130, -1);
	assert_int_equal(clock.boottime_ns(clock.data), 1130);
	clock_stop_fini(&stop);
}

static void sleeps_no_more_once_stopped(void **)
{
	struct clock_stop stop;
	struct clock clock;

	assert_int_equal(clock_stop_init(&stop, &clock_system), 0);
	clock = clock_stop_clock(&stop);
	clock_stop_now(&stop);
	assert_int_equal(clock.sleep(clock.data, 3600 * NS_PER_S), -ECANCELED);
	assert_int_equal(clock.sleep(clock.data, INT64_MAX), -ECANCELED);
	clock_stop_fini(&stop);
}

static void *sleep_long(void *data)
{
	struct clock clock = clock_stop_clock(data);

	return clock.sleep(clock.data, 3600 * NS_PER_S) == -ECANCELED ? data : NULL;
}

/* Whether the sleep has begun or not, it ends. */
static void ends_the_sleep_of_another_thread(void **)
{
	struct clock_stop stop;
	pthread_t thread;
	void *result = NULL;

	assert_int_equal(clock_stop_init(&stop, &clock_system), 0);
	assert_int_equal(pthread_create(&thread, NULL, sleep_long, &stop), 0);
	clock_system.sleep(NULL, 20 * NS_PER_MS);
	clock_stop_now(&stop);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &stop);
	clock_stop_fini(&stop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleeps_on_when_a_wait_ends_early),
		cmocka_unit_test(sleeps_no_more_once_stopped),
		cmocka_unit_test(ends_the_sleep_of_another_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
