#include <errno.h>
#include <pthread.h>

#include "aws_setup.h"
#include "fake_service.h"
#include "http_server.h"
#include "src/fetcher.h"

struct fixture {
	struct aws_setup *setup;
	struct fake_service service;
	struct fetcher_options options;
	struct fetcher *fetcher;
	struct error error;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *setup = NULL;

	assert_non_null(fixture);
	aws_setup_make(&setup);
	fixture->setup = setup;
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", "secret");
	/* What fails here fails at once. */
	aws_setup_env(setup, "AWS_MAX_ATTEMPTS", "1");
	fixture->options = (struct fetcher_options){
		.region = "eu-west-3",
		.max_records = 20,
		.connect_timeout_ms = 10000,
		.read_timeout_ms = 30000,
		.clock = fake_clock,
		.transport = fake_service_transport(&fixture->service),
		.getenv = aws_setup_getenv,
		.getenv_data = setup,
	};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	void *setup = fixture->setup;

	fetcher_free(fixture->fetcher);
	free(fixture);
	return aws_setup_remove(&setup);
}

static void open_fetcher(struct fixture *fixture)
{
	int err = fetcher_new(&fixture->options, &fixture->fetcher, &fixture->error);

	assert_string_equal(fixture->error.text, "");
	assert_int_equal(err, 0);
}

static void answer_with(struct fixture *fixture, const struct fake_answer *answers,
			size_t count)
{
	fixture->service.answers = answers;
	fixture->service.answer_count = count;
	fixture->service.asked = 0;
}

static const struct fake_answer two_pages[] = {
	{200,
	 "{\"Connections\":[{\"ReplicationInstanceIdentifier\":\"rep\","
	 "\"EndpointIdentifier\":\"b\"},{\"Status\":\"failed\"}],\"Marker\":\"m\"}",
	 NULL},
	{200,
	 "{\"Connections\":[{\"ReplicationInstanceIdentifier\":\"rep\","
	 "\"EndpointIdentifier\":\"a\",\"EndpointArn\":\"arn:a\"}]}",
	 NULL},
};

static const struct fake_answer failure[] = {{0, "no network", NULL}};

static void makes_a_snapshot_of_all_pages(void **state)
{
	static const char *const arns[] = {"arn:a"};
	struct fixture *fixture = *state;
	struct fetcher_statistics statistics;
	struct snapshot *snapshot;

	fixture->options.filters = (struct dms_filters){arns, 1, NULL, 0};
	open_fetcher(fixture);
	assert_null(fetcher_snapshot(fixture->fetcher));
	answer_with(fixture, two_pages, 2);
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 0);
	snapshot = fetcher_snapshot(fixture->fetcher);
	statistics = fetcher_statistics(fixture->fetcher);
	assert_int_equal(snapshot_count(snapshot), 2);
	assert_string_equal(snapshot_at(snapshot, 0)->endpoint, "a");
	assert_string_equal(snapshot_at(snapshot, 1)->endpoint, "b");
	assert_int_equal(statistics.pages, 2);
	assert_int_equal(statistics.skipped, 1);
	assert_string_equal(fixture->service.requests[1].body,
			    "{\"Filters\":[{\"Name\":\"endpoint-arn\",\"Values\":["
			    "\"arn:a\"]}],\"MaxRecords\":20,\"Marker\":\"m\"}");
	snapshot_unref(snapshot);
}

static void keeps_the_last_listing_when_one_fails(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *before;
	struct snapshot *after;

	open_fetcher(fixture);
	answer_with(fixture, two_pages, 2);
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 0);
	before = fetcher_snapshot(fixture->fetcher);
	answer_with(fixture, failure, 1);
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 -ENOTCONN);
	assert_string_equal(fixture->error.text, "no network");
	after = fetcher_snapshot(fixture->fetcher);
	assert_ptr_equal(before, after);
	assert_int_equal(fetcher_statistics(fixture->fetcher).pages, 2);
	snapshot_unref(before);
	snapshot_unref(after);
}

static void hands_out_snapshots_that_outlive_it(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *snapshot;

	open_fetcher(fixture);
	answer_with(fixture, two_pages, 2);
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 0);
	snapshot = fetcher_snapshot(fixture->fetcher);
	fetcher_free(fixture->fetcher);
	fixture->fetcher = NULL;
	assert_string_equal(snapshot_at(snapshot, 0)->instance, "rep");
	snapshot_unref(snapshot);
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
	aws_setup_env(fixture->setup, "AWS_CA_BUNDLE", "/nonexistent/ca.pem");
	assert_int_equal(
		fetcher_new(&fixture->options, &fixture->fetcher, &fixture->error),
		-EINVAL);
	assert_contains(fixture->error.text, "/nonexistent/ca.pem");
	assert_null(fixture->fetcher);
}

/* --- over libcurl --- */

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

	aws_setup_env(fixture->setup, "AWS_SDK_UA_APP_ID", "my app/1");
	server = open_real(fixture, &(struct http_server_script){
					    .answer = "HTTP/1.1 200 OK\r\n"
						      "Content-Length: 18\r\n\r\n"
						      "{\"Connections\":[]}"});
	assert_int_equal(fetcher_list_first(fixture->fetcher, NULL, &fixture->error),
			 0);
	seen = http_server_last_request(server);
	assert_memory_equal(seen, "POST / HTTP/1.1\r\n", 17);
	assert_non_null(strstr(seen, "\r\nUser-Agent: dmsfs/" DMSFS_VERSION
				     " app/my-app-1\r\n"));
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

#define FETCHER_TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FETCHER_TEST(makes_a_snapshot_of_all_pages),
		FETCHER_TEST(keeps_the_last_listing_when_one_fails),
		FETCHER_TEST(hands_out_snapshots_that_outlive_it),
		FETCHER_TEST(says_whom_it_asks),
		FETCHER_TEST(fails_early_when_the_set_up_is_wrong),
		FETCHER_TEST(names_itself_to_the_service),
		FETCHER_TEST(ends_a_listing_under_way_when_canceled),
	};

	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
