#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "src/clock.h"

static void tells_the_time_of_day(void **state)
{
	int64_t before = time(NULL);
	int64_t now = clock_system.realtime_ns(clock_system.data);
	int64_t after = time(NULL);

	(void)state;
	/* time(2) may lag by a tick of the kernel. */
	assert_true(now / NS_PER_S >= before);
	assert_true(now / NS_PER_S <= after + 1);
}

static void sleeps_at_least_as_long_as_asked(void **state)
{
	int64_t before = clock_system.boottime_ns(clock_system.data);

	(void)state;
	assert_int_equal(clock_system.sleep(clock_system.data, 5 * NS_PER_MS), 0);
	assert_true(clock_system.boottime_ns(clock_system.data) - before >=
		    5 * NS_PER_MS);
}

static void does_not_sleep_for_what_is_past(void **state)
{
	(void)state;
	assert_int_equal(clock_system.sleep(clock_system.data, 0), 0);
	assert_int_equal(clock_system.sleep(clock_system.data, INT64_MIN), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_time_of_day),
		cmocka_unit_test(sleeps_at_least_as_long_as_asked),
		cmocka_unit_test(does_not_sleep_for_what_is_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
