#include "src/fetcher/fetcher.h"
#include "src/fetcher/refresher.h"
#include "tests/unit/account.h"
#include "tests/unit/listing.h"

#define PAGE 100
#define INSTANCES 5
#define CONNECTIONS (INSTANCES * PAGE)

struct fixture {
	struct account account;
	struct fake_dms *dms;		 /* the account's */
	struct http_transport transport; /* of the fake */
	_Atomic int64_t now_ns;
	int64_t page_ns;     /* what a request without filters takes */
	int64_t filtered_ns; /* and one with them */
	struct fetcher_options options;
	struct client *client;
	struct refresher *refresher;
	size_t pages;
};

static int send_in_time(void *data, const struct http_request *request,
			struct http_response *response, struct error *error)
{
	struct fixture *fixture = data;
	bool is_filtered = memmem(request->body, request->body_len, "\"Filters\"", 9);

	fixture->now_ns += is_filtered ? fixture->filtered_ns : fixture->page_ns;
	return fixture->transport.send(fixture->transport.data, request, response,
				       error);
}

static int64_t boot_time(void *data)
{
	struct fixture *fixture = data;

	return fixture->now_ns;
}

static int64_t real_time(void *)
{
	return INT64_C(1795443597) * NS_PER_S;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->options = account_make(&fixture->account);
	fixture->options.max_records = PAGE;
	fixture->options.clock = (struct clock){
		.data = fixture, .realtime_ns = real_time, .boottime_ns = boot_time};
	fixture->options.transport = (struct http_transport){fixture, send_in_time};
	fixture->dms = fixture->account.dms;
	fixture->transport = fake_dms_transport(fixture->dms);
	fixture->page_ns = 50 * NS_PER_MS;
	fixture->filtered_ns = 5 * NS_PER_MS;
	for (int i = 0; i < CONNECTIONS; i++)
		fake_dms_put(fixture->dms, i / PAGE, i, "successful");
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

static void open_service(struct fixture *fixture)
{
	struct error error = {0};

	if (fixture->client)
		return;
	assert_int_equal(client_new(&fixture->options, &fixture->client, &error), 0);
	fixture->refresher = refresher_new(fixture->client, &fixture->options.filters);
	assert_non_null(fixture->refresher);
}

/* Of the requests that were sent meanwhile. */
struct pages_tally {
	size_t serial;
	size_t by_instance;
	size_t instances;
};

static struct pages_tally list(struct fixture *fixture)
{
	size_t before = fake_dms_requests(fixture->dms);
	struct pages_tally tally = {0};
	struct error error = {0};
	int err;

	open_service(fixture);
	err = refresher_list(fixture->refresher, NULL, &fixture->pages, &error);
	assert_string_equal(error.text, "");
	assert_int_equal(err, 0);
	for (size_t i = before; i < fake_dms_requests(fixture->dms); i++) {
		struct fake_dms_request request = fake_dms_request(fixture->dms, i);

		tally.instances += request.is_instances;
		tally.by_instance += request.instance_arns == 1;
		tally.serial += !request.is_instances && !request.is_filtered;
	}
	return tally;
}

static void assert_requests(struct pages_tally tally, size_t serial, size_t instances,
			    size_t by_instance)
{
	assert_int_equal(tally.serial, serial);
	assert_int_equal(tally.instances, instances);
	assert_int_equal(tally.by_instance, by_instance);
}

static size_t count(const struct fixture *fixture)
{
	return snapshot_count(refresher_snapshot(fixture->refresher));
}

static void lists_by_instance_once_a_listing_was_slow(void **state)
{
	struct fixture *fixture = *state;

	assert_requests(list(fixture), INSTANCES, 0, 0);
	assert_requests(list(fixture), 0, 1, INSTANCES);
	assert_int_equal(count(fixture), CONNECTIONS);
	assert_int_equal(fixture->pages, INSTANCES);
	assert_int_equal(client_requests(fixture->client), 2 * INSTANCES + 1);
}

static void stays_serial_where_pages_are_quick(void **state)
{
	struct fixture *fixture = *state;

	fixture->page_ns = 10 * NS_PER_MS;
	assert_requests(list(fixture), INSTANCES, 0, 0);
	assert_requests(list(fixture), INSTANCES, 0, 0);
	assert_int_equal(count(fixture), CONNECTIONS);
}

static void stays_serial_without_the_permission(void **state)
{
	struct fixture *fixture = *state;

	fake_dms_deny_instances(fixture->dms, true);
	assert_requests(list(fixture), INSTANCES, 0, 0);
	assert_requests(list(fixture), INSTANCES, 1, 0);
	assert_int_equal(count(fixture), CONNECTIONS);
	assert_requests(list(fixture), INSTANCES, 0, 0);
}

static void stays_serial_under_the_users_filters(void **state)
{
	static const char *const arns[] = {"arn:i0", "arn:i1", "arn:i2"};
	struct fixture *fixture = *state;

	fixture->options.filters.replication_instance_arns = arns;
	fixture->options.filters.replication_instance_arn_count = 3;
	assert_requests(list(fixture), 0, 0, 0);
	assert_int_equal(count(fixture), 3 * PAGE);
	assert_requests(list(fixture), 0, 0, 0);
}

/* What is hidden is known from the serial listing, and asked for too. */
static void finds_the_connections_of_an_instance_that_is_not_listed(void **state)
{
	struct fixture *fixture = *state;

	fake_dms_hide_instance(fixture->dms, 3);
	assert_requests(list(fixture), INSTANCES, 0, 0);
	assert_int_equal(count(fixture), CONNECTIONS);
	fake_dms_put(fixture->dms, 3, 350, "failed");
	assert_requests(list(fixture), 0, 1, INSTANCES);
	assert_int_equal(count(fixture), CONNECTIONS);
	assert_string_equal(
		listing_status(refresher_snapshot(fixture->refresher), "i3", "e350"),
		"failed");
}

/* The first is serial, and so is each tenth after it. */
static void lists_serially_now_and_then(void **state)
{
	struct fixture *fixture = *state;

	assert_requests(list(fixture), INSTANCES, 0, 0);
	for (int i = 0; i < 10; i++)
		assert_requests(list(fixture), 0, 1, INSTANCES);
	assert_requests(list(fixture), INSTANCES, 0, 0);
	assert_requests(list(fixture), 0, 1, INSTANCES);
}

/* Six instances with one connection each would take six requests for one page. */
static void stays_serial_where_that_takes_fewer_requests(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 6; i++)
		fake_dms_put(fixture->dms, INSTANCES + i, CONNECTIONS + i, "failed");
	fixture->page_ns = 10 * NS_PER_MS;
	assert_requests(list(fixture), INSTANCES + 1, 0, 0);
	fixture->page_ns = 50 * NS_PER_MS;
	assert_requests(list(fixture), INSTANCES + 1, 0, 0);
	assert_requests(list(fixture), INSTANCES + 1, 1, 0);
	assert_requests(list(fixture), INSTANCES + 1, 0, 0);
	assert_int_equal(count(fixture), CONNECTIONS + 6);
}

static void lists_serially_when_a_part_fails(void **state)
{
	struct fixture *fixture = *state;

	assert_requests(list(fixture), INSTANCES, 0, 0);
	fake_dms_fail(fixture->dms, "no filters", true);
	assert_int_equal(list(fixture).serial, INSTANCES);
	assert_int_equal(count(fixture), CONNECTIONS);
	fake_dms_fail(fixture->dms, NULL, true);
	assert_requests(list(fixture), INSTANCES, 0, 0);
}

/* By pages so small, a first listing has enough of them to go on in parallel after the
 * first eight, which have the first two instances. */
#define SMALL_PAGE 20
#define SMALL_PAGES (CONNECTIONS / SMALL_PAGE)
#define SERIAL 8

static struct fixture *fixture_of_small_pages(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.max_records = SMALL_PAGE;
	return fixture;
}

static void goes_on_by_instance_where_a_first_listing_is_slow(void **state)
{
	struct fixture *fixture = fixture_of_small_pages(state);

	assert_requests(list(fixture), SERIAL, 1, SMALL_PAGES);
	assert_int_equal(count(fixture), CONNECTIONS);
	assert_int_equal(fixture->pages, SMALL_PAGES);
	assert_requests(list(fixture), 0, 1, SMALL_PAGES);
	assert_requests(list(fixture), SMALL_PAGES, 0, 0);
	assert_requests(list(fixture), 0, 1, SMALL_PAGES);
	assert_int_equal(count(fixture), CONNECTIONS);
}

static void lists_first_serially_where_pages_are_quick(void **state)
{
	struct fixture *fixture = fixture_of_small_pages(state);

	fixture->page_ns = 10 * NS_PER_MS;
	assert_requests(list(fixture), SMALL_PAGES, 0, 0);
	assert_int_equal(count(fixture), CONNECTIONS);
}

static void lists_first_serially_without_the_permission(void **state)
{
	struct fixture *fixture = fixture_of_small_pages(state);

	fake_dms_deny_instances(fixture->dms, true);
	assert_requests(list(fixture), SMALL_PAGES, 1, 0);
	assert_int_equal(count(fixture), CONNECTIONS);
	assert_requests(list(fixture), SMALL_PAGES, 0, 0);
}

static void lists_first_serially_when_a_part_fails(void **state)
{
	struct fixture *fixture = fixture_of_small_pages(state);

	fake_dms_fail(fixture->dms, "no filters", true);
	assert_int_equal(list(fixture).serial, SMALL_PAGES);
	assert_int_equal(count(fixture), CONNECTIONS);
}

static void lists_first_serially_where_an_instance_is_not_listed(void **state)
{
	struct fixture *fixture = fixture_of_small_pages(state);

	fake_dms_hide_instance(fixture->dms, 1);
	assert_requests(list(fixture), SMALL_PAGES, 1, 0);
	assert_int_equal(count(fixture), CONNECTIONS);
}

static void finds_soon_after_the_start_what_is_not_listed(void **state)
{
	struct fixture *fixture = fixture_of_small_pages(state);

	fake_dms_hide_instance(fixture->dms, INSTANCES - 1);
	assert_requests(list(fixture), SERIAL, 1, SMALL_PAGES - PAGE / SMALL_PAGE);
	assert_int_equal(count(fixture), CONNECTIONS - PAGE);
	list(fixture);
	assert_requests(list(fixture), SMALL_PAGES, 0, 0);
	assert_int_equal(count(fixture), CONNECTIONS);
}

/* One more than eight for each of the eight pages. */
static void waits_for_more_pages_where_there_are_many_instances(void **state)
{
	const int more = SERIAL * 8 + 1 - INSTANCES;
	struct fixture *fixture = fixture_of_small_pages(state);

	for (int i = 0; i < more; i++)
		fake_dms_put(fixture->dms, INSTANCES + i, CONNECTIONS + i, "failed");
	assert_requests(list(fixture), SERIAL + 1, 1, SMALL_PAGES + (size_t)more);
	assert_int_equal(count(fixture), CONNECTIONS + more);
}

#define LISTING_TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LISTING_TEST(lists_by_instance_once_a_listing_was_slow),
		LISTING_TEST(stays_serial_where_pages_are_quick),
		LISTING_TEST(stays_serial_without_the_permission),
		LISTING_TEST(stays_serial_under_the_users_filters),
		LISTING_TEST(finds_the_connections_of_an_instance_that_is_not_listed),
		LISTING_TEST(lists_serially_now_and_then),
		LISTING_TEST(stays_serial_where_that_takes_fewer_requests),
		LISTING_TEST(lists_serially_when_a_part_fails),
		LISTING_TEST(goes_on_by_instance_where_a_first_listing_is_slow),
		LISTING_TEST(lists_first_serially_where_pages_are_quick),
		LISTING_TEST(lists_first_serially_without_the_permission),
		LISTING_TEST(lists_first_serially_when_a_part_fails),
		LISTING_TEST(lists_first_serially_where_an_instance_is_not_listed),
		LISTING_TEST(finds_soon_after_the_start_what_is_not_listed),
		LISTING_TEST(waits_for_more_pages_where_there_are_many_instances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
