#include <errno.h>

#include "src/dms/connection_command.h"
#include "tests/unit/aws_setup.h"
#include "tests/unit/fake_service.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RECORD(more)                                                             \
	"{\"Connection\":{\"EndpointArn\":\"arn:e\",\"ReplicationInstanceArn\":" \
	"\"arn:i\",\"Status\":\"testing\"" more "}}"

static const struct connection pair = {
	.field = {[CONNECTION_ENDPOINT_ARN] = "arn:e",
		  [CONNECTION_REPLICATION_INSTANCE_ARN] = "arn:i",
		  [CONNECTION_ENDPOINT_IDENTIFIER] = "e",
		  [CONNECTION_REPLICATION_INSTANCE_IDENTIFIER] = "i"}};

struct fixture {
	struct aws_setup *setup;
	struct fake_service service;
	struct credentials_chain *chain;
	struct call_client client;
	struct dms dms;
	struct page *page;
	char *arn;
	struct error error;
};

static int set_up(void **state)
{
	const struct retry_settings settings = {RETRY_STANDARD, 3};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct credentials_options credentials = {.client = &fixture->client};
	void *setup = NULL;

	assert_non_null(fixture);
	aws_setup_make(&setup);
	fixture->setup = setup;
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", "secret");
	assert_int_equal(call_client_init(&fixture->client, &settings, &fake_clock), 0);
	aws_setup_require(fixture->setup, NULL, "us-east-1");
	credentials.profile = fixture->setup->profile;
	credentials.transport = fake_service_transport(&fixture->service);
	assert_int_equal(credentials_chain_new(&credentials, &fixture->chain), 0);
	fixture->dms = (struct dms){
		.transport = fake_service_transport(&fixture->service),
		.chain = fixture->chain,
		.client = &fixture->client,
		.endpoint = {.url = "https://h",
			     .host = "h",
			     .region = "us-east-1",
			     .path = "/"},
		.max_records = 100,
	};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	void *setup = fixture->setup;

	page_unref(fixture->page);
	free(fixture->arn);
	credentials_chain_free(fixture->chain);
	call_client_fini(&fixture->client);
	free(fixture);
	return aws_setup_remove(&setup);
}

static void respond(struct fixture *fixture, const struct fake_response *responses,
		    size_t count)
{
	fixture->service.responses = responses;
	fixture->service.response_count = count;
	fixture->service.asked = 0;
}

static int send_one(struct fixture *fixture, enum dms_command command, int status,
		    const char *body)
{
	const struct fake_response response = {status, body,
					       "x-amzn-RequestId: id-7\r\n"};

	respond(fixture, &response, 1);
	page_unref(fixture->page);
	fixture->page = NULL;
	fixture->error = (struct error){0};
	return dms_command_send(&fixture->dms, command, &pair, &fixture->page,
				&fixture->error);
}

static void sends_both_arns_and_takes_the_record(void **state)
{
	struct fixture *fixture = *state;
	const struct connection *record;

	assert_int_equal(
		send_one(fixture, DMS_COMMAND_TEST, 200,
			 RECORD(",\"EndpointIdentifier\":\"E\",\"LastFailureMessage\":"
				"\"a\\nb\",\"New\":[1]")),
		0);
	assert_string_equal(fixture->service.requests[0].body,
			    "{\"ReplicationInstanceArn\":\"arn:i\","
			    "\"EndpointArn\":\"arn:e\"}");
	assert_string_equal(fake_service_header(&fixture->service, 0, "x-amz-target"),
			    "AmazonDMSv20160101.TestConnection");
	assert_int_equal(page_count(fixture->page), 1);
	record = page_at(fixture->page, 0);
	assert_string_equal(record->field[CONNECTION_STATUS], "testing");
	assert_string_equal(record->field[CONNECTION_ENDPOINT_IDENTIFIER], "E");
	assert_string_equal(record->field[CONNECTION_LAST_FAILURE_MESSAGE], "a\nb");
	/* It was left out, and the path must stay. */
	assert_string_equal(record->field[CONNECTION_REPLICATION_INSTANCE_IDENTIFIER],
			    "i");
	assert_string_equal(fixture->error.request_id, "id-7");
	assert_string_equal(fixture->error.text, "");
	assert_int_equal(send_one(fixture, DMS_COMMAND_DELETE, 200, RECORD("")), 0);
	assert_string_equal(fake_service_header(&fixture->service, 0, "x-amz-target"),
			    "AmazonDMSv20160101.DeleteConnection");
}

static void says_what_is_wrong_with_the_response(void **state)
{
	static const struct {
		const char *body;
		const char *reason;
	} rows[] = {
		{"<html>", "not JSON"},
		{"{}", "has no Connection"},
		{"{\"Connection\":null}", "Connection is null, not an object"},
		{"{\"Connection\":{\"Status\":1}}",
		 "Connection.Status is a number, not a string"},
		{"{\"Connection\":{\"EndpointArn\":\"arn:x\","
		 "\"ReplicationInstanceArn\":"
		 "\"arn:i\"}}",
		 "about another connection"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(send_one(fixture, DMS_COMMAND_TEST, 200, rows[i].body),
				 -EBADMSG);
		assert_contains(fixture->error.text, rows[i].reason);
		assert_string_equal(fixture->error.request_id, "id-7");
		assert_null(fixture->page);
		assert_false(dms_command_did_nothing(&fixture->error));
	}
}

static void knows_when_nothing_was_done(void **state)
{
	static const struct {
		const char *body;
		int status;
		bool did_nothing;
	} rows[] = {
		{"{\"__type\":\"InvalidResourceStateFault\"}", 400, true},
		{"{\"message\":\"Forbidden\"}", 403, true},
		{"{\"__type\":\"InternalFailure\"}", 500, false},
		{"<html>", 503, false},
		{"", 302, false},
		{"the connection was lost", 0, false},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(send_one(fixture, DMS_COMMAND_DELETE, rows[i].status,
				     rows[i].body) < 0);
		assert_int_equal(fixture->service.asked, 1);
		if (dms_command_did_nothing(&fixture->error) != rows[i].did_nothing)
			fail_msg("status %d: %s", rows[i].status, rows[i].body);
	}
}

static void sends_nothing_without_credentials(void **state)
{
	struct fixture *fixture = *state;

	aws_setup_env(fixture->setup, "AWS_ACCESS_KEY_ID", "");
	aws_setup_env(fixture->setup, "AWS_SECRET_ACCESS_KEY", "");
	aws_setup_env(fixture->setup, "AWS_EC2_METADATA_DISABLED", "true");
	assert_int_equal(send_one(fixture, DMS_COMMAND_TEST, 200, RECORD("")), -EACCES);
	assert_int_equal(fixture->service.asked, 0);
	assert_true(dms_command_did_nothing(&fixture->error));
}

static int find(struct fixture *fixture, enum dms_thing thing, const char *identifier)
{
	free(fixture->arn);
	fixture->arn = NULL;
	fixture->error = (struct error){0};
	return dms_find_arn(&fixture->dms, thing, identifier, &fixture->arn,
			    &fixture->error);
}

static void finds_the_arn_of_a_name(void **state)
{
	static const struct fake_response endpoints[] = {
		{200,
		 "{\"Endpoints\":[{},{\"EndpointIdentifier\":\"other\",\"EndpointArn\":"
		 "\"arn:o\"}],\"Marker\":\"m\"}",
		 NULL},
		{200,
		 "{\"Endpoints\":[{\"EndpointIdentifier\":\"mine\",\"EndpointArn\":"
		 "\"arn:m\"},{\"EndpointIdentifier\":\"mine\",\"EndpointArn\":\"arn:"
		 "n\"}"
		 "],\"Marker\":\"more\"}",
		 NULL},
	};
	static const struct fake_response instances[] = {
		{200,
		 "{\"ReplicationInstances\":[{\"ReplicationInstanceIdentifier\":\"i\","
		 "\"ReplicationInstanceArn\":\"arn:i\"}]}",
		 NULL}};
	struct fixture *fixture = *state;

	respond(fixture, endpoints, 2);
	assert_int_equal(find(fixture, DMS_THING_ENDPOINT, "mine"), 0);
	assert_string_equal(fixture->arn, "arn:m");
	assert_string_equal(fixture->service.requests[0].body,
			    "{\"Filters\":[{\"Name\":\"endpoint-id\",\"Values\":"
			    "[\"mine\"]}],\"MaxRecords\":100}");
	assert_string_equal(fake_service_header(&fixture->service, 0, "x-amz-target"),
			    "AmazonDMSv20160101.DescribeEndpoints");
	respond(fixture, instances, 1);
	assert_int_equal(find(fixture, DMS_THING_INSTANCE, "i"), 0);
	assert_string_equal(fixture->arn, "arn:i");
	assert_contains(fixture->service.requests[0].body, "replication-instance-id");
}

static void tells_a_name_of_nothing_from_a_failure(void **state)
{
	static const struct fake_response empty = {200, "{\"Endpoints\":[]}", NULL};
	static const struct fake_response fault = {
		400, "{\"__type\":\"ResourceNotFoundFault\"}", NULL};
	static const struct fake_response denied = {
		400, "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}", NULL};
	static const struct fake_response broken = {200, "{\"Endpoints\":7}", NULL};
	struct fixture *fixture = *state;

	respond(fixture, &empty, 1);
	assert_int_equal(find(fixture, DMS_THING_ENDPOINT, "x"), 0);
	assert_null(fixture->arn);
	respond(fixture, &fault, 1);
	assert_int_equal(find(fixture, DMS_THING_ENDPOINT, "x"), 0);
	assert_null(fixture->arn);
	assert_int_equal(fixture->error.kind, ERROR_NONE);
	respond(fixture, &denied, 1);
	assert_int_equal(find(fixture, DMS_THING_ENDPOINT, "x"), -EREMOTEIO);
	assert_contains(fixture->error.text, "dms:DescribeEndpoints");
	respond(fixture, &broken, 1);
	assert_int_equal(find(fixture, DMS_THING_ENDPOINT, "x"), -EBADMSG);
	assert_contains(fixture->error.text, "Endpoints is a number, not a list");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(sends_both_arns_and_takes_the_record),
		TEST(says_what_is_wrong_with_the_response),
		TEST(knows_when_nothing_was_done),
		TEST(sends_nothing_without_credentials),
		TEST(finds_the_arn_of_a_name),
		TEST(tells_a_name_of_nothing_from_a_failure),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
