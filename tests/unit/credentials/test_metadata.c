/*
 * The sources that a machine has by itself: container and EC2 metadata.
 */
#include "tests/unit/credentials/chain.h"

#include <limits.h>

#include "src/aws/region.h"
#include "src/credentials/imds.h"

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define KEYS(id, until)                                                             \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"" id                               \
	"\",\"SecretAccessKey\":\"hidden\",\"Token\":\"hidden-token\",\"Expiration" \
	"\":\"" until "\"}"
#define LATER "2026-11-23T20:19:57Z"

static const struct fake_response box_response = {200, KEYS("BOX-ID", LATER), NULL};

static void asks_the_address_of_ecs_for_a_relative_path(void **state)
{
	struct chain *chain = *state;
	const struct fake_request *asked = &chain->service.requests[0];

	aws_setup_env(chain->setup, RELATIVE, "/v2/credentials/x?id=1");
	chain_script(chain, &box_response, 1);
	chain_start(chain, NULL);
	chain_require(chain, "BOX-ID");
	assert_string_equal(chain->found.secret_access_key, "hidden");
	assert_string_equal(chain->found.session_token, "hidden-token");
	assert_string_equal(chain->found.source, "container");
	assert_int_equal(chain->found.expires_at_s, FAKE_TIME_S + 6 * 3600);
	assert_string_equal(asked->method, "GET");
	assert_string_equal(asked->url, "http://169.254.170.2/v2/credentials/x?id=1");
	assert_string_equal(asked->headers, "Accept: application/json\n");
	assert_true(asked->is_direct);
	assert_int_equal(asked->connect_timeout_ms, 2000);
	assert_int_equal(asked->read_timeout_ms, 2000);
}

static void prefers_the_relative_path(void **state)
{
	struct chain *chain = *state;

	aws_setup_env(chain->setup, RELATIVE, "/a");
	aws_setup_env(chain->setup, FULL, "http://localhost/b");
	chain_script(chain, &box_response, 1);
	chain_start(chain, NULL);
	chain_require(chain, "BOX-ID");
	assert_string_equal(chain->service.requests[0].url, "http://169.254.170.2/a");
}

static void asks_plain_http_of_these_addresses_alone(void **state)
{
	static const struct {
		const char *url;
		bool is_allowed;
	} rows[] = {
		{"http://169.254.170.2/x", true},
		{"http://169.254.170.23/v1/credentials", true},
		{"http://[fd00:ec2::23]/v1/credentials", true},
		{"http://localhost:8080/x", true},
		{"http://127.0.0.1/x", true},
		{"http://127.200.3.4:99/x", true},
		{"http://[::1]:99/x", true},
		{"https://credentials.example.com/x", true},
		{"http://169.254.170.3/x", false},
		{"http://169.254.169.254/x", false},
		{"http://credentials.example.com/x", false},
		{"http://localhost.example.com/x", false},
		{"http://127.0.0.1.example.com/x", false},
		{"http://127.0.0.1@example.com/x", false},
		{"http://[fd00:ec2::24]/x", false},
		{"ftp://127.0.0.1/x", false},
		{"/x", false},
		{"nonsense", false},
	};
	struct chain *chain = *state;

	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		aws_setup_env(chain->setup, FULL, rows[i].url);
		chain_script(chain, &box_response, 1);
		if (rows[i].is_allowed) {
			chain_start(chain, NULL);
			chain_require(chain, "BOX-ID");
			assert_string_equal(chain->service.requests[0].url,
					    rows[i].url);
			assert_true(chain->service.requests[0].is_direct);
		} else {
			chain_refuses(chain, NULL, "container: " FULL " is ");
			assert_int_equal(chain->service.asked, 0);
		}
	}
}

static void refuses_a_relative_path_that_would_name_another_host(void **state)
{
	static const char *const paths[] = {"@example.com/x", ".example.com/x", "x"};
	struct chain *chain = *state;

	for (size_t i = 0; i < CHAIN_COUNT(paths); i++) {
		aws_setup_env(chain->setup, RELATIVE, paths[i]);
		chain_refuses(chain, NULL, RELATIVE " must begin with a slash");
	}
	assert_int_equal(chain->service.asked, 0);
}

static void reads_the_token_file_anew_each_time(void **state)
{
	static const struct fake_response responses[] = {
		{200, KEYS("BOX-ID", "2026-11-23T15:19:57Z"), NULL},
		{200, KEYS("BOX-ID-2", LATER), NULL},
	};
	struct chain *chain = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/token", chain->setup->home);
	aws_setup_write(path, "Bearer one");
	aws_setup_env(chain->setup, FULL, "http://169.254.170.23/v1/credentials");
	aws_setup_env(chain->setup, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
	aws_setup_env(chain->setup, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this");
	chain_script(chain, responses, 2);
	chain_start(chain, NULL);
	chain_require(chain, "BOX-ID");
	assert_string_equal(fake_service_header(&chain->service, 0, "Authorization"),
			    "Bearer one");
	aws_setup_write(path, "Bearer two");
	chain->now_s += 3600 - 900;
	chain_require(chain, "BOX-ID-2");
	assert_string_equal(fake_service_header(&chain->service, 1, "Authorization"),
			    "Bearer two");
	chain_hides(chain, "Bearer");
	unlink(path);
}

static void sends_the_token_of_the_environment(void **state)
{
	struct chain *chain = *state;

	aws_setup_env(chain->setup, FULL, "http://127.0.0.1/x");
	aws_setup_env(chain->setup, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc");
	chain_script(chain, &box_response, 1);
	chain_start(chain, NULL);
	chain_require(chain, "BOX-ID");
	assert_string_equal(fake_service_header(&chain->service, 0, "Authorization"),
			    "Basic abc");
}

static void refuses_a_token_that_would_break_the_header(void **state)
{
	struct chain *chain = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/token", chain->setup->home);
	aws_setup_env(chain->setup, FULL, "http://127.0.0.1/x");
	aws_setup_env(chain->setup, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "my\r\nX: y");
	chain_refuses(chain, NULL, "the token in AWS_CONTAINER_AUTHORIZATION_TOKEN ");
	aws_setup_env(chain->setup, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
	chain_refuses(chain, NULL, "token: No such file");
	aws_setup_write(path, "my-token\n");
	chain_refuses(chain, NULL, "/token contains a line break");
	chain_hides(chain, "my-token");
	assert_int_equal(chain->service.asked, 0);
	unlink(path);
}

static void asks_a_container_three_times(void **state)
{
	static const struct fake_response responses[] = {
		{500, "{\"message\":\"busy\"}", NULL},
		{0, "refused", NULL},
		{200, KEYS("BOX-ID", LATER), NULL},
		{0, "refused", NULL},
		{0, "refused", NULL},
		{404, "{\"code\":\"NoRole\",\"message\":\"no such role\"}", NULL},
	};
	struct chain *chain = *state;

	aws_setup_env(chain->setup, RELATIVE, "/x");
	chain_script(chain, responses, 6);
	chain_start(chain, NULL);
	chain_require(chain, "BOX-ID");
	assert_int_equal(chain->service.asked, 3);
	assert_int_equal(chain->sleeps, 2);
	assert_int_equal(chain->now_s, FAKE_TIME_S + 2);
	chain_refuses(chain, NULL, "container: no such role");
	assert_string_equal(chain->error.code, "NoRole");
	assert_int_equal(chain->service.asked, 6);
}

static int stop_now(void *, int64_t)
{
	return -ECANCELED;
}

static void asks_no_more_once_it_is_to_stop(void **state)
{
	static const struct fake_response responses[] = {{0, "refused", NULL}};
	struct chain *chain = *state;
	struct credentials_options options = {
		.transport = fake_service_transport(&chain->service),
		.client = &chain->client,
	};

	chain->client.skew.clock.sleep = stop_now;
	aws_setup_env(chain->setup, RELATIVE, "/x");
	chain_script(chain, responses, 1);
	aws_setup_require(chain->setup, NULL, NULL);
	options.profile = chain->setup->profile;
	assert_int_equal(credentials_chain_new(&options, &chain->chain), 0);
	assert_int_equal(chain_get(chain), -ECANCELED);
	assert_int_equal(chain->service.asked, 1);
}

/* As a request that is stopped ends. */
static int stop_request(void *data, const struct http_request *request,
			struct http_response *response, struct error *error)
{
	unsigned *left = data;

	if ((*left)-- == 0)
		return error_set(error, ERROR_CANCELED, "stopping");
	return fake_service_response(
		&(struct fake_response){
			200, strstr(request->url, "token") ? "t" : "role", NULL},
		response, error);
}

static void asks_a_machine_no_more_once_it_is_to_stop(void **state)
{
	struct chain *chain = *state;

	aws_setup_env(chain->setup, "AWS_EC2_METADATA_DISABLED", NULL);
	aws_setup_require(chain->setup, NULL, NULL);
	for (unsigned responses = 0; responses < 3; responses++) {
		unsigned left = responses;
		struct credentials_options options = {
			.profile = chain->setup->profile,
			.transport = {.data = &left, .send = stop_request},
			.client = &chain->client,
		};

		credentials_chain_free(chain->chain);
		assert_int_equal(credentials_chain_new(&options, &chain->chain), 0);
		assert_int_equal(chain_get(chain), -ECANCELED);
		assert_int_equal(left, UINT_MAX);
	}
}

static void refuses_an_address_that_is_too_long(void **state)
{
	struct chain *chain = *state;
	char path[4096];

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	aws_setup_env(chain->setup, RELATIVE, path);
	chain_refuses(chain, NULL, "container: " RELATIVE " is too long");
	assert_int_equal(chain->service.asked, 0);
}

static void says_what_is_wrong_with_the_response_of_a_container(void **state)
{
	static const struct {
		struct fake_response response;
		const char *message;
	} rows[] = {
		{{200,
		  "{\"AccessKeyId\":\"i\",\"Token\":\"hidden\",\"Expiration\":\"" LATER
		  "\"}",
		  NULL},
		 "container: SecretAccessKey is missing"},
		{{200, "{\"AccessKeyId\":1}", NULL}, "AccessKeyId is a number"},
		{{200, "[]", NULL}, "AccessKeyId is missing"},
		{{200, "{\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"hidden\"}", NULL},
		 "Token is missing"},
		{{200, KEYS("i", "soon"), NULL}, "Expiration is not a time"},
		{{200, KEYS("i", "2026-11-23T14:19:57Z"), NULL}, "expired at"},
	};
	struct chain *chain = *state;

	aws_setup_env(chain->setup, RELATIVE, "/x");
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		chain_script(chain, &rows[i].response, 1);
		chain_refuses(chain, NULL, rows[i].message);
		assert_int_equal(chain->service.asked, 1);
		chain_hides(chain, "hidden");
	}
}

#define ROLES "http://169.254.169.254/latest/meta-data/iam/security-credentials/"

static void enable_metadata(struct chain *chain)
{
	aws_setup_env(chain->setup, "AWS_EC2_METADATA_DISABLED", NULL);
}

static void asks_metadata_by_a_token(void **state)
{
	static const struct fake_response responses[] = {
		{200, "imds-token", NULL},
		{200, "my-role", NULL},
		{200, KEYS("EC2-ID", LATER), NULL},
	};
	struct chain *chain = *state;
	const struct fake_request *asked = chain->service.requests;

	enable_metadata(chain);
	chain_script(chain, responses, 3);
	chain_start(chain, NULL);
	chain_require(chain, "EC2-ID");
	assert_string_equal(chain->found.source, "EC2 metadata (role my-role)");
	assert_int_equal(chain->found.expires_at_s, FAKE_TIME_S + 6 * 3600);
	assert_string_equal(asked[0].method, "PUT");
	assert_string_equal(asked[0].url, "http://169.254.169.254/latest/api/token");
	assert_string_equal(asked[0].headers,
			    "x-aws-ec2-metadata-token-ttl-seconds: 21600\n");
	assert_string_equal(asked[1].method, "GET");
	assert_string_equal(asked[1].url, ROLES);
	assert_string_equal(asked[1].headers, "x-aws-ec2-metadata-token: imds-token\n");
	assert_string_equal(asked[2].url, ROLES "my-role");
	assert_string_equal(asked[2].headers, "x-aws-ec2-metadata-token: imds-token\n");
	for (int i = 0; i < 3; i++) {
		assert_true(asked[i].is_direct);
		assert_int_equal(asked[i].connect_timeout_ms, 1000);
		assert_int_equal(asked[i].read_timeout_ms, 1000);
	}
	chain_hides(chain, "imds-token");
}

static void falls_back_to_version_1_where_no_token_is_given(void **state)
{
	static const struct fake_response refusals[] = {
		{403, "", NULL}, {404, "", NULL}, {405, "", NULL}, {0, "silent", NULL}};
	struct chain *chain = *state;

	enable_metadata(chain);
	for (size_t i = 0; i < CHAIN_COUNT(refusals); i++) {
		const struct fake_response responses[] = {
			refusals[i],
			{200, "my-role\n", NULL},
			{200, KEYS("EC2-ID", LATER), NULL},
		};

		chain_script(chain, responses, 3);
		chain_start(chain, NULL);
		chain_require(chain, "EC2-ID");
		assert_string_equal(chain->service.requests[1].headers, "");
		assert_string_equal(chain->service.requests[2].url, ROLES "my-role");
	}
}

static void stops_where_the_request_for_a_token_is_bad(void **state)
{
	static const struct fake_response response = {400, "", NULL};
	struct chain *chain = *state;

	enable_metadata(chain);
	chain_script(chain, &response, 1);
	chain_refuses(chain, NULL,
		      "EC2 metadata: http://169.254.169.254 rejects the request for a "
		      "token (HTTP status 400)");
	assert_int_equal(chain->service.asked, 1);
}

static void leaves_version_1_out_when_it_is_disabled(void **state)
{
	static const struct fake_response responses[] = {
		{403, "", NULL}, {0, "no complete response within 1 s", NULL}};
	struct chain *chain = *state;

	enable_metadata(chain);
	aws_setup_env(chain->setup, "AWS_EC2_METADATA_V1_DISABLED", "true");
	for (size_t i = 0; i < CHAIN_COUNT(responses); i++) {
		chain_script(chain, &responses[i], 1);
		chain_refuses(chain, NULL, "and its version 1 is disabled");
		assert_contains(chain->error.text, "hop limit must be 2");
		assert_int_equal(chain->service.asked, 1);
	}
	assert_contains(chain->error.text, "no complete response within 1 s");
}

static void names_the_hop_limit_where_there_is_no_metadata(void **state)
{
	static const struct fake_response responses[] = {
		{0, "169.254.169.254: no connection within 1 s", NULL},
		{0, "169.254.169.254: no connection within 1 s", NULL}};
	struct chain *chain = *state;

	enable_metadata(chain);
	chain_script(chain, responses, 2);
	chain_refuses(chain, NULL,
		      "EC2 metadata: 169.254.169.254: no connection "
		      "within 1 s; in a container on EC2 the instance's "
		      "metadata hop limit must be 2");
	assert_int_equal(chain->error.kind, ERROR_CREDENTIALS);
	assert_int_equal(chain->service.asked, 2);
	assert_int_equal(chain->sleeps, 0);
}

static void says_that_the_instance_has_no_role(void **state)
{
	static const struct fake_response responses[] = {{200, "t", NULL},
							 {404, "", NULL}};
	struct chain *chain = *state;

	enable_metadata(chain);
	chain_script(chain, responses, 2);
	chain_refuses(chain, NULL, "so the instance has no role");
}

static void takes_no_page_of_a_stranger_for_metadata(void **state)
{
	static const struct {
		struct fake_response responses[3];
		const char *message;
	} rows[] = {
		{{{200, "t", NULL}, {200, "<html>Log in first</html>", NULL}},
		 "does not respond like EC2 metadata"},
		{{{200, "t", NULL}, {200, "../../user-data", NULL}},
		 "does not respond like EC2 metadata"},
		{{{200, "t", NULL}, {200, "r", NULL}, {200, "<html>", NULL}},
		 "EC2 metadata (role r): the response is not JSON"},
		{{{200, "t", NULL},
		  {200, "r", NULL},
		  {200,
		   "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 "
		   "cannot assume the role r\"}",
		   NULL}},
		 "EC2 cannot assume the role r"},
	};
	struct chain *chain = *state;

	enable_metadata(chain);
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		chain_script(chain, rows[i].responses, 3);
		chain_refuses(chain, NULL, rows[i].message);
		assert_contains(chain->error.text, "no AWS credentials found");
	}
}

static int ask_for_region(struct chain *chain, char *region)
{
	const struct credentials_options options = {
		.profile = chain->setup->profile,
		.transport = fake_service_transport(&chain->service),
		.client = &chain->client,
	};

	chain->error = (struct error){0};
	return imds_region(&options, region, REGION_MAX + 1, &chain->error);
}

static void asks_for_the_region_of_the_instance(void **state)
{
	static const struct {
		struct fake_response token;
		const char *body, *region;
	} rows[] = {
		{{200, "imds-token", NULL}, "eu-west-2", "eu-west-2"},
		{{200, "imds-token", NULL}, "us-gov-east-1\n", "us-gov-east-1"},
		{{404, "", NULL}, "eu-west-2", "eu-west-2"},
	};
	struct chain *chain = *state;
	char region[REGION_MAX + 1];

	enable_metadata(chain);
	aws_setup_require(chain->setup, NULL, NULL);
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		const struct fake_response responses[] = {rows[i].token,
							  {200, rows[i].body, NULL}};
		const struct fake_request *asked = &chain->service.requests[1];

		chain_script(chain, responses, 2);
		assert_int_equal(ask_for_region(chain, region), 0);
		assert_string_equal(region, rows[i].region);
		assert_string_equal(asked->url, "http://169.254.169.254/latest/"
						"meta-data/placement/region");
		assert_string_equal(asked->headers,
				    i < 2 ? "x-aws-ec2-metadata-token: imds-token\n"
					  : "");
		assert_true(asked->is_direct);
	}
}

static void says_why_no_instance_tells_its_region(void **state)
{
	static const struct {
		struct fake_response responses[2];
		const char *message;
	} rows[] = {
		{{{200, "t", NULL}, {404, "", NULL}},
		 "EC2 metadata: "
		 "http://169.254.169.254/latest/meta-data/placement/region "
		 "returns HTTP status 404"},
		{{{200, "t", NULL}, {200, "<html>Log in first</html>", NULL}},
		 "does not respond like EC2 metadata"},
		{{{200, "t", NULL}, {200, "\n", NULL}},
		 "does not respond like EC2 metadata"},
		{{{400, "", NULL}}, "rejects the request for a token"},
		{{{0, "no connection within 1 s", NULL},
		  {0, "no connection within 1 s", NULL}},
		 "EC2 metadata: no connection within 1 s; in a container on EC2"},
	};
	struct chain *chain = *state;
	char region[REGION_MAX + 1];

	aws_setup_require(chain->setup, NULL, NULL);
	assert_int_equal(ask_for_region(chain, region), -EINVAL);
	assert_string_equal(chain->error.text,
			    "EC2 metadata: disabled by AWS_EC2_METADATA_DISABLED");
	assert_int_equal(chain->service.asked, 0);
	enable_metadata(chain);
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		chain_script(chain, rows[i].responses, 2);
		assert_int_equal(ask_for_region(chain, region), -EINVAL);
		assert_contains(chain->error.text, rows[i].message);
	}
}

static void goes_by_the_settings_of_metadata(void **state)
{
	static const struct fake_response responses[] = {
		{0, "x", NULL}, {0, "x", NULL}, {0, "x", NULL}, {0, "x", NULL}};
	struct chain *chain = *state;

	enable_metadata(chain);
	aws_setup_env(chain->setup, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
	aws_setup_env(chain->setup, "AWS_METADATA_SERVICE_TIMEOUT", "5");
	aws_setup_env(chain->setup, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2");
	chain_script(chain, responses, 4);
	chain_refuses(chain, NULL, "EC2 metadata: x");
	assert_int_equal(chain->service.asked, 4);
	assert_string_equal(chain->service.requests[0].url,
			    "http://[fd00:ec2::254]/latest/api/token");
	assert_int_equal(chain->service.requests[0].connect_timeout_ms, 5000);
	/* The endpoint counts more than the mode. */
	aws_setup_write(chain->setup->config,
			"[default]\nec2_metadata_service_endpoint = "
			"http://127.0.0.1:1338/\n");
	chain_script(chain, responses, 4);
	chain_refuses(chain, NULL, "EC2 metadata: x");
	assert_string_equal(chain->service.requests[3].url,
			    "http://127.0.0.1:1338/latest/meta-data/iam/"
			    "security-credentials/");
}

static void refuses_settings_of_metadata_that_make_no_sense(void **state)
{
	static const struct {
		const char *name, *value, *message;
	} rows[] = {
		{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv5",
		 "'ipv5' (AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE) must be ipv4 or "
		 "ipv6"},
		{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "169.254.169.254",
		 "must be a URL like http://169.254.169.254"},
		{"AWS_METADATA_SERVICE_TIMEOUT", "soon",
		 "'soon' (AWS_METADATA_SERVICE_TIMEOUT) must be a number from 1 to 60"},
		{"AWS_METADATA_SERVICE_TIMEOUT", "0", "a number from 1 to 60"},
		{"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "99999999999999999999",
		 "a number from 1 to 10"},
	};
	struct chain *chain = *state;

	enable_metadata(chain);
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		aws_setup_env(chain->setup, rows[i].name, rows[i].value);
		chain_refuses(chain, NULL, rows[i].message);
		aws_setup_env(chain->setup, rows[i].name, NULL);
	}
	assert_int_equal(chain->service.asked, 0);
}

static void uses_expired_credentials_that_metadata_cannot_renew(void **state)
{
	static const struct fake_response responses[] = {
		{200, "t", NULL},
		{200, "r", NULL},
		{200, KEYS("EC2-ID", "2026-11-23T13:00:00Z"), NULL},
	};
	struct chain *chain = *state;

	enable_metadata(chain);
	chain_script(chain, responses, 3);
	chain_start(chain, NULL);
	chain_require(chain, "EC2-ID");
	assert_in_range(chain->found.expires_at_s - chain->now_s, 900 + 120, 900 + 600);
	assert_contains(chain->explained, "EC2 metadata has no newer ones");
	/* And not asked again at once. */
	chain->now_s += 300;
	chain_require(chain, "EC2-ID");
	assert_int_equal(chain->service.asked, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHAIN_TEST(asks_the_address_of_ecs_for_a_relative_path),
		CHAIN_TEST(prefers_the_relative_path),
		CHAIN_TEST(asks_plain_http_of_these_addresses_alone),
		CHAIN_TEST(refuses_a_relative_path_that_would_name_another_host),
		CHAIN_TEST(reads_the_token_file_anew_each_time),
		CHAIN_TEST(sends_the_token_of_the_environment),
		CHAIN_TEST(refuses_a_token_that_would_break_the_header),
		CHAIN_TEST(asks_a_container_three_times),
		CHAIN_TEST(asks_no_more_once_it_is_to_stop),
		CHAIN_TEST(asks_a_machine_no_more_once_it_is_to_stop),
		CHAIN_TEST(refuses_an_address_that_is_too_long),
		CHAIN_TEST(says_what_is_wrong_with_the_response_of_a_container),
		CHAIN_TEST(asks_metadata_by_a_token),
		CHAIN_TEST(falls_back_to_version_1_where_no_token_is_given),
		CHAIN_TEST(stops_where_the_request_for_a_token_is_bad),
		CHAIN_TEST(leaves_version_1_out_when_it_is_disabled),
		CHAIN_TEST(names_the_hop_limit_where_there_is_no_metadata),
		CHAIN_TEST(says_that_the_instance_has_no_role),
		CHAIN_TEST(takes_no_page_of_a_stranger_for_metadata),
		CHAIN_TEST(asks_for_the_region_of_the_instance),
		CHAIN_TEST(says_why_no_instance_tells_its_region),
		CHAIN_TEST(goes_by_the_settings_of_metadata),
		CHAIN_TEST(refuses_settings_of_metadata_that_make_no_sense),
		CHAIN_TEST(uses_expired_credentials_that_metadata_cannot_renew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
