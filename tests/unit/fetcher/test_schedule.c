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
		    int64_t started_ns, size_t requests,
		    enum schedule_activity activity, double jitter)
{
	schedule_succeeded(schedule,
			   &(struct schedule_refresh){.kind = kind,
						      .started_ns = started_ns,
						      .ended_ns = started_ns + S,
						      .requests = requests,
						      .jitter = jitter},
			   activity, false);
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

	refresh(&schedule, SCHEDULE_FULL, START, 13, SCHEDULE_IDLE, EXACT);
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
}

static void spreads_the_intervals_by_a_tenth(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, 0);
	assert_due(&schedule, START + 4500 * MS, SCHEDULE_POLL);
	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, 1);
	assert_due(&schedule, START + 5500 * MS, SCHEDULE_POLL);
	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, 0);
	assert_due(&schedule, START + 54 * S, SCHEDULE_FULL);
	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, 1);
	assert_due(&schedule, START + 66 * S, SCHEDULE_FULL);
}

static void polls_between_listings_while_active(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, EXACT);
	for (int i = 1; i < 12; i++) {
		assert_due(&schedule, START + i * 5 * S, SCHEDULE_POLL);
		refresh(&schedule, SCHEDULE_POLL, START + i * 5 * S, 1, SCHEDULE_ACTIVE,
			EXACT);
	}
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
}

static void ends_polling_when_nothing_is_active(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, EXACT);
	refresh(&schedule, SCHEDULE_POLL, START + 5 * S, 1, SCHEDULE_IDLE, EXACT);
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
}

static void stretches_the_time_to_half_a_second_a_page(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 120, SCHEDULE_IDLE, 0);
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
	refresh(&schedule, SCHEDULE_FULL, START + 60 * S, 200, SCHEDULE_IDLE, 0);
	assert_due(&schedule, START + 160 * S, SCHEDULE_FULL);
}

static void lengthens_a_stretched_time_by_jitter_but_never_shortens_it(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 200, SCHEDULE_IDLE, EXACT);
	assert_due(&schedule, START + 105 * S, SCHEDULE_FULL);
	schedule = new_schedule();
	refresh(&schedule, SCHEDULE_FULL, START, 200, SCHEDULE_IDLE, 1);
	assert_due(&schedule, START + 110 * S, SCHEDULE_FULL);
}

static void makes_up_for_refreshes_that_were_asked_for(void **)
{
	struct schedule schedule = new_schedule();

	for (int i = 0; i < 4; i++)
		refresh(&schedule, SCHEDULE_FULL, START + i * S, 60, SCHEDULE_IDLE, 0);
	assert_due(&schedule, START + 4 * 30 * S, SCHEDULE_FULL);
}

static void ask(struct schedule *schedule, int64_t started_ns, size_t requests)
{
	schedule_succeeded(schedule,
			   &(struct schedule_refresh){.kind = SCHEDULE_FULL,
						      .is_asked = true,
						      .started_ns = started_ns,
						      .ended_ns = started_ns,
						      .requests = requests},
			   SCHEDULE_IDLE, false);
}

/* Somebody asks without an end, from START on for @seconds: so many requests. */
static size_t count_asked(struct schedule *schedule, int64_t seconds, size_t requests)
{
	int64_t now_ns = START;
	size_t sent = 0;

	while (now_ns < START + seconds * S) {
		ask(schedule, now_ns, requests);
		sent += requests;
		now_ns = schedule_asked_due(schedule, now_ns + MS);
	}
	return sent;
}

static void lends_forty_requests_to_what_is_asked_for(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START - S, 1, SCHEDULE_IDLE, 0);
	assert_in_range(count_asked(&schedule, 1, 1), 40, 42);
	schedule = new_schedule();
	refresh(&schedule, SCHEDULE_FULL, START - S, 1, SCHEDULE_IDLE, 0);
	assert_in_range(count_asked(&schedule, 600, 1), 1238, 1242);
	/* A listing of the largest account begins while it may, and ends. */
	schedule = new_schedule();
	refresh(&schedule, SCHEDULE_FULL, START - S, 60, SCHEDULE_IDLE, 0);
	assert_in_range(count_asked(&schedule, 600, 60), 1200, 1240 + 60);
}

static void takes_no_listing_by_schedule_for_a_loan(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 100, SCHEDULE_IDLE, 0);
	assert_int_equal(schedule_asked_due(&schedule, START + S), START + S);
	ask(&schedule, START + S, 100);
	assert_int_equal(schedule_asked_due(&schedule, START + 2 * S), START + 80 * S);
	assert_due(&schedule, START + 100 * S, SCHEDULE_FULL);
	refresh(&schedule, SCHEDULE_FULL, START + 100 * S, 100, SCHEDULE_IDLE, 0);
	assert_int_equal(schedule_asked_due(&schedule, START + 101 * S),
			 START + 101 * S);
}

static void counts_polls_and_failures_against_the_loan(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, 0);
	refresh(&schedule, SCHEDULE_POLL, START, 30, SCHEDULE_ACTIVE, 0);
	assert_int_equal(schedule_asked_due(&schedule, START), START);
	schedule_failed(&schedule, &(struct schedule_refresh){.kind = SCHEDULE_FULL,
							      .is_asked = true,
							      .started_ns = START,
							      .ended_ns = START,
							      .requests = 11});
	assert_int_equal(schedule_asked_due(&schedule, START), START + S);
}

static void lists_at_the_active_pace_where_no_filter_is_taken(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE_LISTED, EXACT);
	assert_due(&schedule, START + 5 * S, SCHEDULE_FULL);
	/* And within the budget. */
	refresh(&schedule, SCHEDULE_FULL, START + 5 * S, 60, SCHEDULE_ACTIVE_LISTED, 0);
	assert_due(&schedule, START + 35 * S, SCHEDULE_FULL);
	refresh(&schedule, SCHEDULE_FULL, START + 35 * S, 1, SCHEDULE_IDLE, EXACT);
	assert_due(&schedule, START + 95 * S, SCHEDULE_FULL);
}

static void saves_nothing_up_while_idle(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, 0);
	refresh(&schedule, SCHEDULE_FULL, START + 3600 * S, 200, SCHEDULE_IDLE, 0);
	assert_due(&schedule, START + 3700 * S, SCHEDULE_FULL);
}

static void polls_while_a_long_listing_is_paid_off(void **)
{
	struct schedule schedule = new_schedule();
	int64_t at_ns = START;
	size_t requests = 200;

	refresh(&schedule, SCHEDULE_FULL, at_ns, 200, SCHEDULE_ACTIVE, 0);
	while (schedule_kind(&schedule, schedule_due(&schedule)) == SCHEDULE_POLL) {
		at_ns = schedule_due(&schedule);
		refresh(&schedule, SCHEDULE_POLL, at_ns, 1, SCHEDULE_ACTIVE, 0);
		requests++;
	}
	/* Every 4.5 s for 100 s; then what the polls took is paid off as well. */
	assert_int_equal(requests, 200 + 22);
	assert_due(&schedule, START + 111 * S, SCHEDULE_FULL);
}

static void stretches_the_time_between_large_polls(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, EXACT);
	refresh(&schedule, SCHEDULE_POLL, START + 5 * S, 40, SCHEDULE_ACTIVE, 0);
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
		refresh(&schedule, kind, at_ns, 40, SCHEDULE_ACTIVE, 0);
		at_ns = schedule_due(&schedule);
	}
	assert_in_range(listings, 6, 10);
}

static void refreshes_at_once_after_a_long_sleep(void **)
{
	struct schedule schedule = new_schedule();
	int64_t awake_ns = START + 3600 * S;

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, EXACT);
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

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, EXACT);
	fail_once(&schedule, START + 5 * S, 0);
	assert_due(&schedule, START + 6 * S, SCHEDULE_FULL);
}

static void begins_anew_after_a_success(void **)
{
	struct schedule schedule = new_schedule();

	for (int i = 0; i < 5; i++)
		fail_once(&schedule, START + i * S, 0);
	refresh(&schedule, SCHEDULE_FULL, START + 60 * S, 1, SCHEDULE_IDLE, EXACT);
	assert_due(&schedule, START + 120 * S, SCHEDULE_FULL);
	fail_once(&schedule, START + 120 * S, 0);
	assert_due(&schedule, START + 121 * S, SCHEDULE_FULL);
}

static void tries_again_within_minutes_when_an_endless_listing_failed(void **)
{
	struct schedule schedule = new_schedule();

	schedule_failed(&schedule, &(struct schedule_refresh){.started_ns = START,
							      .ended_ns = START + 9 * S,
							      .requests = 100000,
							      .jitter = 0});
	assert_due(&schedule, START + 9 * S + SCHEDULE_DEBT_MAX_NS, SCHEDULE_FULL);
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
	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, 1);
	assert_true(schedule_due(&schedule) > INT64_C(4700000000) * S);
	schedule_init(&schedule, 0, 0);
	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, EXACT);
	assert_due(&schedule, START + S, SCHEDULE_FULL);
}

static void look(struct schedule *schedule, int64_t started_ns, int64_t took_ns,
		 enum schedule_activity activity, bool is_watching)
{
	schedule_succeeded(schedule,
			   &(struct schedule_refresh){.kind = SCHEDULE_WATCH,
						      .started_ns = started_ns,
						      .ended_ns = started_ns + took_ns,
						      .requests = 1,
						      .jitter = EXACT},
			   activity, is_watching);
}

static void looks_every_two_seconds_at_what_was_commanded(void **)
{
	struct schedule schedule = new_schedule();
	int64_t now_ns = START + 10 * S;

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, EXACT);
	schedule_commanded(&schedule, now_ns, false, EXACT);
	for (int i = 0; i < 20; i++) {
		now_ns += 2 * S;
		assert_due(&schedule, now_ns, SCHEDULE_WATCH);
		look(&schedule, now_ns, 100 * MS, SCHEDULE_IDLE, true);
	}
	look(&schedule, now_ns + 2 * S, 100 * MS, SCHEDULE_IDLE, false);
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
}

static void spreads_looks_by_a_tenth(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, EXACT);
	schedule_commanded(&schedule, START + 10 * S, false, 0);
	assert_due(&schedule, START + 11800 * MS, SCHEDULE_WATCH);
	/* A later one waits no longer for the one before. */
	schedule_commanded(&schedule, START + 11 * S, false, 1);
	assert_due(&schedule, START + 11800 * MS, SCHEDULE_WATCH);
}

static void polls_the_others_beside_looks(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_ACTIVE, EXACT);
	schedule_commanded(&schedule, START + S, false, EXACT);
	assert_due(&schedule, START + 3 * S, SCHEDULE_WATCH);
	look(&schedule, START + 3 * S, 100 * MS, SCHEDULE_ACTIVE, true);
	assert_due(&schedule, START + 5 * S, SCHEDULE_WATCH);
	look(&schedule, START + 5 * S, 0, SCHEDULE_ACTIVE, true);
	assert_due(&schedule, START + 5 * S, SCHEDULE_POLL);
	/* What was commanded runs on when it is no longer looked at. */
	look(&schedule, START + 9 * S, 100 * MS, SCHEDULE_IDLE, true);
	look(&schedule, START + 11 * S, 100 * MS, SCHEDULE_ACTIVE, false);
	assert_due(&schedule, START + 16 * S, SCHEDULE_POLL);
}

/* Or nothing would be listed while each look takes longer than their interval. */
static void lets_a_listing_begin_after_a_slow_look(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, EXACT);
	schedule_commanded(&schedule, START + 58 * S, false, EXACT);
	look(&schedule, START + 60 * S, 5 * S, SCHEDULE_IDLE, true);
	assert_true(schedule_due(&schedule) < START + 65 * S);
	assert_int_equal(schedule_kind(&schedule, START + 65 * S), SCHEDULE_FULL);
}

static void looks_as_often_as_it_polls(void **)
{
	struct schedule schedule;

	schedule_init(&schedule, 60, 1);
	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, EXACT);
	schedule_commanded(&schedule, START + 10 * S, false, EXACT);
	assert_due(&schedule, START + 11 * S, SCHEDULE_WATCH);
	look(&schedule, START + 11 * S, 100 * MS, SCHEDULE_IDLE, true);
	assert_due(&schedule, START + 12 * S, SCHEDULE_WATCH);
}

static void lists_what_was_commanded_where_it_cannot_be_looked_at(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, EXACT);
	schedule_commanded(&schedule, START + 10 * S, true, EXACT);
	assert_due(&schedule, START + 15 * S, SCHEDULE_FULL);
	schedule_commanded(&schedule, START + 14 * S, true, EXACT);
	assert_due(&schedule, START + 15 * S, SCHEDULE_FULL);
}

static void charges_for_commands(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, EXACT);
	schedule_charge(&schedule, START + 50 * S, 40);
	assert_due(&schedule, START + 70 * S, SCHEDULE_FULL);
}

static void owes_no_more_than_ten_minutes_for_commands(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, EXACT);
	for (int i = 0; i < 100; i++)
		schedule_charge(&schedule, START + S, 60);
	assert_due(&schedule, START + S + SCHEDULE_DEBT_MAX_NS, SCHEDULE_FULL);
}

static void keeps_the_pace_of_one_with_others_of_the_account(void **)
{
	struct schedule schedule = new_schedule();

	schedule_set_share(&schedule, 3);
	refresh(&schedule, SCHEDULE_FULL, START, 60, SCHEDULE_IDLE, 0);
	assert_due(&schedule, START + 90 * S, SCHEDULE_FULL);
	assert_int_equal(
		schedule_interval_ns(&schedule,
				     &(struct schedule_refresh){.requests = 200}),
		330 * S);
	schedule_charge(&schedule, START + 90 * S, 2);
	assert_due(&schedule, START + 93 * S, SCHEDULE_FULL);
	refresh(&schedule, SCHEDULE_FULL, START + 93 * S, 1, SCHEDULE_ACTIVE, EXACT);
	refresh(&schedule, SCHEDULE_POLL, START + 98 * S, 10, SCHEDULE_ACTIVE, EXACT);
	assert_int_equal(schedule_due(&schedule), START + (98 + 15) * S + 750 * MS);
}

/* What three may borrow together is what one may. */
static void lends_others_of_the_account_their_part(void **)
{
	struct schedule schedule = new_schedule();

	schedule_set_share(&schedule, 4);
	refresh(&schedule, SCHEDULE_FULL, START - S, 1, SCHEDULE_IDLE, 0);
	assert_in_range(count_asked(&schedule, 1, 1), 10, 11);
}

/* Each has made the first listing by then, at about the same time. */
static void charges_for_the_last_listing_anew_where_they_become_more(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 100, SCHEDULE_IDLE, 0);
	schedule_set_share(&schedule, 2);
	assert_due(&schedule, START + 100 * S, SCHEDULE_FULL);
	schedule_set_share(&schedule, 5);
	assert_due(&schedule, START + 250 * S, SCHEDULE_FULL);
	/* It is no loan. */
	assert_int_equal(schedule_asked_due(&schedule, START + S), START + S);
	ask(&schedule, START + S, 10);
	assert_due(&schedule, START + 275 * S, SCHEDULE_FULL);
}

static void polls_on_while_the_next_listing_is_put_off(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 100, SCHEDULE_ACTIVE, EXACT);
	schedule_set_share(&schedule, 2);
	assert_due(&schedule, START + 5 * S, SCHEDULE_POLL);
	refresh(&schedule, SCHEDULE_POLL, START + 85 * S, 1, SCHEDULE_ACTIVE, EXACT);
	assert_due(&schedule, START + 90 * S, SCHEDULE_POLL);
}

static void charges_less_from_the_next_request_on(void **)
{
	struct schedule schedule = new_schedule();

	schedule_set_share(&schedule, 2);
	refresh(&schedule, SCHEDULE_FULL, START, 100, SCHEDULE_IDLE, 0);
	schedule_set_share(&schedule, 0);
	assert_due(&schedule, START + 100 * S, SCHEDULE_FULL);
	refresh(&schedule, SCHEDULE_FULL, START + 100 * S, 130, SCHEDULE_IDLE, 0);
	assert_due(&schedule, START + 165 * S, SCHEDULE_FULL);
}

static void polls_nothing_before_a_whole_listing_after_a_failure(void **)
{
	struct schedule schedule = new_schedule();

	for (int i = 0; i < 7; i++)
		fail_once(&schedule, START, 0);
	schedule_commanded(&schedule, START + S, false, EXACT);
	look(&schedule, START + 3 * S, 100 * MS, SCHEDULE_ACTIVE, false);
	assert_due(&schedule, START + 60 * S, SCHEDULE_FULL);
}

static void looks_no_more_after_a_failure(void **)
{
	struct schedule schedule = new_schedule();

	refresh(&schedule, SCHEDULE_FULL, START, 1, SCHEDULE_IDLE, EXACT);
	schedule_commanded(&schedule, START + 9 * S, false, EXACT);
	fail_once(&schedule, START + 10 * S, 0);
	assert_due(&schedule, START + 11 * S, SCHEDULE_FULL);
	fail_once(&schedule, START + 12 * S, 0);
	/* One after a further command does not shorten the waits. */
	schedule_commanded(&schedule, START + 12 * S, false, EXACT);
	assert_int_equal(schedule_kind(&schedule, START + 14 * S), SCHEDULE_WATCH);
	look(&schedule, START + 14 * S, 100 * MS, SCHEDULE_IDLE, false);
	fail_once(&schedule, START + 20 * S, 0);
	assert_due(&schedule, START + 24 * S, SCHEDULE_FULL);
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
		cmocka_unit_test(lends_forty_requests_to_what_is_asked_for),
		cmocka_unit_test(takes_no_listing_by_schedule_for_a_loan),
		cmocka_unit_test(counts_polls_and_failures_against_the_loan),
		cmocka_unit_test(lists_at_the_active_pace_where_no_filter_is_taken),
		cmocka_unit_test(saves_nothing_up_while_idle),
		cmocka_unit_test(polls_while_a_long_listing_is_paid_off),
		cmocka_unit_test(stretches_the_time_between_large_polls),
		cmocka_unit_test(lets_large_polls_not_keep_a_listing_off_for_ever),
		cmocka_unit_test(refreshes_at_once_after_a_long_sleep),
		cmocka_unit_test(tries_again_with_growing_waits),
		cmocka_unit_test(shortens_the_waits_of_retries_by_up_to_a_tenth),
		cmocka_unit_test(tries_the_whole_listing_when_a_poll_failed),
		cmocka_unit_test(begins_anew_after_a_success),
		cmocka_unit_test(
			tries_again_within_minutes_when_an_endless_listing_failed),
		cmocka_unit_test(keeps_the_pace_when_a_long_listing_failed),
		cmocka_unit_test(takes_the_largest_and_the_smallest_intervals),
		cmocka_unit_test(looks_every_two_seconds_at_what_was_commanded),
		cmocka_unit_test(spreads_looks_by_a_tenth),
		cmocka_unit_test(polls_the_others_beside_looks),
		cmocka_unit_test(lets_a_listing_begin_after_a_slow_look),
		cmocka_unit_test(looks_as_often_as_it_polls),
		cmocka_unit_test(lists_what_was_commanded_where_it_cannot_be_looked_at),
		cmocka_unit_test(charges_for_commands),
		cmocka_unit_test(owes_no_more_than_ten_minutes_for_commands),
		cmocka_unit_test(keeps_the_pace_of_one_with_others_of_the_account),
		cmocka_unit_test(lends_others_of_the_account_their_part),
		cmocka_unit_test(
			charges_for_the_last_listing_anew_where_they_become_more),
		cmocka_unit_test(polls_on_while_the_next_listing_is_put_off),
		cmocka_unit_test(charges_less_from_the_next_request_on),
		cmocka_unit_test(polls_nothing_before_a_whole_listing_after_a_failure),
		cmocka_unit_test(looks_no_more_after_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
