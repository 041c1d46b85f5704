#include <errno.h>

#include "src/dms/list_connections.h"
#include "src/dms/pager.h"
#include "tests/unit/aws_setup.h"
#include "tests/unit/fake_service.h"

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a listing needs, and what became of it. */
struct fixture {
	struct aws_setup *setup;
	struct fake_service service;
	struct credentials_chain *chain;
	struct call_client client;
	int64_t slept_ns[4];
	size_t sleeps;
	int sleep_result;
	int64_t ahead_s; /* the local clock is, of the service's */
	struct dms dms;
	struct listing listing;
	struct error error;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *setup = NULL;

	assert_non_null(fixture);
	aws_setup_make(&setup);
	fixture->setup = setup;
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", KEY_ID);
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", SECRET);
	*state = fixture;
	return 0;
}

static int note_sleep(void *data, int64_t ns)
{
	struct fixture *fixture = data;

	assert_in_range(fixture->sleeps, 0, COUNT(fixture->slept_ns) - 1);
	fixture->slept_ns[fixture->sleeps++] = ns;
	return fixture->sleep_result;
}

static int64_t fixture_time(void *data)
{
	const struct fixture *fixture = data;

	return fake_time_ns(NULL) + fixture->ahead_s * NS_PER_S;
}

static double half(void *)
{
	return 0.5;
}

static int64_t read_boottime(void *data)
{
	const struct fixture *fixture = data;

	return (int64_t)fixture->service.asked * NS_PER_S;
}

/* After the test has its variables in place. */
static void open_dms(struct fixture *fixture)
{
	const struct retry_settings settings = {RETRY_STANDARD, 3};
	const struct clock clock = {
		.data = fixture,
		.realtime_ns = fixture_time,
		.boottime_ns = read_boottime,
		.sleep = note_sleep,
	};
	struct credentials_options credentials = {
		.transport = fake_service_transport(&fixture->service),
		.client = &fixture->client,
	};
	fixture->dms = (struct dms){
		.transport = fake_service_transport(&fixture->service),
		.client = &fixture->client,
		.endpoint = {.url = "https://dms.us-east-1.amazonaws.com",
			     .host = "dms.us-east-1.amazonaws.com",
			     .region = "us-east-1",
			     .path = "/"},
		.max_records = 100,
		.connect_timeout_ms = 10000,
		.read_timeout_ms = 30000,
	};

	assert_int_equal(call_client_init(&fixture->client, &settings, &clock), 0);
	fixture->client.retry.random = half;
	aws_setup_require(fixture->setup, NULL, "us-east-1");
	credentials.profile = fixture->setup->profile;
	assert_int_equal(credentials_chain_new(&credentials, &fixture->chain), 0);
	fixture->dms.chain = fixture->chain;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	void *setup = fixture->setup;

	listing_fini(&fixture->listing);
	credentials_chain_free(fixture->chain);
	call_client_fini(&fixture->client);
	free(fixture);
	return aws_setup_remove(&setup);
}

static int list(struct fixture *fixture, const struct fake_response *responses,
		size_t count)
{
	if (!fixture->chain)
		open_dms(fixture);
	fixture->service.responses = responses;
	fixture->service.response_count = count;
	fixture->service.asked = 0;
	listing_fini(&fixture->listing);
	return dms_list_connections(&fixture->dms, NULL, NULL, NULL, &fixture->listing,
				    &fixture->error);
}

static void assert_lists(struct fixture *fixture, const struct fake_response *responses,
			 size_t count)
{
	int err = list(fixture, responses, count);

	assert_string_equal(fixture->error.text, "");
	assert_int_equal(err, 0);
	assert_int_equal(fixture->service.asked, count);
}

static void assert_fails(struct fixture *fixture, const struct fake_response *responses,
			 size_t count, enum error_kind kind, const char *text)
{
	int err = list(fixture, responses, count);

	assert_string_equal(fixture->error.text, text);
	assert_int_equal(fixture->error.kind, kind);
	assert_int_equal(err, error_result(&fixture->error));
	assert_int_equal(fixture->service.asked, count);
	assert_null(fixture->listing.pages);
	assert_int_equal(fixture->listing.count, 0);
}

static const struct fake_response empty_response[] = {
	{200, "{\"Connections\":[]}", NULL}};

static void asks_in_the_words_of_the_api(void **state)
{
	struct fixture *fixture = *state;
	const struct fake_request *request = &fixture->service.requests[0];

	assert_lists(fixture, empty_response, 1);
	assert_string_equal(request->method, "POST");
	assert_string_equal(request->url, "https://dms.us-east-1.amazonaws.com");
	assert_string_equal(request->body, "{\"MaxRecords\":100}");
	assert_int_equal(request->connect_timeout_ms, 10000);
	assert_int_equal(request->read_timeout_ms, 30000);
	assert_string_equal(fake_service_header(&fixture->service, 0, "Content-Type"),
			    "application/x-amz-json-1.1");
	assert_string_equal(fake_service_header(&fixture->service, 0, "X-Amz-Target"),
			    "AmazonDMSv20160101.DescribeConnections");
	assert_string_equal(fake_service_header(&fixture->service, 0, "X-Amz-Date"),
			    "20261123T141957Z");
	assert_string_equal(fake_service_header(&fixture->service, 0, "Host"),
			    "dms.us-east-1.amazonaws.com");
}

/* The signatures were made by another implementation (hmac of Python). */
static void signs_with_lasting_credentials(void **state)
{
	struct fixture *fixture = *state;

	assert_lists(fixture, empty_response, 1);
	assert_string_equal(
		fake_service_header(&fixture->service, 0, "Authorization"),
		"AWS4-HMAC-SHA256 "
		"Credential=AKIDEXAMPLE/20261123/us-east-1/dms/aws4_request, "
		"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
		"125f1d9df1b46c752a92dcbfdfa8beaac79c0db16e33ba8826aeba56af2d930c");
	assert_string_equal(
		fake_service_header(&fixture->service, 0, "X-Amz-Security-Token"), "");
}

static void signs_with_temporary_credentials(void **state)
{
	struct fixture *fixture = *state;

	aws_setup_env(fixture->setup, "AWS_SESSION_TOKEN", "TOKEN/1==");
	assert_lists(fixture, empty_response, 1);
	assert_string_equal(
		fake_service_header(&fixture->service, 0, "X-Amz-Security-Token"),
		"TOKEN/1==");
	assert_string_equal(
		fake_service_header(&fixture->service, 0, "Authorization"),
		"AWS4-HMAC-SHA256 "
		"Credential=AKIDEXAMPLE/20261123/us-east-1/dms/aws4_request, "
		"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
		"x-amz-target, Signature="
		"3f39852c1afaf64517aef5ff7266f9c591f70a2d891f0e116bf98af1dec59167");
}

static void asks_by_both_filters(void **state)
{
	static const char *const endpoints[] = {"arn:e1", "arn:\"e2\""};
	static const char *const instances[] = {"arn:r1"};
	const struct dms_filters filters = {endpoints, 2, instances, 1};
	const struct dms_filters one = {.replication_instance_arns = instances,
					.replication_instance_arn_count = 1};
	struct fixture *fixture = *state;

	open_dms(fixture);
	fixture->service.responses = empty_response;
	fixture->service.response_count = 1;
	assert_int_equal(dms_list_connections(&fixture->dms, &filters, NULL, NULL,
					      &fixture->listing, &fixture->error),
			 0);
	assert_string_equal(
		fixture->service.requests[0].body,
		"{\"Filters\":[{\"Name\":\"endpoint-arn\",\"Values\":[\"arn:e1\","
		"\"arn:\\\"e2\\\"\"]},{\"Name\":\"replication-instance-arn\","
		"\"Values\":[\"arn:r1\"]}],\"MaxRecords\":100}");
	listing_fini(&fixture->listing);
	fixture->service.asked = 0;
	assert_int_equal(dms_list_connections(&fixture->dms, &one, NULL, NULL,
					      &fixture->listing, &fixture->error),
			 0);
	assert_string_equal(fixture->service.requests[0].body,
			    "{\"Filters\":[{\"Name\":\"replication-instance-arn\","
			    "\"Values\":[\"arn:r1\"]}],\"MaxRecords\":100}");
}

static void asks_nobody_without_credentials(void **state)
{
	struct fixture *fixture = *state;

	aws_setup_env(fixture->setup, "AWS_ACCESS_KEY_ID", NULL);
	aws_setup_env(fixture->setup, "AWS_SECRET_ACCESS_KEY", NULL);
	assert_int_equal(list(fixture, NULL, 0), -EACCES);
	assert_int_equal(fixture->error.kind, ERROR_CREDENTIALS);
	assert_int_equal(fixture->service.asked, 0);
}

#define REFUSED(code)                                                          \
	{                                                                      \
		403, "{\"__type\":\"" code "\",\"message\":\"refused\"}", NULL \
	}

/* In variables, which unlike files are looked at again only when a key is refused. */
static void set_keys(struct fixture *fixture, const char *id, const char *secret)
{
	aws_setup_env(fixture->setup, "AWS_ACCESS_KEY_ID", id);
	aws_setup_env(fixture->setup, "AWS_SECRET_ACCESS_KEY", secret);
}

static void asks_again_at_once_with_fresh_credentials(void **state)
{
	static const struct fake_response rows[][2] = {
		{REFUSED("ExpiredTokenException"), {200, "{\"Connections\":[]}", NULL}},
		{REFUSED("ExpiredToken"), {200, "{\"Connections\":[]}", NULL}},
		{REFUSED("UnrecognizedClientException"),
		 {200, "{\"Connections\":[]}", NULL}},
		{REFUSED("InvalidClientTokenId"), {200, "{\"Connections\":[]}", NULL}},
		{REFUSED("InvalidToken"), {200, "{\"Connections\":[]}", NULL}},
		{REFUSED("InvalidAccessKeyId"), {200, "{\"Connections\":[]}", NULL}},
		{REFUSED("InvalidSignatureException"),
		 {200, "{\"Connections\":[]}", NULL}},
	};
	struct fixture *fixture = *state;
	char before[16] = "AKID0";
	char after[16];

	set_keys(fixture, before, "one");
	assert_lists(fixture, empty_response, 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(after, sizeof(after), "AKID%zu", i + 1);
		set_keys(fixture, after, "one");
		assert_lists(fixture, rows[i], 2);
		assert_contains(
			fake_service_header(&fixture->service, 0, "Authorization"),
			before);
		assert_contains(
			fake_service_header(&fixture->service, 1, "Authorization"),
			after);
		memcpy(before, after, sizeof(before));
	}
	assert_int_equal(fixture->sleeps, 0);
}

static void goes_on_from_the_page_whose_credentials_expired(void **state)
{
	static const struct fake_response responses[] = {
		{200, "{\"Connections\":[{}],\"Marker\":\"m\"}", NULL},
		REFUSED("ExpiredTokenException"),
		{200, "{\"Connections\":[{}]}", NULL},
	};
	struct fixture *fixture = *state;

	set_keys(fixture, "AKIDONE", "one");
	assert_lists(fixture, empty_response, 1);
	set_keys(fixture, "AKIDTWO", "one");
	assert_lists(fixture, responses, 3);
	assert_int_equal(fixture->listing.count, 2);
	assert_string_equal(fixture->service.requests[2].body,
			    "{\"MaxRecords\":100,\"Marker\":\"m\"}");
}

static void asks_no_more_with_credentials_that_stay_the_same(void **state)
{
	static const struct fake_response responses[] = {
		REFUSED("ExpiredTokenException")};

	assert_fails(*state, responses, 1, ERROR_SERVICE, "refused");
}

static void asks_with_fresh_credentials_once(void **state)
{
	static const struct fake_response responses[] = {
		REFUSED("ExpiredTokenException"), REFUSED("ExpiredTokenException")};
	struct fixture *fixture = *state;

	set_keys(fixture, "AKIDONE", "one");
	assert_lists(fixture, empty_response, 1);
	set_keys(fixture, "AKIDONE", "two");
	assert_fails(fixture, responses, 2, ERROR_SERVICE, "refused");
}

static void says_why_there_are_no_fresh_credentials(void **state)
{
	static const struct fake_response responses[] = {
		REFUSED("ExpiredTokenException")};
	struct fixture *fixture = *state;

	set_keys(fixture, "AKIDONE", "one");
	assert_lists(fixture, empty_response, 1);
	set_keys(fixture, "AKIDTWO", NULL);
	assert_int_equal(list(fixture, responses, 1), -EACCES);
	assert_contains(fixture->error.text, "the service refused the credentials of ");
	assert_contains(fixture->error.text,
			"and there are no new ones: incomplete key pair");
	assert_int_equal(fixture->service.asked, 1);
}

static const struct fake_response throttled_page[] = {
	{200, "{\"Connections\":[{}],\"Marker\":\"m1\"}", NULL},
	{400, "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}",
	 NULL},
	{0, "no network", NULL},
	{200, "{\"Connections\":[{}],\"Marker\":\"m2\"}", NULL},
	{200, "{\"Connections\":[{\"Status\":\"last\"}]}", NULL},
};

static void goes_on_with_the_page_that_was_throttled(void **state)
{
	static const char *const bodies[] = {
		"{\"MaxRecords\":100}",
		"{\"MaxRecords\":100,\"Marker\":\"m1\"}",
		"{\"MaxRecords\":100,\"Marker\":\"m1\"}",
		"{\"MaxRecords\":100,\"Marker\":\"m1\"}",
		"{\"MaxRecords\":100,\"Marker\":\"m2\"}",
	};
	struct fixture *fixture = *state;

	assert_lists(fixture, throttled_page, COUNT(throttled_page));
	assert_int_equal(fixture->listing.count, 3);
	for (size_t i = 0; i < COUNT(bodies); i++)
		assert_string_equal(fixture->service.requests[i].body, bodies[i]);
	assert_int_equal(fixture->sleeps, 2);
	assert_int_equal(fixture->slept_ns[0], 500 * NS_PER_MS);
	assert_int_equal(fixture->slept_ns[1], 50 * NS_PER_MS);
	/* Spent 5 and 14; the page gave the 14 back and the last one 1 more. */
	assert_int_equal(fixture->client.retry.tokens, 496);
}

static void gives_up_when_the_program_stops_while_it_waits(void **state)
{
	struct fixture *fixture = *state;

	fixture->sleep_result = -ECANCELED;
	assert_fails(fixture, throttled_page, 2, ERROR_CANCELED,
		     "page 2: the wait for another attempt was canceled");
}

#define SKEWED \
	"{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired\"}"
#define SERVICE_DATE "Date: Mon, 23 Nov 2026 14:19:57 GMT\r\n"

static void corrects_a_clock_that_is_off_by_one_attempt(void **state)
{
	static const struct {
		int64_t ahead_s;
		const char *signed_at;
	} rows[] = {
		{600, "20261123T142957Z"},
		{-600, "20261123T140957Z"},
		{10800, "20261123T171957Z"},
		{-10800, "20261123T111957Z"},
	};
	static const struct fake_response responses[] = {
		{403, SKEWED, SERVICE_DATE},
		{200, "{\"Connections\":[{}],\"Marker\":\"m\"}", SERVICE_DATE},
		{200, "{\"Connections\":[{}]}", SERVICE_DATE},
	};
	struct fixture *fixture = *state;

	open_dms(fixture);
	for (size_t i = 0; i < COUNT(rows); i++) {
		fixture->ahead_s = rows[i].ahead_s;
		fixture->client.skew.offset_s = 0;
		assert_lists(fixture, responses, 3);
		assert_string_equal(
			fake_service_header(&fixture->service, 0, "X-Amz-Date"),
			rows[i].signed_at);
		assert_string_equal(
			fake_service_header(&fixture->service, 1, "X-Amz-Date"),
			"20261123T141957Z");
		/* No further attempt, from here on. */
		assert_lists(fixture, responses + 1, 2);
		assert_string_equal(
			fake_service_header(&fixture->service, 0, "X-Amz-Date"),
			"20261123T141957Z");
	}
	assert_int_equal(fixture->sleeps, 0);
	assert_int_equal(fixture->client.retry.tokens, 500);
}

static void corrects_the_clock_once_for_a_request(void **state)
{
	static const struct fake_response responses[] = {
		{403, SKEWED, SERVICE_DATE},
		{403, SKEWED, "Date: Mon, 23 Nov 2026 16:19:57 GMT\r\n"},
	};
	struct fixture *fixture = *state;

	fixture->ahead_s = 600;
	assert_fails(fixture, responses, 2, ERROR_SERVICE, "Signature expired");
}

static void count_page(void *data, size_t pages, size_t connections)
{
	char *seen = data;
	size_t used = strlen(seen);

	snprintf(seen + used, 64 - used, "%zu:%zu ", pages, connections);
}

static void follows_the_markers_to_the_end(void **state)
{
	static const struct fake_response responses[] = {
		{200, "{\"Connections\":[{},{}],\"Marker\":\"m\\\\1\"}", NULL},
		{200, "{\"Connections\":[],\"Marker\":\"m2\"}", NULL},
		{200, "{\"Connections\":[{\"Status\":\"last\"}],\"Marker\":\"\"}",
		 NULL},
	};
	struct fixture *fixture = *state;
	char seen[64] = "";
	const struct dms_progress progress = {.page = count_page, .data = seen};

	open_dms(fixture);
	fixture->service.responses = responses;
	fixture->service.response_count = COUNT(responses);
	assert_int_equal(dms_list_connections(&fixture->dms, NULL, NULL, &progress,
					      &fixture->listing, &fixture->error),
			 0);
	assert_int_equal(fixture->listing.count, 3);
	assert_string_equal(
		page_at(fixture->listing.pages[2], 0)->field[CONNECTION_STATUS],
		"last");
	assert_string_equal(seen, "1:2 2:2 3:3 ");
	assert_string_equal(fixture->service.requests[0].body, "{\"MaxRecords\":100}");
	assert_string_equal(fixture->service.requests[1].body,
			    "{\"MaxRecords\":100,\"Marker\":\"m\\\\1\"}");
	assert_string_equal(fixture->service.requests[2].body,
			    "{\"MaxRecords\":100,\"Marker\":\"m2\"}");
}

/* A page is stored while the next one is awaited, or else once that is there; but
 * nobody is asked for more before a page is known to be good. */
static void stores_a_page_whenever_there_is_time(void **state)
{
	static const struct fake_response responses[] = {
		{200, "{\"Connections\":[{},{}],\"Marker\":\"m1\"}", NULL},
		{500, "{}", NULL},
		{200, "{\"Connections\":[{\"Status\":\"x\"}],\"Marker\":\"m2\"}", NULL},
		{200, "{\"Connections\":[{\"Status\":7}],\"Marker\":\"m3\"}", NULL},
	};
	struct fixture *fixture = *state;

	for (int i = 0; i < 2; i++) {
		char seen[64] = "";
		const struct dms_progress progress = {.page = count_page, .data = seen};

		if (!fixture->chain)
			open_dms(fixture);
		fixture->service.is_idle_unused = i == 1;
		fixture->service.responses = responses;
		fixture->service.response_count = COUNT(responses);
		fixture->service.asked = 0;
		fixture->sleeps = 0;
		assert_int_equal(dms_list_connections(&fixture->dms, NULL, NULL,
						      &progress, &fixture->listing,
						      &fixture->error),
				 -EBADMSG);
		assert_string_equal(
			fixture->error.text,
			"page 3: Connections[0].Status is a number, not a string");
		assert_string_equal(seen, "1:2 2:3 ");
		assert_int_equal(fixture->service.asked, COUNT(responses));
		assert_null(fixture->listing.pages);
	}
}

static void refuses_a_marker_that_comes_again(void **state)
{
	static const struct fake_response responses[] = {
		{200, "{\"Connections\":[],\"Marker\":\"a\"}", NULL},
		{200, "{\"Connections\":[],\"Marker\":\"b\"}", NULL},
		{200, "{\"Connections\":[],\"Marker\":\"a\"}", NULL},
	};

	assert_fails(*state, responses, 3, ERROR_RESPONSE,
		     "page 3: the service repeats the marker \"a\" of an earlier page");
}

static void write_endless_page(size_t index, char *body, size_t size)
{
	snprintf(body, size, "{\"Connections\":[],\"Marker\":\"marker %zu\"}", index);
}

static void ends_a_listing_that_has_no_end(void **state)
{
	struct fixture *fixture = *state;

	fixture->service.write = write_endless_page;
	assert_fails(fixture, NULL, PAGER_PAGES_MAX, ERROR_RESPONSE,
		     "page 100000: the listing continues after 100000 pages");
}

/* A second a page. */
static void ends_a_listing_that_takes_too_long(void **state)
{
	struct fixture *fixture = *state;

	open_dms(fixture);
	fixture->service.write = write_endless_page;
	fixture->dms.deadline_ns = 600 * NS_PER_S;
	assert_fails(fixture, NULL, 600, ERROR_TIMEOUT,
		     "page 600: the listing takes too long and has no end yet");
}

#define PAGE_1 "{\"Connections\":[{\"Status\":\"1\"}],\"Marker\":\"m1\"}"
#define PAGE_3 "{\"Connections\":[{\"Status\":\"3\"}]}"

static const struct fake_response three_pages[] = {
	{200, PAGE_1, NULL},
	{200, "{\"Connections\":[{\"Status\":\"2\"}],\"Marker\":\"m2\"}", NULL},
	{200, PAGE_3, NULL},
};

static bool is_same_page(const struct listing *a, const struct listing *b, size_t i)
{
	return a->pages && b->pages && a->pages[i] == b->pages[i];
}

static void takes_pages_it_knows_for_what_they_are(void **state)
{
	static const struct fake_response changed[] = {
		{200, PAGE_1, NULL},
		{200, "{\"Connections\":[{\"Status\":\"x\"}],\"Marker\":\"m2\"}", NULL},
		{200, PAGE_3, NULL},
	};
	struct fixture *fixture = *state;
	struct listing known;

	assert_lists(fixture, three_pages, COUNT(three_pages));
	known = fixture->listing;
	fixture->listing = (struct listing){0};
	fixture->service.responses = changed;
	fixture->service.asked = 0;
	assert_int_equal(dms_list_connections(&fixture->dms, NULL, &known, NULL,
					      &fixture->listing, &fixture->error),
			 0);
	assert_int_equal(fixture->service.asked, 3);
	assert_int_equal(fixture->listing.count, 3);
	assert_true(is_same_page(&fixture->listing, &known, 0));
	assert_false(is_same_page(&fixture->listing, &known, 1));
	assert_true(is_same_page(&fixture->listing, &known, 2));
	assert_true(
		fixture->listing.pages &&
		!strcmp(page_at(fixture->listing.pages[1], 0)->field[CONNECTION_STATUS],
			"x"));
	listing_fini(&known);
}

static void names_the_page_that_cannot_be_read(void **state)
{
	static const struct fake_response responses[] = {
		{200, PAGE_1, NULL},
		{200, "{\"Connections\":7,\"Marker\":\"m2\"}",
		 "x-amzn-RequestId: 6f2c-2\r\n"},
	};
	struct fixture *fixture = *state;

	assert_int_equal(list(fixture, responses, 2), -EBADMSG);
	assert_string_equal(fixture->error.text,
			    "page 2: Connections is a number, not a list");
	assert_string_equal(fixture->error.request_id, "6f2c-2");
	assert_null(fixture->listing.pages);
}

static void takes_nothing_found_for_an_empty_listing(void **state)
{
	static const struct fake_response responses[] = {
		{400,
		 "{\"__type\":\"ResourceNotFoundFault\",\"message\":\"No Connections "
		 "found matching provided filters\"}",
		 NULL}};
	struct fixture *fixture = *state;

	assert_lists(fixture, responses, 1);
	assert_int_equal(fixture->listing.count, 0);
	assert_int_equal(fixture->error.kind, ERROR_NONE);
	assert_string_equal(fixture->error.code, "");
}

static void fails_when_a_later_page_is_not_found(void **state)
{
	static const struct fake_response responses[] = {
		{200, "{\"Connections\":[{}],\"Marker\":\"m\"}", NULL},
		{400, "{\"__type\":\"ResourceNotFoundFault\",\"message\":\"gone\"}",
		 NULL},
	};

	assert_fails(*state, responses, 2, ERROR_SERVICE, "page 2: gone");
}

static void names_the_page_that_failed(void **state)
{
	static const struct fake_response later[] = {
		{200, "{\"Connections\":[{}],\"Marker\":\"m\"}", NULL},
		{0, "dms.us-east-1.amazonaws.com: no route", NULL},
		{0, "dms.us-east-1.amazonaws.com: reset", NULL},
		{0, "dms.us-east-1.amazonaws.com: connection refused", NULL},
	};
	const struct fake_response *first = later + 1;

	assert_fails(*state, later, 4, ERROR_NETWORK,
		     "page 2: dms.us-east-1.amazonaws.com: connection refused");
	assert_fails(*state, first, 3, ERROR_NETWORK,
		     "dms.us-east-1.amazonaws.com: connection refused");
}

static const struct {
	struct fake_response response;
	enum error_kind kind;
	const char *text;
	const char *code;
	const char *request_id;
} errors[] = {
	{{400, "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}",
	  "x-amzn-RequestId: 6f2c-1\r\n"},
	 ERROR_SERVICE,
	 "Rate exceeded",
	 "ThrottlingException",
	 "6f2c-1"},
	{{400, "{\"__type\":\"com.amazonaws#InvalidX:http://y\",\"Message\":\"m\"}",
	  "X-Amz-Request-Id: 7\r\nX-Amzn-ErrorType: Other\r\n"},
	 ERROR_SERVICE,
	 "m",
	 "InvalidX",
	 "7"},
	{{400, "{\"message\":\"m\"}",
	  "x-amzn-ErrorType: a#InternalFailure:http://y\r\n"},
	 ERROR_SERVICE,
	 "m",
	 "InternalFailure",
	 ""},
	{{503, "", "x-amzn-ErrorType: ServiceUnavailable\r\n"},
	 ERROR_SERVICE,
	 "HTTP status 503, and the response is empty",
	 "ServiceUnavailable",
	 ""},
	{{500, "{\"__type\":7,\"message\":null}", NULL},
	 ERROR_SERVICE,
	 "HTTP status 500 without a message",
	 "",
	 ""},
	{{400,
	  "{\"__type\":\"AccessDeniedException\",\"Message\":\"User: u is not "
	  "authorized\"}",
	  NULL},
	 ERROR_SERVICE,
	 "User: u is not authorized; the identity needs the permission "
	 "dms:DescribeConnections",
	 "AccessDeniedException",
	 ""},
	{{500, "[{}]", NULL},
	 ERROR_SERVICE,
	 "HTTP status 500 without a message",
	 "",
	 ""},
	/* As gateways in front of the service refuse. */
	{{403, "{\"message\":\"Forbidden\"}", NULL},
	 ERROR_SERVICE,
	 "Forbidden (HTTP status 403)",
	 "",
	 ""},
	{{429, "{\"Message\":\"Too many\",\"__type\":null}", NULL},
	 ERROR_SERVICE,
	 "Too many (HTTP status 429)",
	 "",
	 ""},
	{{403, "{\"message\":\"Forbidden\"}",
	  "x-amzn-ErrorType: ForbiddenException:\r\n"},
	 ERROR_SERVICE,
	 "Forbidden",
	 "ForbiddenException",
	 ""},
	{{400, "{\"__type\":\"AccessDeniedFault\"}", NULL},
	 ERROR_SERVICE,
	 "not allowed; the identity needs the permission dms:DescribeConnections",
	 "AccessDeniedFault",
	 ""},
	{{403,
	  "{\"__type\":\"InvalidSignatureException\",\"message\":\"It does not "
	  "match.\\n\\nThe Canonical String for this request should have been\\n"
	  "x-amz-security-token:SECRET\"}",
	  NULL},
	 ERROR_SERVICE,
	 "It does not match.",
	 "InvalidSignatureException",
	 ""},
	{{502, "<html>\n<title>Bad gateway</title>", NULL},
	 ERROR_SERVICE,
	 "HTTP status 502, and the response is not JSON: it begins with \"<html> "
	 "<title>Bad gateway</title>\"",
	 "",
	 ""},
	{{400, "{\"__type\":\"A\\nB: \\u001b[2J\",\"message\":\"a\\nb\\u001b[2J\"}",
	  "x-amzn-RequestId: 1\x1B[2J\r\n"},
	 ERROR_SERVICE,
	 "a\\x0Ab\\x1B[2J",
	 "A?B",
	 "1?[2J"},
	{{301, "", "Location: https://elsewhere.example/\r\n"},
	 ERROR_RESPONSE,
	 "page 1: HTTP status 301 redirects to https://elsewhere.example/, which dmsfs "
	 "does not follow; is the endpoint URL right?",
	 "",
	 ""},
	{{200, "{\"Connection\":[]}", "x-amzn-RequestId: 6f2c-1\r\n"},
	 ERROR_RESPONSE,
	 "page 1: the response has no Connections",
	 "",
	 "6f2c-1"},
	{{204, "", NULL}, ERROR_RESPONSE, "page 1: the response is empty", "", ""},
	{{200, "\x1F\x8B\x08packed", "Content-Encoding: gzip\r\n"},
	 ERROR_RESPONSE,
	 "page 1: the response is packed (gzip), although dmsfs did not ask for that; "
	 "a "
	 "proxy or a gateway on the way may do so",
	 "",
	 ""},
	{{200, "\x1F\x8B\x08packed", NULL},
	 ERROR_RESPONSE,
	 "page 1: the response is packed (gzip), although dmsfs did not ask for that; "
	 "a "
	 "proxy or a gateway on the way may do so",
	 "",
	 ""},
	{{200, "\x28\xB5\x2F\xFDpacked", "content-encoding: zstd\r\n"},
	 ERROR_RESPONSE,
	 "page 1: the response is packed (zstd), although dmsfs did not ask for that; "
	 "a "
	 "proxy or a gateway on the way may do so",
	 "",
	 ""},
	{{503, "\x1F\x8B\x08packed", "Content-Encoding: gzip\r\n"},
	 ERROR_SERVICE,
	 "HTTP status 503, and the response is packed (gzip)",
	 "",
	 ""},
	/* What is text is none the worse for a wrong word. */
	{{200, "{\"Connection\":[]}", "Content-Encoding: gzip\r\n"},
	 ERROR_RESPONSE,
	 "page 1: the response has no Connections",
	 "",
	 ""},
};

static void says_what_the_service_answered(void **state)
{
	struct fixture *fixture = *state;

	open_dms(fixture);
	fixture->client.retry.settings.max_attempts = 1;
	for (size_t i = 0; i < COUNT(errors); i++) {
		assert_fails(fixture, &errors[i].response, 1, errors[i].kind,
			     errors[i].text);
		assert_string_equal(fixture->error.code, errors[i].code);
		assert_string_equal(fixture->error.request_id, errors[i].request_id);
		assert_int_equal(fixture->error.http_status, errors[i].response.status);
	}
}

/* As of each other service, in tests/unit/credentials/test_secrecy.c. */
static void tells_no_secret_that_a_refusal_quotes(void **state)
{
	static const struct fake_response refused[] = {
		{403,
		 "{\"__type\":\"SignatureDoesNotMatch\",\"message\":\"The Canonical "
		 "String is 'x-amz-security-token:FwoGZXIv\\/+=hidden'\"}",
		 NULL},
		{403, "{\"message\":\"FwoGZXIv\\u002f+=hidden is no good\"}", NULL},
		{403, "{\"message\":\"key " SECRET "\"}", NULL},
		{403, "no JSON: FwoGZXIv/+=hidden", NULL},
		{403, "{}", "x-amzn-ErrorType: FwoGZXIv/+=hidden\r\n"},
		{302, "", "Location: /FwoGZXIv/+=hidden\r\n"},
	};
	struct fixture *fixture = *state;

	aws_setup_env(fixture->setup, "AWS_SESSION_TOKEN", "FwoGZXIv/+=hidden");
	open_dms(fixture);
	for (size_t i = 0; i < COUNT(refused); i++) {
		char shown[2048];

		assert_int_not_equal(list(fixture, &refused[i], 1), 0);
		error_format(&fixture->error, shown, sizeof(shown));
		if (strstr(shown, "hidden") || strstr(shown, SECRET))
			fail_msg("%zu: %s", i, shown);
	}
}

#define DMS_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DMS_TEST(asks_in_the_words_of_the_api),
		DMS_TEST(signs_with_lasting_credentials),
		DMS_TEST(signs_with_temporary_credentials),
		DMS_TEST(asks_by_both_filters),
		DMS_TEST(asks_nobody_without_credentials),
		DMS_TEST(asks_again_at_once_with_fresh_credentials),
		DMS_TEST(goes_on_from_the_page_whose_credentials_expired),
		DMS_TEST(asks_no_more_with_credentials_that_stay_the_same),
		DMS_TEST(asks_with_fresh_credentials_once),
		DMS_TEST(says_why_there_are_no_fresh_credentials),
		DMS_TEST(goes_on_with_the_page_that_was_throttled),
		DMS_TEST(gives_up_when_the_program_stops_while_it_waits),
		DMS_TEST(corrects_a_clock_that_is_off_by_one_attempt),
		DMS_TEST(corrects_the_clock_once_for_a_request),
		DMS_TEST(follows_the_markers_to_the_end),
		DMS_TEST(stores_a_page_whenever_there_is_time),
		DMS_TEST(refuses_a_marker_that_comes_again),
		DMS_TEST(ends_a_listing_that_has_no_end),
		DMS_TEST(ends_a_listing_that_takes_too_long),
		DMS_TEST(takes_pages_it_knows_for_what_they_are),
		DMS_TEST(names_the_page_that_cannot_be_read),
		DMS_TEST(takes_nothing_found_for_an_empty_listing),
		DMS_TEST(fails_when_a_later_page_is_not_found),
		DMS_TEST(names_the_page_that_failed),
		DMS_TEST(says_what_the_service_answered),
		DMS_TEST(tells_no_secret_that_a_refusal_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
