#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/fetcher/schedule.h"

#define S NS_PER_S
#define MS NS_PER_MS
#define START (100 * S) /* when the first refresh of each test starts */
#define EXACT 0.5	/* the jitter that makes an interval what it was set to */

static struct schedule new_schedule(void)
{
	struct schedule schedule;

	schedule_init(&schedule, 60, 5);
	return schedule;
}

static void refresh(struct schedule *schedule, enum schedule_kind kind,
		    int64_t started_ns, size_t requests, bool is_active, double jitter)
{
	schedule_succeeded(schedule,
			   &(struct schedule_refresh){.kind = kind,
						      .started_ns = started_ns,
						      .ended_ns = started_ns + S,
						      .requests = requests,
						      .jitter = jitter},
			   is_active);
}

static void fail_once(struct schedule *schedule, int64_t ended_ns, double jitter)
{
	schedule_failed(schedule, &(struct schedule_refresh){.started_ns = ended_ns - S,
							     .ended_ns = ended_ns,
							     .requests = 1,
							     .jitter = jitter});
}

static void assert_due(const struct schedule *schedule, int64_t due_ns,
		       enum schedule_kind kind)
{
	assert_int_equal(schedule_due(schedule), due_ns);
	assert_int_equal(schedule_kind(schedule, due_ns), kind);
}

static void begins_at_once(void **)
{
	struct schedule schedule = new_schedule();

	assert_due(&schedule, 0, SCHEDULE_FULL);
}

static void lists_from_start_to_start(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 13, false, EXACT);
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
}

static void spreads_the_intervals_by_a_tenth(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, true, 0);
	assert_due(&schedule, START + 4500 * MS, SCHEDULE_POLL);
	refresh(&schedule, SCHEDULE_FULL, START, 1, true, 1);
	assert_due(&schedule, START + 5500 * MS, SCHEDULE_POLL);
	refresh(&schedule, SCHEDULE_FULL, START, 1, false, 0);
	assert_due(&schedule, START + 54 * S, SCHEDULE_FULL);
	refresh(&schedule, SCHEDULE_FULL, START, 1, false, 1);
	assert_due(&schedule, START + 66 * S, SCHEDULE_FULL);
}

static void polls_between_listings_while_active(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, true, EXACT);
	for (int i = 1; i < 12; i++) {
		assert_due(&schedule, START + i * 5 * S, SCHEDULE_POLL);
		refresh(&schedule, SCHEDULE_POLL, START + i * 5 * S, 1, true, EXACT);
	}
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
}

static void ends_polling_when_nothing_is_active(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, true, EXACT);
	refresh(&schedule, SCHEDULE_POLL, START + 5 * S, 1, false, EXACT);
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
}

static void stretches_the_time_to_half_a_second_a_page(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 120, false, 0);
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
	refresh(&schedule, SCHEDULE_FULL, START + 60 * S, 200, false, 0);
	assert_due(&schedule, START + 160 * S, SCHEDULE_FULL);
}

static void lengthens_a_stretched_time_by_jitter_but_never_shortens_it(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 200, false, EXACT);
	assert_due(&schedule, START + 105 * S, SCHEDULE_FULL);
	schedule = new_schedule();
	refresh(&schedule, SCHEDULE_FULL, START, 200, false, 1);
	assert_due(&schedule, START + 110 * S, SCHEDULE_FULL);
}

static void makes_up_for_refreshes_that_were_asked_for(void **)
{
	struct schedule schedule = new_schedule();

	for (int i = 0; i < 4; i++)
		refresh(&schedule, SCHEDULE_FULL, START + i * S, 60, false, 0);
	assert_due(&schedule, START + 4 * 30 * S, SCHEDULE_FULL);
}

static void saves_nothing_up_while_idle(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, false, 0);
	refresh(&schedule, SCHEDULE_FULL, START + 3600 * S, 200, false, 0);
	assert_due(&schedule, START + 3700 * S, SCHEDULE_FULL);
}

static void polls_while_a_long_listing_is_paid_off(void **)
{
	struct schedule schedule = new_schedule();
	int64_t at_ns = START;
	size_t requests = 200;

	refresh(&schedule, SCHEDULE_FULL, at_ns, 200, true, 0);
	while (schedule_kind(&schedule, schedule_due(&schedule)) == SCHEDULE_POLL) {
		at_ns = schedule_due(&schedule);
		refresh(&schedule, SCHEDULE_POLL, at_ns, 1, true, 0);
		requests++;
	}
	/* Every 4.5 s for 100 s; then what the polls took is paid off as well. */
	assert_int_equal(requests, 200 + 22);
	assert_due(&schedule, START + 111 * S, SCHEDULE_FULL);
}

static void stretches_the_time_between_large_polls(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, true, EXACT);
	refresh(&schedule, SCHEDULE_POLL, START + 5 * S, 40, true, 0);
	assert_due(&schedule, START + 25 * S, SCHEDULE_POLL);
}

static void lets_large_polls_not_keep_a_listing_off_for_ever(void **)
{
	struct schedule schedule = new_schedule();
	int64_t at_ns = START;
	int listings = 0;

	while (at_ns < START + 600 * S) {
		enum schedule_kind kind = schedule_kind(&schedule, at_ns);

		listings += kind == SCHEDULE_FULL;
		refresh(&schedule, kind, at_ns, 40, true, 0);
		at_ns = schedule_due(&schedule);
	}
	assert_in_range(listings, 6, 10);
}

static void refreshes_at_once_after_a_long_sleep(void **)
{
	struct schedule schedule = new_schedule();
	int64_t awake_ns = START + 3600 * S;

	refresh(&schedule, SCHEDULE_FULL, START, 1, true, EXACT);
	assert_true(schedule_due(&schedule) < awake_ns);
	assert_int_equal(schedule_kind(&schedule, awake_ns), SCHEDULE_FULL);
}

static void tries_again_with_growing_waits(void **)
{
	static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
	struct schedule schedule = new_schedule();
	int64_t at_ns = START;

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		fail_once(&schedule, at_ns, 0);
		assert_due(&schedule, at_ns + waits[i] * S, SCHEDULE_FULL);
		at_ns = schedule_due(&schedule) + S;
	}
}

static void shortens_the_waits_of_retries_by_up_to_a_tenth(void **)
{
	struct schedule schedule = new_schedule();

	for (int i = 0; i < 20; i++)
		fail_once(&schedule, START, 1);
	assert_true(schedule.full_at_ns == START + 54 * S);
}

static void tries_the_whole_listing_when_a_poll_failed(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, true, EXACT);
	fail_once(&schedule, START + 5 * S, 0);
	assert_due(&schedule, START + 6 * S, SCHEDULE_FULL);
}

static void begins_anew_after_a_success(void **)
{
	struct schedule schedule = new_schedule();

	for (int i = 0; i < 5; i++)
		fail_once(&schedule, START + i * S, 0);
	refresh(&schedule, SCHEDULE_FULL, START + 60 * S, 1, false, EXACT);
	assert_due(&schedule, START + 120 * S, SCHEDULE_FULL);
	fail_once(&schedule, START + 120 * S, 0);
	assert_due(&schedule, START + 121 * S, SCHEDULE_FULL);
}

static void keeps_the_pace_when_a_long_listing_failed(void **)
{
	struct schedule schedule = new_schedule();

	schedule_failed(&schedule, &(struct schedule_refresh){.started_ns = START,
							      .ended_ns = START + S,
							      .requests = 30});
	assert_due(&schedule, START + 15 * S, SCHEDULE_FULL);
}

static void takes_the_largest_and_the_smallest_intervals(void **)
{
	struct schedule schedule;

	schedule_init(&schedule, UINT32_MAX, UINT32_MAX);
	refresh(&schedule, SCHEDULE_FULL, START, 1, true, 1);
	assert_true(schedule_due(&schedule) > INT64_C(4700000000) * S);
	schedule_init(&schedule, 0, 0);
	refresh(&schedule, SCHEDULE_FULL, START, 1, true, EXACT);
	assert_due(&schedule, START + S, SCHEDULE_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_at_once),
		cmocka_unit_test(lists_from_start_to_start),
		cmocka_unit_test(spreads_the_intervals_by_a_tenth),
		cmocka_unit_test(polls_between_listings_while_active),
		cmocka_unit_test(ends_polling_when_nothing_is_active),
		cmocka_unit_test(stretches_the_time_to_half_a_second_a_page),
		cmocka_unit_test(
			lengthens_a_stretched_time_by_jitter_but_never_shortens_it),
		cmocka_unit_test(makes_up_for_refreshes_that_were_asked_for),
		cmocka_unit_test(saves_nothing_up_while_idle),
		cmocka_unit_test(polls_while_a_long_listing_is_paid_off),
		cmocka_unit_test(stretches_the_time_between_large_polls),
		cmocka_unit_test(lets_large_polls_not_keep_a_listing_off_for_ever),
		cmocka_unit_test(refreshes_at_once_after_a_long_sleep),
		cmocka_unit_test(tries_again_with_growing_waits),
		cmocka_unit_test(shortens_the_waits_of_retries_by_up_to_a_tenth),
		cmocka_unit_test(tries_the_whole_listing_when_a_poll_failed),
		cmocka_unit_test(begins_anew_after_a_success),
		cmocka_unit_test(keeps_the_pace_when_a_long_listing_failed),
		cmocka_unit_test(takes_the_largest_and_the_smallest_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
