#include <errno.h>

#include "src/fetcher/fetcher.h"
#include "src/fetcher/refresher.h"
#include "tests/unit/account.h"
#include "tests/unit/listing.h"

struct fixture {
	struct account account;
	struct fetcher_options options;
	struct client *client;
	struct refresher *refresher;
	size_t pages;
	struct error error;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->options = account_make(&fixture->account);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct account account = fixture->account;

	refresher_free(fixture->refresher);
	client_free(fixture->client);
	free(fixture);
	return account_remove(&account);
}

static void list(struct fixture *fixture)
{
	int err = refresher_list(fixture->refresher, NULL, &fixture->pages,
				 &fixture->error);

	assert_string_equal(fixture->error.text, "");
	assert_int_equal(err, 0);
}

static void poll(struct fixture *fixture)
{
	int err = refresher_poll(fixture->refresher, NULL, &fixture->error);

	assert_string_equal(fixture->error.text, "");
	assert_int_equal(err, 0);
}

/* After what the test put there: the first listing. */
static void begin(struct fixture *fixture)
{
	assert_int_equal(
		client_new(&fixture->options, &fixture->client, &fixture->error), 0);
	fixture->refresher = refresher_new(fixture->client, &fixture->options.filters);
	assert_non_null(fixture->refresher);
	list(fixture);
}

static size_t count(const struct fixture *fixture)
{
	return snapshot_count(refresher_snapshot(fixture->refresher));
}

/* "-": there is no such connection. */
static const char *status_of(const struct fixture *fixture, const char *instance,
			     const char *endpoint)
{
	return listing_status(refresher_snapshot(fixture->refresher), instance,
			      endpoint);
}

static void assert_request(struct fixture *fixture, size_t index, size_t endpoint_arns,
			   size_t instance_arns)
{
	struct fake_dms_request request = fake_dms_request(fixture->account.dms, index);

	assert_int_equal(request.endpoint_arns, endpoint_arns);
	assert_int_equal(request.instance_arns, instance_arns);
}

/* @count connections, ten to an instance. */
static void put_many(struct fixture *fixture, int first, int count)
{
	for (int i = first; i < first + count; i++)
		fake_dms_put(fixture->account.dms, i / 10, i, "successful");
}

static void keeps_the_snapshot_when_nothing_changed(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *before;

	put_many(fixture, 0, 250);
	begin(fixture);
	before = refresher_snapshot(fixture->refresher);
	list(fixture);
	assert_ptr_equal(refresher_snapshot(fixture->refresher), before);
	assert_int_equal(fixture->pages, 3);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 6);
}

static void shows_what_is_new_and_what_changed(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 3);
	begin(fixture);
	fake_dms_put(fixture->account.dms, 0, 1, "failed");
	fake_dms_put(fixture->account.dms, 7, 3, "testing");
	list(fixture);
	assert_string_equal(status_of(fixture, "i0", "e1"), "failed");
	assert_string_equal(status_of(fixture, "i7", "e3"), "testing");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 2);
}

static void keeps_a_connection_that_slipped_between_pages(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 30);
	begin(fixture);
	fake_dms_slip(fixture->account.dms, 1, false);
	list(fixture);
	assert_int_equal(count(fixture), 30);
	assert_string_equal(status_of(fixture, "i0", "e0"), "successful");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
	assert_request(fixture, 2, 1, 1);
	assert_string_equal(
		fake_dms_request(fixture->account.dms, 2).first_endpoint_arn, "arn:e0");
}

static void shows_the_confirmed_record_of_one_that_slipped(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 3);
	begin(fixture);
	fake_dms_slip(fixture->account.dms, 1, false);
	fake_dms_put(fixture->account.dms, 0, 0, "failed");
	list(fixture);
	assert_string_equal(status_of(fixture, "i0", "e0"), "failed");
}

static void drops_what_the_service_denies_twice(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 30);
	begin(fixture);
	fake_dms_remove(fixture->account.dms, 0, 5);
	fake_dms_slip(fixture->account.dms, 2, false);
	list(fixture);
	assert_int_equal(count(fixture), 29);
	assert_string_equal(status_of(fixture, "i0", "e5"), "-");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
	assert_request(fixture, 2, 3, 1);
}

static void drops_all_when_the_listing_and_the_responses_are_empty(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 30);
	begin(fixture);
	for (int i = 0; i < 30; i++)
		fake_dms_remove(fixture->account.dms, i / 10, i);
	list(fixture);
	assert_int_equal(count(fixture), 0);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
}

static void asks_for_many_missing_ones_together(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 300);
	begin(fixture);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
	fake_dms_slip(fixture->account.dms, 250, false);
	list(fixture);
	assert_int_equal(count(fixture), 300);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3 + 3 + 3);
	assert_request(fixture, 6, 100, 10);
	assert_request(fixture, 8, 50, 5);
}

static void asks_for_no_more_at_once_than_a_page_holds(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.max_records = 20;
	put_many(fixture, 0, 40);
	begin(fixture);
	fake_dms_slip(fixture->account.dms, 40, false);
	list(fixture);
	assert_int_equal(count(fixture), 40);
	assert_request(fixture, 4, 20, 2);
	assert_request(fixture, 5, 20, 2);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 6);
}

static void changes_nothing_when_the_confirmation_fails(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *before;

	put_many(fixture, 0, 3);
	begin(fixture);
	before = refresher_snapshot(fixture->refresher);
	fake_dms_remove(fixture->account.dms, 0, 0);
	fake_dms_put(fixture->account.dms, 0, 1, "failed");
	fake_dms_fail_as(fixture->account.dms, "ExpiredTokenException", "expired",
			 true);
	assert_int_equal(refresher_list(fixture->refresher, NULL, &fixture->pages,
					&fixture->error),
			 -EREMOTEIO);
	assert_string_equal(fixture->error.text,
			    "asking again for missing connections: expired");
	assert_ptr_equal(refresher_snapshot(fixture->refresher), before);
	assert_string_equal(status_of(fixture, "i0", "e1"), "successful");
}

static void drops_after_two_listings_where_filters_are_refused(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 3);
	begin(fixture);
	fake_dms_remove(fixture->account.dms, 0, 0);
	fake_dms_put(fixture->account.dms, 0, 1, "failed");
	fake_dms_fail_as(fixture->account.dms, "InvalidParameterValueException",
			 "no filters", true);
	list(fixture);
	assert_string_equal(status_of(fixture, "i0", "e0"), "successful");
	assert_string_equal(status_of(fixture, "i0", "e1"), "failed");
	fake_dms_remove(fixture->account.dms, 0, 2);
	list(fixture);
	assert_string_equal(status_of(fixture, "i0", "e0"), "-");
	assert_string_equal(status_of(fixture, "i0", "e2"), "successful");
	list(fixture);
	assert_string_equal(status_of(fixture, "i0", "e2"), "-");
}

static void forgets_a_doubt_where_filters_are_refused(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 3);
	begin(fixture);
	fake_dms_fail_as(fixture->account.dms, "InvalidParameterValueException",
			 "no filters", true);
	for (int i = 0; i < 3; i++) {
		fake_dms_slip(fixture->account.dms, 1, false);
		list(fixture);
		assert_int_equal(count(fixture), 3);
		list(fixture);
	}
}

static void polls_again_some_time_after_a_filter_was_refused(void **state)
{
	struct fixture *fixture = *state;
	unsigned listings = 0;

	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	begin(fixture);
	assert_true(refresher_can_poll(fixture->refresher));
	fake_dms_fail_as(fixture->account.dms, "InvalidParameterValueException",
			 "no filters", true);
	assert_int_equal(refresher_poll(fixture->refresher, NULL, &fixture->error),
			 -EREMOTEIO);
	for (; !refresher_can_poll(fixture->refresher); listings++)
		assert_int_equal(refresher_list(fixture->refresher, NULL,
						&fixture->pages, &fixture->error),
				 0);
	assert_int_equal(listings, 100);
	assert_true(refresher_active(fixture->refresher) > 0);
}

static void drops_what_no_filter_can_name_after_two_listings(void **state)
{
	struct fixture *fixture = *state;

	fake_dms_put_bare(fixture->account.dms, 0, 0, "successful");
	put_many(fixture, 1, 2);
	begin(fixture);
	fake_dms_remove(fixture->account.dms, 0, 0);
	list(fixture);
	assert_string_equal(status_of(fixture, "i0", "e0"), "successful");
	list(fixture);
	assert_string_equal(status_of(fixture, "i0", "e0"), "-");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
}

static void forgets_its_doubts_when_it_sees_the_connection_again(void **state)
{
	struct fixture *fixture = *state;

	fake_dms_put_bare(fixture->account.dms, 0, 0, "successful");
	put_many(fixture, 1, 2);
	begin(fixture);
	fake_dms_slip(fixture->account.dms, 1, false);
	list(fixture);
	list(fixture);
	fake_dms_slip(fixture->account.dms, 1, false);
	list(fixture);
	assert_string_equal(status_of(fixture, "i0", "e0"), "successful");
}

static void polls_only_what_is_active(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 30);
	fake_dms_put(fixture->account.dms, 0, 3, "testing");
	fake_dms_put(fixture->account.dms, 2, 24, "deleting");
	begin(fixture);
	assert_true(refresher_active(fixture->refresher) > 0);
	fake_dms_put(fixture->account.dms, 0, 3, "failed");
	fake_dms_put(fixture->account.dms, 1, 11, "failed");
	poll(fixture);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 2);
	assert_request(fixture, 1, 2, 2);
	assert_int_equal(count(fixture), 30);
	assert_string_equal(status_of(fixture, "i0", "e3"), "failed");
	assert_string_equal(status_of(fixture, "i1", "e11"), "successful");
	assert_true(refresher_active(fixture->refresher) > 0);
}

static void keeps_the_snapshot_when_a_poll_tells_nothing_new(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *before;

	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	begin(fixture);
	before = refresher_snapshot(fixture->refresher);
	poll(fixture);
	assert_ptr_equal(refresher_snapshot(fixture->refresher), before);
}

static void drops_an_active_one_that_a_poll_does_not_find(void **state)
{
	struct fixture *fixture = *state;

	put_many(fixture, 0, 3);
	fake_dms_put(fixture->account.dms, 0, 0, "deleting");
	fake_dms_put(fixture->account.dms, 0, 1, "deleting");
	begin(fixture);
	fake_dms_remove(fixture->account.dms, 0, 0);
	poll(fixture);
	assert_string_equal(status_of(fixture, "i0", "e0"), "-");
	assert_int_equal(count(fixture), 2);
	fake_dms_remove(fixture->account.dms, 0, 1);
	poll(fixture);
	assert_int_equal(count(fixture), 1);
	assert_false(refresher_active(fixture->refresher) > 0);
	assert_int_equal(fake_dms_requests(fixture->account.dms), 3);
}

static void takes_what_else_a_poll_tells(void **state)
{
	struct fixture *fixture = *state;

	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	fake_dms_put(fixture->account.dms, 1, 1, "testing");
	fake_dms_put(fixture->account.dms, 0, 1, "successful");
	begin(fixture);
	fake_dms_put(fixture->account.dms, 0, 1, "failed");
	fake_dms_put(fixture->account.dms, 1, 0, "testing");
	poll(fixture);
	assert_string_equal(status_of(fixture, "i0", "e1"), "failed");
	assert_string_equal(status_of(fixture, "i1", "e0"), "testing");
	assert_int_equal(count(fixture), 4);
}

static void asks_again_when_a_poll_of_several_pages_misses_one(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.max_records = 20;
	for (int i = 0; i < 25; i++)
		fake_dms_put(fixture->account.dms, i / 5, i % 5,
			     i % 2 == 0 ? "testing" : "successful");
	begin(fixture);
	fake_dms_slip(fixture->account.dms, 1, true);
	poll(fixture);
	assert_int_equal(count(fixture), 25);
	assert_string_equal(status_of(fixture, "i0", "e0"), "testing");
	assert_int_equal(fake_dms_requests(fixture->account.dms), 2 + 2 + 1);
	assert_request(fixture, 2, 5, 5);
	assert_request(fixture, 4, 1, 1);
}

static void keeps_its_doubts_over_a_poll(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.max_records = 20;
	fake_dms_put_bare(fixture->account.dms, 9, 9, "successful");
	for (int i = 0; i < 25; i++)
		fake_dms_put(fixture->account.dms, i / 5, i % 5,
			     i % 2 == 0 ? "testing" : "successful");
	begin(fixture);
	fake_dms_remove(fixture->account.dms, 9, 9);
	list(fixture);
	fake_dms_put(fixture->account.dms, 0, 0, "failed");
	poll(fixture);
	assert_string_equal(status_of(fixture, "i0", "e0"), "failed");
	assert_string_equal(status_of(fixture, "i9", "e9"), "successful");
	list(fixture);
	assert_string_equal(status_of(fixture, "i9", "e9"), "-");
}

static void does_not_poll_what_no_filter_can_name(void **state)
{
	struct fixture *fixture = *state;

	fake_dms_put_bare(fixture->account.dms, 0, 0, "testing");
	begin(fixture);
	assert_false(refresher_active(fixture->refresher) > 0);
	fake_dms_put(fixture->account.dms, 0, 1, "testing");
	list(fixture);
	assert_true(refresher_active(fixture->refresher) > 0);
	poll(fixture);
	assert_string_equal(status_of(fixture, "i0", "e0"), "testing");
	assert_request(fixture, 2, 1, 1);
}

static void changes_nothing_when_a_poll_fails(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *before;

	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	begin(fixture);
	before = refresher_snapshot(fixture->refresher);
	fake_dms_fail_as(fixture->account.dms, "ExpiredTokenException", "not now",
			 false);
	assert_int_equal(refresher_poll(fixture->refresher, NULL, &fixture->error),
			 -EREMOTEIO);
	assert_string_equal(fixture->error.text,
			    "asking for the active connections: not now");
	assert_ptr_equal(refresher_snapshot(fixture->refresher), before);
}

static void stays_within_the_users_filters(void **state)
{
	static const char *const arns[] = {"arn:i0"};
	struct fixture *fixture = *state;

	fixture->options.filters = (struct dms_filters){
		.replication_instance_arns = arns,
		.replication_instance_arn_count = 1,
	};
	fake_dms_put(fixture->account.dms, 0, 0, "testing");
	fake_dms_put(fixture->account.dms, 0, 1, "successful");
	fake_dms_put(fixture->account.dms, 1, 0, "testing");
	begin(fixture);
	assert_int_equal(count(fixture), 2);
	fake_dms_put(fixture->account.dms, 0, 0, "failed");
	poll(fixture);
	assert_request(fixture, 1, 1, 1);
	assert_int_equal(count(fixture), 2);
	fake_dms_slip(fixture->account.dms, 2, true);
	list(fixture);
	assert_request(fixture, 3, 2, 1);
	assert_int_equal(count(fixture), 2);
}

#define REFRESHER_TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REFRESHER_TEST(keeps_the_snapshot_when_nothing_changed),
		REFRESHER_TEST(shows_what_is_new_and_what_changed),
		REFRESHER_TEST(keeps_a_connection_that_slipped_between_pages),
		REFRESHER_TEST(shows_the_confirmed_record_of_one_that_slipped),
		REFRESHER_TEST(drops_what_the_service_denies_twice),
		REFRESHER_TEST(drops_all_when_the_listing_and_the_responses_are_empty),
		REFRESHER_TEST(asks_for_many_missing_ones_together),
		REFRESHER_TEST(asks_for_no_more_at_once_than_a_page_holds),
		REFRESHER_TEST(changes_nothing_when_the_confirmation_fails),
		REFRESHER_TEST(drops_after_two_listings_where_filters_are_refused),
		REFRESHER_TEST(forgets_a_doubt_where_filters_are_refused),
		REFRESHER_TEST(polls_again_some_time_after_a_filter_was_refused),
		REFRESHER_TEST(drops_what_no_filter_can_name_after_two_listings),
		REFRESHER_TEST(forgets_its_doubts_when_it_sees_the_connection_again),
		REFRESHER_TEST(polls_only_what_is_active),
		REFRESHER_TEST(keeps_the_snapshot_when_a_poll_tells_nothing_new),
		REFRESHER_TEST(drops_an_active_one_that_a_poll_does_not_find),
		REFRESHER_TEST(takes_what_else_a_poll_tells),
		REFRESHER_TEST(asks_again_when_a_poll_of_several_pages_misses_one),
		REFRESHER_TEST(keeps_its_doubts_over_a_poll),
		REFRESHER_TEST(does_not_poll_what_no_filter_can_name),
		REFRESHER_TEST(changes_nothing_when_a_poll_fails),
		REFRESHER_TEST(stays_within_the_users_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
