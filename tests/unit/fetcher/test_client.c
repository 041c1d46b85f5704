#include <errno.h>
#include <pthread.h>

#include "src/fetcher/client.h"
#include "src/fetcher/fetcher.h"
#include "tests/unit/aws_setup.h"
#include "tests/unit/fake_service.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int open_client(struct aws_setup *setup, struct http_transport transport,
		       struct client **client)
{
	const struct fetcher_options options = {
		.region = "eu-west-3",
		.max_records = 100,
		.clock = clock_system,
		.transport = transport,
		.environment = {aws_setup_getenv, setup},
	};

	setup->error = (struct error){0};
	return client_new(&options, client, &setup->error);
}

/* What is said on stderr while a client over libcurl is made. */
static int open_and_listen(struct aws_setup *setup, char *said, size_t size)
{
	struct client *client = NULL;
	FILE *log = tmpfile();
	int stderr_before = dup(STDERR_FILENO);
	int err;

	assert_non_null(log);
	dup2(fileno(log), STDERR_FILENO);
	err = open_client(setup, (struct http_transport){0}, &client);
	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	rewind(log);
	said[fread(said, 1, size - 1, log)] = '\0';
	fclose(log);
	client_free(client);
	return err;
}

static void names_the_setting_of_a_ca_bundle_that_is_missing(void **state)
{
	static const char *const variables[] = {"AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"};
	struct aws_setup *setup = *state;
	char said[256];
	char text[256];

	for (size_t i = 0; i < COUNT(variables); i++) {
		aws_setup_env(setup, variables[i], "/nonexistent/ca.pem");
		assert_int_equal(open_and_listen(setup, said, sizeof(said)), -EINVAL);
		snprintf(text, sizeof(text),
			 "cannot read the CA bundle /nonexistent/ca.pem (%s): "
			 "No such file or directory",
			 variables[i]);
		assert_string_equal(setup->error.text, text);
		aws_setup_env(setup, variables[i], NULL);
	}
	aws_setup_write(setup->config, "[default]\nca_bundle = ~/ca.pem\n");
	assert_int_equal(open_and_listen(setup, said, sizeof(said)), -EINVAL);
	snprintf(text, sizeof(text),
		 "cannot read the CA bundle %s/ca.pem (ca_bundle of profile default in "
		 "%s)",
		 setup->home, setup->config);
	assert_contains(setup->error.text, text);
	/* Settings of the AWS tools come first. */
	aws_setup_env(setup, "REQUESTS_CA_BUNDLE", "/");
	assert_int_equal(open_and_listen(setup, said, sizeof(said)), -EINVAL);
	aws_setup_env(setup, "AWS_CA_BUNDLE", setup->home);
	assert_int_equal(open_and_listen(setup, said, sizeof(said)), 0);
	assert_string_equal(said, "");
}

static void refuses_what_is_no_way_to_retry(void **state)
{
	struct aws_setup *setup = *state;
	char said[256];

	aws_setup_env(setup, "AWS_RETRY_MODE", "never");
	assert_int_equal(open_and_listen(setup, said, sizeof(said)), -EINVAL);
	assert_contains(setup->error.text, "'never' (AWS_RETRY_MODE)");
	aws_setup_env(setup, "AWS_RETRY_MODE", "legacy");
	aws_setup_env(setup, "AWS_MAX_ATTEMPTS", "0");
	assert_int_equal(open_and_listen(setup, said, sizeof(said)), -EINVAL);
	assert_contains(setup->error.text, "'0' (AWS_MAX_ATTEMPTS)");
}

static void warns_of_an_application_id_that_is_too_long(void **state)
{
	struct aws_setup *setup = *state;
	char said[256];

	aws_setup_env(setup, "AWS_SDK_UA_APP_ID",
		      "123456789012345678901234567890123456789012345678901");
	assert_int_equal(open_and_listen(setup, said, sizeof(said)), 0);
	assert_string_equal(said,
			    "dmsfs: warning: AWS_SDK_UA_APP_ID is longer than the "
			    "50 characters that AWS accepts\n");
}

/* Fails for a time, with a wish for a wait of 5 s; the first time that is told. */
struct slow_service {
	pthread_mutex_t lock; /* guards: is_asked */
	pthread_cond_t changed;
	bool is_asked;
};

static int throttle(void *data, const struct http_request *,
		    struct http_response *response, struct error *)
{
	struct slow_service *slow = data;

	response->status = 400;
	response->body = strdup("{\"__type\":\"ThrottlingException\"}");
	response->body_len = strlen(response->body);
	response->headers = strdup("HTTP/1.1 400 X\r\nx-amz-retry-after: 5000\r\n\r\n");
	pthread_mutex_lock(&slow->lock);
	slow->is_asked = true;
	pthread_cond_signal(&slow->changed);
	pthread_mutex_unlock(&slow->lock);
	return 0;
}

struct listing_thread {
	struct client *client;
	struct error error;
	int err;
};

static void *list(void *data)
{
	struct listing_thread *thread = data;
	struct listing listing = {0};

	thread->err = client_list(thread->client, NULL, NULL, NULL, &listing,
				  &thread->error);
	return NULL;
}

static void ends_the_wait_for_another_attempt_when_canceled(void **state)
{
	struct slow_service slow = {.lock = PTHREAD_MUTEX_INITIALIZER,
				    .changed = PTHREAD_COND_INITIALIZER};
	struct listing_thread thread = {0};
	struct aws_setup *setup = *state;
	int64_t started_ns = clock_system.boottime_ns(NULL);
	pthread_t id;

	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", "secret");
	assert_int_equal(open_client(setup, (struct http_transport){&slow, throttle},
				     &thread.client),
			 0);
	assert_int_equal(pthread_create(&id, NULL, list, &thread), 0);
	pthread_mutex_lock(&slow.lock);
	while (!slow.is_asked)
		pthread_cond_wait(&slow.changed, &slow.lock);
	pthread_mutex_unlock(&slow.lock);
	client_cancel(thread.client);
	pthread_join(id, NULL);
	assert_int_equal(thread.err, -ECANCELED);
	assert_int_equal(thread.error.kind, ERROR_CANCELED);
	assert_true(clock_system.boottime_ns(NULL) - started_ns < 4 * NS_PER_S);
	assert_int_equal(client_requests(thread.client), 1);
	client_free(thread.client);
}

static int open_without_region(struct aws_setup *setup, struct fake_service *service,
			       struct client **client)
{
	const struct fetcher_options options = {
		.max_records = 100,
		.clock = clock_system,
		.transport = fake_service_transport(service),
		.environment = {aws_setup_getenv, setup},
	};

	setup->error = (struct error){0};
	return client_new(&options, client, &setup->error);
}

static void takes_the_region_of_the_instance_where_none_is_set(void **state)
{
	static const struct fake_response responses[] = {{200, "token", NULL},
							 {200, "ap-south-1", NULL}};
	struct fake_service service = {.responses = responses, .response_count = 2};
	struct aws_setup *setup = *state;
	struct client *client = NULL;

	aws_setup_env(setup, "AWS_EC2_METADATA_DISABLED", NULL);
	assert_int_equal(open_without_region(setup, &service, &client), 0);
	assert_string_equal(client_region(client), "ap-south-1");
	assert_string_equal(client_endpoint_url(client),
			    "https://dms.ap-south-1.amazonaws.com");
	assert_true(client_is_region_of_instance(client));
	client_free(client);
	/* A setting, even a wrong one, asks nobody. */
	aws_setup_env(setup, "AWS_DEFAULT_REGION", "eu-west-1");
	assert_int_equal(open_without_region(setup, &service, &client), 0);
	assert_string_equal(client_region(client), "eu-west-1");
	assert_false(client_is_region_of_instance(client));
	client_free(client);
	aws_setup_env(setup, "AWS_DEFAULT_REGION", "eu/west");
	assert_int_equal(open_without_region(setup, &service, &client), -EINVAL);
	assert_int_equal(service.asked, 2);
}

static void says_what_it_tried_where_no_region_is_found(void **state)
{
	static const struct fake_response responses[] = {{0, "no way there", NULL},
							 {0, "no way there", NULL}};
	struct fake_service service = {.responses = responses, .response_count = 2};
	struct aws_setup *setup = *state;
	struct client *client = NULL;

	assert_int_equal(open_without_region(setup, &service, &client), -EINVAL);
	assert_contains(setup->error.text, "no region: give --region, or set ");
	assert_contains(setup->error.text,
			"; EC2 metadata: disabled by AWS_EC2_METADATA_DISABLED");
	assert_int_equal(service.asked, 0);
	aws_setup_env(setup, "AWS_EC2_METADATA_DISABLED", "1");
	assert_int_equal(open_without_region(setup, &service, &client), -EINVAL);
	assert_contains(setup->error.text, "; EC2 metadata: no way there");
	assert_int_equal(setup->error.kind, ERROR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AWS_SETUP_TEST(names_the_setting_of_a_ca_bundle_that_is_missing),
		AWS_SETUP_TEST(takes_the_region_of_the_instance_where_none_is_set),
		AWS_SETUP_TEST(says_what_it_tried_where_no_region_is_found),
		AWS_SETUP_TEST(refuses_what_is_no_way_to_retry),
		AWS_SETUP_TEST(warns_of_an_application_id_that_is_too_long),
		AWS_SETUP_TEST(ends_the_wait_for_another_attempt_when_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
