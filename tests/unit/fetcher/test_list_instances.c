/*
 * What DescribeReplicationInstances may answer.
 */
#include <errno.h>

#include "src/fetcher/client.h"
#include "src/fetcher/fetcher.h"
#include "tests/unit/aws_setup.h"
#include "tests/unit/fake_service.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Asks a service that answers by this list. */
static int list(struct aws_setup *setup, struct fake_service *fake,
		struct dms_instances *instances)
{
	const struct fetcher_options options = {
		.region = "eu-west-3",
		.max_records = 100,
		.clock = fake_clock,
		.transport = fake_service_transport(fake),
		.environment = {aws_setup_getenv, setup},
	};
	struct client *client = NULL;
	int rc;

	setup->error = (struct error){0};
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", "secret");
	aws_setup_env(setup, "AWS_MAX_ATTEMPTS", "1");
	assert_int_equal(client_new(&options, &client, &setup->error), 0);
	rc = client_list_instances(client, instances, &setup->error);
	client_free(client);
	return rc;
}

static void follows_the_markers_to_the_last_instance(void **state)
{
	static const struct fake_response responses[] = {
		{200,
		 "{\"ReplicationInstances\":[{\"ReplicationInstanceArn\":\"arn:a\"},"
		 "{\"ReplicationInstanceArn\":\"arn:b\"}],\"Marker\":\"m\"}",
		 NULL},
		{200,
		 "{\"ReplicationInstances\":[{\"ReplicationInstanceArn\":\"arn:c\"}]}",
		 NULL},
	};
	struct fake_service fake = {.responses = responses, .response_count = 2};
	struct dms_instances instances = {0};

	assert_int_equal(list(*state, &fake, &instances), 0);
	assert_int_equal(instances.count, 3);
	assert_string_equal(instances.arns[0], "arn:a");
	assert_string_equal(instances.arns[2], "arn:c");
	assert_null(strstr(fake.requests[0].body, "Marker"));
	assert_contains(fake.requests[1].body, "\"Marker\":\"m\"");
	dms_instances_fini(&instances);
}

static void write_endless(size_t index, char *body, size_t size)
{
	snprintf(body, size,
		 "{\"ReplicationInstances\":[{\"ReplicationInstanceArn\":\"arn:%zu\"}],"
		 "\"Marker\":\"%zu\"}",
		 index, index);
}

static void takes_no_more_than_the_most(void **state)
{
	struct fake_service fake = {.write = write_endless};
	struct aws_setup *setup = *state;
	struct dms_instances instances = {0};

	assert_int_equal(list(setup, &fake, &instances), -EBADMSG);
	assert_contains(setup->error.text, "more than 100 instances");
	assert_int_equal(fake.asked, CLIENT_INSTANCES_MAX + 1);
	assert_int_equal(instances.count, 0);
}

static void says_what_is_wrong_with_the_response(void **state)
{
	static const struct {
		struct fake_response response;
		const char *reason;
	} rows[] = {
		{{200, "{}", NULL}, "ReplicationInstances is missing, not a list"},
		{{200, "{\"ReplicationInstances\":{}}", NULL},
		 "ReplicationInstances is an object, not a list"},
		{{200, "{\"ReplicationInstances\":[{}]}", NULL},
		 "an instance has no ARN that a filter could name"},
		{{200,
		  "{\"ReplicationInstances\":[{\"ReplicationInstanceArn\":\"a\\u0000\"}"
		  "]}",
		  NULL},
		 "an instance has no ARN that a filter could name"},
		{{200, "<html>", NULL}, "not JSON"},
		{{400, "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}",
		  NULL},
		 "no"},
		{{0, "host not found", NULL}, "host not found"},
	};
	struct aws_setup *setup = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fake_service fake = {.responses = &rows[i].response,
					    .response_count = 1};
		struct dms_instances instances = {0};

		assert_true(list(setup, &fake, &instances) < 0);
		assert_contains(setup->error.text, rows[i].reason);
		assert_int_equal(instances.count, 0);
		assert_null(instances.arns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AWS_SETUP_TEST(follows_the_markers_to_the_last_instance),
		AWS_SETUP_TEST(takes_no_more_than_the_most),
		AWS_SETUP_TEST(says_what_is_wrong_with_the_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
