#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "src/fetcher/fetcher.h"
#include "tests/unit/account.h"
#include "tests/unit/http_server.h"
#include "tests/unit/listing.h"

#define S NS_PER_S

struct fixture {
	struct account account;
	struct fetcher_options options;
	struct fetcher *fetcher;
	struct error error;
	atomic_uint changes; /* of the state, as told */
};

static void count_change(void *data)
{
	struct fixture *fixture = data;

	atomic_fetch_add(&fixture->changes, 1);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->options = account_make(&fixture->account);
	/* What fails here fails at once. */
	aws_setup_env(fixture->account.setup, "AWS_MAX_ATTEMPTS", "1");
	fixture->options.max_records = 20;
	fixture->options.refresh_s = 60;
	fixture->options.refresh_active_s = 5;
	fixture->options.changed = count_change;
	fixture->options.changed_data = fixture;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct account account = fixture->account;

	fetcher_free(fixture->fetcher);
	free(fixture);
	return account_remove(&account);
}

static void open_fetcher(struct fixture *fixture)
{
	int err = fetcher_new(&fixture->options, &fixture->fetcher, &fixture->error);

	assert_string_equal(fixture->error.text, "");
	assert_int_equal(err, 0);
}

static void list_first(struct fixture *fixture)
{
	open_fetcher(fixture);
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 0);
}

/* Lists, starts the thread, and returns when that waits for the next time. */
static void start(struct fixture *fixture)
{
	list_first(fixture);
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	stepped_clock_await(fixture->account.clock, 0);
}

static void step(struct fixture *fixture)
{
	stepped_clock_step(fixture->account.clock);
}

/* Asks for a refresh, and returns when it is over. */
static void refresh(struct fixture *fixture)
{
	unsigned waits = stepped_clock_waits(fixture->account.clock);

	fetcher_refresh(fixture->fetcher);
	stepped_clock_await(fixture->account.clock, waits);
}

static int64_t wall_ns(struct fixture *fixture)
{
	return fixture->options.clock.realtime_ns(fixture->options.clock.data);
}

static int64_t boot_ns(struct fixture *fixture)
{
	return fixture->options.clock.boottime_ns(fixture->options.clock.data);
}

/* The state, whose snapshot the fetcher goes on holding. */
static struct fetcher_state state_of(struct fixture *fixture)
{
	struct fetcher_state state;

	fetcher_get_state(fixture->fetcher, &state);
	snapshot_unref(state.snapshot);
	return state;
}

static const char *status_of(const struct fetcher_state *state, const char *instance,
			     const char *endpoint)
{
	return listing_status(state->snapshot, instance, endpoint);
}

/* By when the next refresh is due: @s from now, up to a tenth more or less. */
static void assert_next(struct fixture *fixture, int64_t s)
{
	int64_t left_ns = state_of(fixture).next_at_ns - wall_ns(fixture);

	assert_in_range(left_ns, s * S * 9 / 10, s * S * 11 / 10);
}

static void makes_a_snapshot_of_all_pages(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state known;

	for (int i = 0; i < 50; i++)
		fake_dms_put(fixture->account.dms, i / 10, i, "successful");
	open_fetcher(fixture);
	known = state_of(fixture);
	assert_null(known.snapshot);
	assert_int_equal(known.next_at_ns, 0);
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 0);
	known = state_of(fixture);
	assert_int_equal(snapshot_count(known.snapshot), 50);
	assert_string_equal(status_of(&known, "i4", "e49"), "successful");
	assert_int_equal(known.pages, 3);
	assert_false(known.is_stale);
	assert_int_equal(known.refreshed_at_ns, wall_ns(fixture));
	assert_int_equal(known.changed_at_ns, wall_ns(fixture));
	assert_next(fixture, 60);
}

static void keeps_the_users_filters(void **state)
{
	static const char *const arns[] = {"arn:e0", "arn:e1"};
	struct fixture *fixture = *state;
	struct fetcher_state known;

	fixture->options.filters = (struct dms_filters){arns, 2, NULL, 0};
	for (int i = 0; i < 3; i++)
		fake_dms_put(fixture->account.dms, 0, i, "testing");
	start(fixture);
	step(fixture);
	refresh(fixture);
	known = state_of(fixture);
	assert_int_equal(snapshot_count(known.snapshot), 2);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			fake_dms_request(fixture->account.dms, i).endpoint_arns, 2);
}

static void hands_out_snapshots_that_outlive_it(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state known;

	fake_dms_put(fixture->account.dms, 0, 0, "successful");
	list_first(fixture);
	fetcher_get_state(fixture->fetcher, &known);
	fetcher_free(fixture->fetcher);
	fixture->fetcher = NULL;
	assert_string_equal(snapshot_at(known.snapshot, 0).instance, "i0");
	fetcher_state_fini(&known);
	assert_null(known.snapshot);
}

static void says_whom_it_asks(void **state)
{
	struct fixture *fixture = *state;

	open_fetcher(fixture);
	assert_string_equal(fetcher_region(fixture->fetcher), "eu-west-3");
	assert_string_equal(fetcher_endpoint_url(fixture->fetcher),
			    "https://dms.eu-west-3.amazonaws.com");
}

static void fails_early_when_the_set_up_is_wrong(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.profile = "absent";
	assert_int_equal(
		fetcher_new(&fixture->options, &fixture->fetcher, &fixture->error),
		-EINVAL);
	assert_contains(fixture->error.text, "absent");
	fixture->options.profile = NULL;
	fixture->options.region = NULL;
	assert_int_equal(
		fetcher_new(&fixture->options, &fixture->fetcher, &fixture->error),
		-EINVAL);
	assert_contains(fixture->error.text, "AWS_REGION");
	fixture->options.region = "eu-west-3";
	fixture->options.transport = (struct http_transport){0};
	aws_setup_env(fixture->account.setup, "AWS_CA_BUNDLE", "/nonexistent/ca.pem");
	assert_int_equal(
		fetcher_new(&fixture->options, &fixture->fetcher, &fixture->error),
		-EINVAL);
	assert_contains(fixture->error.text, "/nonexistent/ca.pem");
	assert_null(fixture->fetcher);
}

static void lists_again_when_it_is_due(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state known;
	int64_t began_ns = wall_ns(fixture);

	fake_dms_put(fixture->account.dms, 0, 0, "successful");
	start(fixture);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 1);
	fake_dms_put(fixture->account.dms, 0, 0, "failed");
	step(fixture);
	known = state_of(fixture);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 2);
	assert_string_equal(status_of(&known, "i0", "e0"), "failed");
	assert_in_range(known.refreshed_at_ns - began_ns, 54 * S, 66 * S);
	assert_int_equal(known.refreshed_at_ns, wall_ns(fixture));
	assert_int_equal(known.changed_at_ns, wall_ns(fixture));
	assert_int_equal(atomic_load(&fixture->changes), 1);
	assert_next(fixture, 60);
}

static void polls_while_one_is_active(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state known;
	int64_t began_ns = wall_ns(fixture);
	int polls = 0;

	for (int i = 0; i < 50; i++)
		fake_dms_put(fixture->account.dms, 0, i,
			     i == 7 ? "testing" : "successful");
	start(fixture);
	assert_next(fixture, 5);
	for (; polls < 3; polls++)
		step(fixture);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3 + 3);
	assert_int_equal(fake_dms_request(fixture->account.dms, 5).endpoint_arns, 1);
	assert_string_equal(
		fake_dms_request(fixture->account.dms, 5).first_endpoint_arn, "arn:e7");
	fake_dms_put(fixture->account.dms, 0, 7, "failed");
	step(fixture);
	known = state_of(fixture);
	assert_string_equal(status_of(&known, "i0", "e7"), "failed");
	assert_int_equal(known.refreshed_at_ns, wall_ns(fixture));
	assert_int_equal(known.pages, 3);
	assert_in_range(known.next_at_ns - began_ns, 54 * S, 66 * S);
	step(fixture);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3 + 4 + 3);
}

static void asks_twice_a_second_at_most(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.refresh_s = 1;
	for (int i = 0; i < 200; i++)
		fake_dms_put(fixture->account.dms, i / 10, i, "successful");
	start(fixture);
	/* Ten pages: jitter only lengthens. */
	assert_in_range(state_of(fixture).next_at_ns - wall_ns(fixture), 5 * S,
			55 * S / 10);
}

static void counts_what_a_failed_listing_asked_for(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 200; i++)
		fake_dms_put(fixture->account.dms, i / 10, i, "successful");
	start(fixture);
	fake_dms_slip(fixture->account.dms, 1, false);
	fake_dms_fail_as(fixture->account.dms, "ExpiredTokenException", "expired",
			 true);
	refresh(fixture);
	assert_true(state_of(fixture).is_stale);
	/* Ten pages and ten pages and one more request. */
	assert_in_range(state_of(fixture).next_at_ns - wall_ns(fixture), 105 * S / 10,
			1155 * S / 100);
}

static void is_not_confused_by_the_clock_on_the_wall(void **state)
{
	struct fixture *fixture = *state;
	int64_t began_ns = wall_ns(fixture);

	start(fixture);
	stepped_clock_set_wall(fixture->account.clock, began_ns - 3600 * S);
	assert_next(fixture, 60);
	assert_int_equal(state_of(fixture).refreshed_at_ns, wall_ns(fixture));
	assert_int_equal(state_of(fixture).changed_at_ns, wall_ns(fixture));
	step(fixture);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 2);
	assert_in_range(wall_ns(fixture) - (began_ns - 3600 * S), 54 * S, 66 * S);
	assert_next(fixture, 60);
}

/* One attempt of 40 s, and intervals of 60 s and their jitter. */
static void tells_from_when_on_the_snapshot_is_too_old(void **state)
{
	struct fixture *fixture = *state;
	const int64_t overdue_ns = (3 * 66 + 40) * S;
	int64_t due_ns;

	open_fetcher(fixture);
	assert_int_equal(state_of(fixture).overdue_at_ns, 0);
	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 0);
	due_ns = boot_ns(fixture) + overdue_ns;
	assert_int_equal(state_of(fixture).overdue_at_ns, due_ns);
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	stepped_clock_await(fixture->account.clock, 0);
	/* Neither a poll nor a failure makes the listing any newer. */
	step(fixture);
	assert_int_equal(state_of(fixture).overdue_at_ns, due_ns);
	fake_dms_fail(fixture->account.dms, "out of order", false);
	step(fixture);
	assert_true(state_of(fixture).is_stale);
	assert_int_equal(state_of(fixture).overdue_at_ns, due_ns);
	fake_dms_fail(fixture->account.dms, NULL, false);
	step(fixture);
	assert_int_equal(state_of(fixture).overdue_at_ns,
			 boot_ns(fixture) + overdue_ns);
}

static void gives_a_large_account_the_time_it_needs(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.refresh_s = 1;
	for (int i = 0; i < 200; i++)
		fake_dms_put(fixture->account.dms, i / 10, i, "successful");
	list_first(fixture);
	/* Ten pages are five seconds. */
	assert_int_equal(state_of(fixture).overdue_at_ns - boot_ns(fixture),
			 (3 * 11 / 2 + 40) * S + S / 2);
}

/* Ten refreshes of four pages borrow twenty seconds. */
static void gives_time_to_pay_for_what_was_asked_for(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state known;

	fixture->options.refresh_s = 2;
	for (int i = 0; i < 80; i++)
		fake_dms_put(fixture->account.dms, i / 10, i, "successful");
	start(fixture);
	for (int i = 0; i < 9; i++)
		refresh(fixture);
	known = state_of(fixture);
	assert_true(known.next_at_ns - wall_ns(fixture) > 15 * S);
	assert_true(known.overdue_at_ns - boot_ns(fixture) - 40 * S >
		    known.next_at_ns - wall_ns(fixture));
}

static void refreshes_at_once_when_asked(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state known;
	int64_t began_ns = wall_ns(fixture);

	start(fixture);
	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	refresh(fixture);
	known = state_of(fixture);
	assert_string_equal(status_of(&known, "i0", "e0"), "testing");
	assert_in_range(known.refreshed_at_ns - began_ns, 0, S / 4);
	fake_dms_put(fixture->account.dms, 0, 1, "testing");
	refresh(fixture);
	/* All of it, though one is active. */
	assert_false(fake_dms_request(fixture->account.dms, 2).is_filtered);
}

static void makes_who_asks_too_often_wait(void **state)
{
	struct fixture *fixture = *state;
	int64_t began_ns;
	size_t sent;

	fixture->options.refresh_s = 3600;
	fake_dms_put(fixture->account.dms, 0, 0, "successful");
	start(fixture);
	began_ns = boot_ns(fixture);
	for (int i = 0; i < 100; i++)
		refresh(fixture);
	/* The last one must wait, too. */
	do {
		sent = fake_dms_requests(fixture->account.dms);
		refresh(fixture);
	} while (fake_dms_requests(fixture->account.dms) > sent);
	/* Nobody has let time pass, but for what is gathered. */
	assert_in_range(boot_ns(fixture) - began_ns, 0, 3 * S / 2);
	assert_in_range(sent, 36, 44);
	/* All that still wait are one. */
	step(fixture);
	assert_int_equal(fake_dms_requests(fixture->account.dms), sent + 1);
	assert_true(boot_ns(fixture) - began_ns < 5 * S);
	step(fixture);
	assert_true(boot_ns(fixture) - began_ns > 3000 * S);
}

static void lists_instead_of_polling_where_filters_are_refused(void **state)
{
	struct fixture *fixture = *state;

	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	fake_dms_put(fixture->account.dms, 0, 1, "successful");
	start(fixture);
	fake_dms_fail_as(fixture->account.dms, "InvalidParameterValueException",
			 "no filters", true);
	for (size_t i = 0; i < 5; i++) {
		step(fixture);
		assert_false(state_of(fixture).is_stale);
		assert_int_equal(fake_dms_requests(fixture->account.dms), i + 3);
		assert_false(fake_dms_request(fixture->account.dms, i + 2).is_filtered);
		assert_next(fixture, 5);
	}
	fake_dms_put(fixture->account.dms, 0, 0, "failed");
	step(fixture);
	assert_next(fixture, 60);
}

static void makes_one_refresh_of_several_wishes(void **state)
{
	struct fixture *fixture = *state;
	unsigned waits;

	start(fixture);
	fake_dms_hold(fixture->account.dms, true);
	waits = stepped_clock_waits(fixture->account.clock);
	fetcher_refresh(fixture->fetcher);
	fake_dms_await(fixture->account.dms, 2);
	for (int i = 0; i < 10; i++)
		fetcher_refresh(fixture->fetcher);
	fake_dms_hold(fixture->account.dms, false);
	stepped_clock_await(fixture->account.clock, waits);
	/* The one under way may have missed what they were made for. */
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
	assert_int_equal(atomic_load(&fixture->changes), 2);
}

static void tells_the_state_amid_a_request(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state before;
	struct fetcher_state known;

	fake_dms_put(fixture->account.dms, 0, 0, "successful");
	start(fixture);
	before = state_of(fixture);
	fake_dms_hold(fixture->account.dms, true);
	fetcher_refresh(fixture->fetcher);
	fake_dms_await(fixture->account.dms, 2);
	known = state_of(fixture);
	assert_ptr_equal(known.snapshot, before.snapshot);
	assert_int_equal(known.next_at_ns, before.next_at_ns);
	fake_dms_hold(fixture->account.dms, false);
}

static void turns_stale_by_a_failure_and_fresh_by_the_next_listing(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state before;
	struct fetcher_state known;
	int64_t failed_at_ns;

	fake_dms_put(fixture->account.dms, 0, 0, "successful");
	start(fixture);
	before = state_of(fixture);
	fake_dms_fail(fixture->account.dms, "out of order", false);
	fake_dms_put(fixture->account.dms, 0, 0, "failed");
	step(fixture);
	known = state_of(fixture);
	failed_at_ns = wall_ns(fixture);
	assert_true(known.is_stale);
	assert_ptr_equal(known.snapshot, before.snapshot);
	assert_int_equal(known.refreshed_at_ns, before.refreshed_at_ns);
	assert_int_equal(known.error.kind, ERROR_SERVICE);
	assert_string_equal(known.error.code, "ValidationException");
	assert_string_equal(known.error.text, "out of order");
	assert_string_equal(known.error.request_id, "2");
	assert_int_equal(known.failed_at_ns, failed_at_ns);
	assert_int_equal(known.changed_at_ns, failed_at_ns);
	assert_next(fixture, 1);
	step(fixture);
	known = state_of(fixture);
	assert_true(known.failed_at_ns > failed_at_ns);
	assert_string_equal(known.error.request_id, "3");
	assert_next(fixture, 2);
	fake_dms_fail(fixture->account.dms, NULL, false);
	step(fixture);
	known = state_of(fixture);
	assert_false(known.is_stale);
	assert_int_equal(known.error.kind, ERROR_NONE);
	assert_int_equal(known.failed_at_ns, 0);
	assert_string_equal(status_of(&known, "i0", "e0"), "failed");
	assert_int_equal(atomic_load(&fixture->changes), 3);
	assert_next(fixture, 60);
}

/* Goes on without a first listing. */
static void start_unlisted(struct fixture *fixture)
{
	fake_dms_fail(fixture->account.dms, "out of order", false);
	open_fetcher(fixture);
	assert_true(fetcher_list_first(fixture->fetcher, NULL, &fixture->error) < 0);
	assert_int_equal(fetcher_begin_unlisted(fixture->fetcher), 0);
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	stepped_clock_await(fixture->account.clock, 0);
}

static void goes_on_without_a_first_listing(void **state)
{
	struct fixture *fixture = *state;
	struct fetcher_state known;

	for (int i = 0; i < 30; i++)
		fake_dms_put(fixture->account.dms, 0, i, "successful");
	start_unlisted(fixture);
	known = state_of(fixture);
	assert_int_equal(snapshot_count(known.snapshot), 0);
	assert_false(known.is_listed);
	assert_true(known.is_stale);
	assert_string_equal(known.error.text, "out of order");
	assert_int_equal(known.refreshed_at_ns, 0);
	assert_int_equal(known.overdue_at_ns, 0);
	assert_next(fixture, 1);
	step(fixture);
	assert_next(fixture, 2);
	assert_false(state_of(fixture).is_listed);
	fake_dms_fail(fixture->account.dms, NULL, false);
	step(fixture);
	known = state_of(fixture);
	assert_true(known.is_listed);
	assert_false(known.is_stale);
	assert_int_equal(snapshot_count(known.snapshot), 30);
	assert_int_equal(known.refreshed_at_ns, wall_ns(fixture));
	assert_true(known.overdue_at_ns > boot_ns(fixture));
	/* Nothing was asked for twice. */
	assert_int_equal(fake_dms_requests(fixture->account.dms), 1 + 1 + 2);
	assert_next(fixture, 60);
}

static void begins_anew_where_a_comparison_failed(void **state)
{
	struct fixture *fixture = *state;
	const struct connection gone = {
		.field = {"failed", "gone", "arn:gone", "i0", "arn:i0"}};
	struct snapshot *before = listing_of(&gone, 1, 1);
	struct fetcher_state known;

	fake_dms_put(fixture->account.dms, 0, 0, "successful");
	list_first(fixture);
	assert_true(state_of(fixture).is_listed);
	fake_dms_fail_as(fixture->account.dms, "ThrottlingException", "out of order",
			 false);
	assert_true(fetcher_compare_first(fixture->fetcher, before, &fixture->error) <
		    0);
	snapshot_unref(before);
	assert_int_equal(fetcher_begin_unlisted(fixture->fetcher), 0);
	known = state_of(fixture);
	assert_int_equal(snapshot_count(known.snapshot), 0);
	assert_false(known.is_listed);
	assert_int_equal(known.pages, 0);
	fake_dms_fail(fixture->account.dms, NULL, false);
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	stepped_clock_await(fixture->account.clock, 0);
	step(fixture);
	known = state_of(fixture);
	assert_true(known.is_listed);
	assert_int_equal(snapshot_count(known.snapshot), 1);
	assert_string_equal(status_of(&known, "i0", "e0"), "successful");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
}

static void is_listed_by_what_an_earlier_run_knew(void **state)
{
	struct fixture *fixture = *state;
	const struct connection known = {
		.field = {"failed", "e0", "arn:e0", "i0", "arn:i0"}};
	struct snapshot *before = listing_of(&known, 1, 1);

	open_fetcher(fixture);
	fetcher_begin_stale(fixture->fetcher, before, 7);
	assert_true(state_of(fixture).is_listed);
	assert_int_equal(state_of(fixture).refreshed_at_ns, 7);
	snapshot_unref(before);
}

/* As another thread learns who shares the account: returns when that has been taken. */
static void share(struct fixture *fixture, unsigned sources)
{
	unsigned waits = stepped_clock_waits(fixture->account.clock);

	fetcher_set_share(fixture->fetcher, sources);
	stepped_clock_await(fixture->account.clock, waits);
}

/* As if each listing took 250 requests instead of 25. */
static void puts_the_next_listing_off_where_others_share_the_budget(void **state)
{
	struct fixture *fixture = *state;
	int64_t due_ns;

	for (int i = 0; i < 25 * 20; i++)
		fake_dms_put(fixture->account.dms, i / 100, i, "successful");
	start(fixture);
	assert_next(fixture, 60);
	share(fixture, 10);
	assert_next(fixture, 130);
	assert_true(state_of(fixture).overdue_at_ns > boot_ns(fixture) + 3 * 125 * S);
	assert_int_equal(atomic_load(&fixture->changes), 1);
	step(fixture);
	assert_next(fixture, 130);
	due_ns = state_of(fixture).next_at_ns;
	share(fixture, 1);
	assert_int_equal(state_of(fixture).next_at_ns, due_ns);
	step(fixture);
	assert_next(fixture, 60);
}

static void shares_the_budget_from_the_start(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 25 * 20; i++)
		fake_dms_put(fixture->account.dms, i / 100, i, "successful");
	list_first(fixture);
	fetcher_set_share(fixture->fetcher, 10);
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	assert_next(fixture, 130);
	assert_int_equal(atomic_load(&fixture->changes), 0);
	stepped_clock_await(fixture->account.clock, 0);
	assert_next(fixture, 130);
}

static void tries_again_at_most_the_refresh_apart(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.refresh_s = 10;
	start(fixture);
	fake_dms_fail(fixture->account.dms, "out of order", false);
	for (int i = 0; i < 12; i++)
		step(fixture);
	assert_in_range(state_of(fixture).next_at_ns - wall_ns(fixture), 9 * S, 10 * S);
}

static void turns_stale_by_a_failed_poll(void **state)
{
	struct fixture *fixture = *state;

	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	start(fixture);
	fake_dms_fail(fixture->account.dms, "out of order", false);
	step(fixture);
	assert_true(fake_dms_request(fixture->account.dms, 1).is_filtered);
	assert_true(state_of(fixture).is_stale);
	fake_dms_fail(fixture->account.dms, NULL, false);
	step(fixture);
	assert_false(fake_dms_request(fixture->account.dms, 2).is_filtered);
	assert_false(state_of(fixture).is_stale);
	assert_next(fixture, 5);
}

static void stops_while_it_waits(void **state)
{
	struct fixture *fixture = *state;
	unsigned changes;

	start(fixture);
	refresh(fixture);
	fetcher_stop(fixture->fetcher);
	changes = atomic_load(&fixture->changes);
	fetcher_refresh(fixture->fetcher);
	fetcher_stop(fixture->fetcher);
	fetcher_stop(NULL);
	assert_int_equal(atomic_load(&fixture->changes), changes);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 2);
	assert_false(state_of(fixture).is_stale);
}

static void is_stopped_when_it_is_freed(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	fetcher_free(fixture->fetcher);
	fixture->fetcher = NULL;
	assert_int_equal(fake_dms_requests(fixture->account.dms), 1);
}

static void leaves_signals_to_the_other_threads(void **state)
{
	struct fixture *fixture = *state;
	sigset_t waited;
	struct timespec timeout = {.tv_sec = 10};

	sigemptyset(&waited);
	sigaddset(&waited, SIGUSR1);
	start(fixture);
	/* With SIGUSR1's default this ends the test if any thread takes it. */
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &waited, NULL), 0);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	assert_int_equal(sigtimedwait(&waited, NULL, &timeout), SIGUSR1);
	assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &waited, NULL), 0);
}

struct crowd {
	struct fixture *fixture;
	atomic_bool is_over;
};

static void *ask_for_refreshes(void *data)
{
	struct crowd *crowd = data;

	while (!atomic_load(&crowd->is_over)) {
		fetcher_refresh(crowd->fixture->fetcher);
		sched_yield();
	}
	return NULL;
}

/* Fails in the main thread alone: cmocka's assertions are not for others. */
static void *read_states(void *data)
{
	struct crowd *crowd = data;
	size_t wrong = 0;

	while (!atomic_load(&crowd->is_over)) {
		struct fetcher_state state;

		fetcher_get_state(crowd->fixture->fetcher, &state);
		wrong += snapshot_count(state.snapshot) != 3;
		wrong += state.is_stale != (state.failed_at_ns != 0);
		wrong += state.is_stale != (state.error.kind != ERROR_NONE);
		fetcher_state_fini(&state);
	}
	return (void *)wrong;
}

static void change_the_service(struct fixture *fixture)
{
	for (size_t i = 0; i < 200; i++) {
		fake_dms_put(fixture->account.dms, 0, (int)(i % 3),
			     i % 2 == 0 ? "testing" : "failed");
		fake_dms_fail(fixture->account.dms,
			      i % 16 == 15 ? "out of order" : NULL, false);
		if (i % 10 == 0)
			fake_dms_slip(fixture->account.dms, 1, false);
		fake_dms_await(fixture->account.dms,
			       fake_dms_requests(fixture->account.dms) + 1);
	}
}

/* Time in which a hundred times as much may be asked. */
#define HASTE 100

static int64_t read_hasty(void *)
{
	return clock_system.boottime_ns(NULL) * HASTE;
}

static void wait_hasty(void *, int64_t until_ns, int wake)
{
	clock_system.wait(NULL, until_ns / HASTE, wake);
}

static void serves_many_threads(void **state)
{
	struct fixture *fixture = *state;
	struct crowd crowd = {.fixture = fixture};
	void *(*const roles[])(void *) = {ask_for_refreshes, read_states, read_states};
	pthread_t threads[3];
	void *wrong = NULL;
	size_t all_wrong = 0;
	unsigned changes;

	fixture->options.clock = clock_system;
	fixture->options.clock.boottime_ns = read_hasty;
	fixture->options.clock.wait = wait_hasty;
	for (int i = 0; i < 3; i++)
		fake_dms_put(fixture->account.dms, 0, i, "successful");
	list_first(fixture);
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, roles[i], &crowd),
				 0);
	change_the_service(fixture);
	/* Stopped amid it all. */
	fetcher_stop(fixture->fetcher);
	changes = atomic_load(&fixture->changes);
	atomic_store(&crowd.is_over, true);
	for (size_t i = 0; i < 3; i++) {
		pthread_join(threads[i], &wrong);
		all_wrong += (size_t)wrong;
	}
	assert_int_equal(all_wrong, 0);
	assert_true(changes > 0);
	assert_int_equal(atomic_load(&fixture->changes), changes);
}

static struct http_server *open_real(struct fixture *fixture,
				     const struct http_server_script *script)
{
	static char url[64];
	struct http_server *server = http_server_start(script);

	snprintf(url, sizeof(url), "http://127.0.0.1:%d", http_server_port(server));
	fixture->options.endpoint_url = url;
	fixture->options.transport = (struct http_transport){0};
	open_fetcher(fixture);
	return server;
}

static void names_itself_to_the_service(void **state)
{
	struct fixture *fixture = *state;
	struct http_server *server;
	const char *seen;

	aws_setup_env(fixture->account.setup, "AWS_SDK_UA_APP_ID", "my app/1");
	server = open_real(fixture, &(struct http_server_script){
					    .response = "HTTP/1.1 200 OK\r\n"
							"Content-Length: 18\r\n\r\n"
							"{\"Connections\":[]}"});
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 0);
	seen = http_server_last_request(server);
	assert_memory_equal(seen, "POST / HTTP/1.1\r\n", 17);
	assert_non_null(strstr(seen, "\r\nUser-Agent: dmsfs/" DMSFS_VERSION " "));
	assert_non_null(strstr(seen, " app/my-app-1\r\n"));
	http_server_stop(server);
}

struct canceling {
	struct http_server *server;
	struct fetcher *fetcher;
};

static void *cancel_once_asked(void *data)
{
	struct canceling *canceling = data;

	http_server_await_request(canceling->server);
	fetcher_cancel(canceling->fetcher);
	return NULL;
}

static void ends_a_listing_under_way_when_canceled(void **state)
{
	struct fixture *fixture = *state;
	struct canceling canceling;
	pthread_t thread;

	canceling.server = open_real(fixture,
				     &(struct http_server_script){.is_hanging = true});
	canceling.fetcher = fixture->fetcher;
	assert_int_equal(pthread_create(&thread, NULL, cancel_once_asked, &canceling),
			 0);
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 -ECANCELED);
	pthread_join(thread, NULL);
	http_server_stop(canceling.server);
}

/* What is waited for takes an hour and more; on a busy machine a thread may need more
 * than it is given to end. */
static void await_stop(struct fixture *fixture)
{
	while (fetcher_stop(fixture->fetcher) < 0)
		clock_system.sleep(NULL, NS_PER_MS);
}

static void stops_amid_a_request(void **state)
{
	struct fixture *fixture = *state;
	struct http_server *server;

	fixture->options.read_timeout_ms = 86400 * 1000;
	fixture->options.clock = clock_system;
	server = open_real(fixture, &(struct http_server_script){.is_hanging = true});
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	http_server_await_request(server);
	await_stop(fixture);
	assert_int_equal(atomic_load(&fixture->changes), 0);
	assert_false(state_of(fixture).is_stale);
	http_server_stop(server);
}

static void stops_amid_a_wait_between_attempts(void **state)
{
	struct fixture *fixture = *state;
	struct http_server *server;

	fixture->options.clock = clock_system;
	aws_setup_env(fixture->account.setup, "AWS_MAX_ATTEMPTS", "1000");
	server = open_real(fixture,
			   &(struct http_server_script){
				   .response = "HTTP/1.1 400 X\r\n"
					       "x-amzn-ErrorType: Throttling\r\n"
					       "x-amz-retry-after: 4000\r\n"
					       "Content-Length: 2\r\n\r\n{}"});
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	http_server_await_request(server);
	clock_system.sleep(NULL, 50 * NS_PER_MS);
	await_stop(fixture);
	assert_int_equal(http_server_requests(server), 1);
	assert_false(state_of(fixture).is_stale);
	http_server_stop(server);
}

static int64_t now_ms(void)
{
	return clock_system.boottime_ns(NULL) / NS_PER_MS;
}

static void gives_up_a_thread_that_hangs(void **state)
{
	struct fixture *fixture = *state;
	int64_t began_ms;

	fake_dms_put(fixture->account.dms, 0, 0, "successful");
	start(fixture);
	fake_dms_hold(fixture->account.dms, true);
	fetcher_refresh(fixture->fetcher);
	fake_dms_await(fixture->account.dms, 2);
	began_ms = now_ms();
	assert_int_equal(fetcher_stop(fixture->fetcher), -ETIMEDOUT);
	assert_true(now_ms() - began_ms >= 2000);
	/* Once is enough. */
	assert_int_equal(fetcher_stop(fixture->fetcher), -ETIMEDOUT);
	fake_dms_hold(fixture->account.dms, false);
	while (fetcher_stop(fixture->fetcher) < 0)
		clock_system.sleep(NULL, NS_PER_MS);
	assert_int_equal(atomic_load(&fixture->changes), 0);
}

static void count_wait(void *data, int64_t until_ns, int wake)
{
	atomic_fetch_add((atomic_uint *)data, 1);
	clock_system.wait(clock_system.data, until_ns, wake);
}

static void sleeps_between_refreshes(void **state)
{
	struct fixture *fixture = *state;
	atomic_uint waits = 0;

	fixture->options.clock = clock_system;
	fixture->options.clock.data = &waits;
	fixture->options.clock.wait = count_wait;
	list_first(fixture);
	assert_int_equal(fetcher_start(fixture->fetcher), 0);
	clock_system.sleep(NULL, 200 * NS_PER_MS);
	assert_int_equal(atomic_load(&waits), 1);
	fetcher_stop(fixture->fetcher);
}

#define FETCHER_TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FETCHER_TEST(makes_a_snapshot_of_all_pages),
		FETCHER_TEST(keeps_the_users_filters),
		FETCHER_TEST(hands_out_snapshots_that_outlive_it),
		FETCHER_TEST(says_whom_it_asks),
		FETCHER_TEST(fails_early_when_the_set_up_is_wrong),
		FETCHER_TEST(lists_again_when_it_is_due),
		FETCHER_TEST(polls_while_one_is_active),
		FETCHER_TEST(asks_twice_a_second_at_most),
		FETCHER_TEST(counts_what_a_failed_listing_asked_for),
		FETCHER_TEST(is_not_confused_by_the_clock_on_the_wall),
		FETCHER_TEST(tells_from_when_on_the_snapshot_is_too_old),
		FETCHER_TEST(gives_a_large_account_the_time_it_needs),
		FETCHER_TEST(gives_time_to_pay_for_what_was_asked_for),
		FETCHER_TEST(refreshes_at_once_when_asked),
		FETCHER_TEST(makes_who_asks_too_often_wait),
		FETCHER_TEST(lists_instead_of_polling_where_filters_are_refused),
		FETCHER_TEST(makes_one_refresh_of_several_wishes),
		FETCHER_TEST(tells_the_state_amid_a_request),
		FETCHER_TEST(turns_stale_by_a_failure_and_fresh_by_the_next_listing),
		FETCHER_TEST(goes_on_without_a_first_listing),
		FETCHER_TEST(begins_anew_where_a_comparison_failed),
		FETCHER_TEST(is_listed_by_what_an_earlier_run_knew),
		FETCHER_TEST(puts_the_next_listing_off_where_others_share_the_budget),
		FETCHER_TEST(shares_the_budget_from_the_start),
		FETCHER_TEST(tries_again_at_most_the_refresh_apart),
		FETCHER_TEST(turns_stale_by_a_failed_poll),
		FETCHER_TEST(stops_while_it_waits),
		FETCHER_TEST(is_stopped_when_it_is_freed),
		FETCHER_TEST(leaves_signals_to_the_other_threads),
		FETCHER_TEST(serves_many_threads),
		FETCHER_TEST(names_itself_to_the_service),
		FETCHER_TEST(ends_a_listing_under_way_when_canceled),
		FETCHER_TEST(stops_amid_a_request),
		FETCHER_TEST(stops_amid_a_wait_between_attempts),
		FETCHER_TEST(gives_up_a_thread_that_hangs),
		FETCHER_TEST(sleeps_between_refreshes),
	};

	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
