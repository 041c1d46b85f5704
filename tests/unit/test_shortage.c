/*
 * Memory that runs short, at each allocation of a task in turn: the task says so, or
 * does without, and never takes what it has half of for the whole. That nothing is
 * lost is for the build with AddressSanitizer to tell.
 */
#include "tests/unit/credentials/token_files.h"

#include "src/base/path.h"
#include "src/base/shell_words.h"
#include "src/credentials/token_cache.h"
#include "src/fetcher/client.h"
#include "src/fetcher/fetcher.h"
#include "src/fetcher/refresher.h"
#include "tests/unit/fake_dms.h"
#include "tests/unit/listing.h"
#include "tests/unit/shortage.h"

#define LATER "2026-11-23T20:19:57Z"
#define ROLE "arn:aws:iam::123456789012:role/reader"
#define SSO_SHA1 "ee0bfd2552fbd840c02cc48b6e823320543c450f"
#define SESSION "arn:aws:sts::012345678910:assumed-role/Admin/admin"
#define LOGIN_SHA256 "4b0ba8f99f075c0633e122fd73346ce203a3faf18ea0310eb2d29df1bab2e255"

static int response_aside(void *data, const struct http_request *request,
			  struct http_response *response, struct error *error)
{
	int rc;

	shortage_pause();
	rc = fake_service_send(data, request, response, error);
	shortage_resume();
	return rc;
}

/* From the files to the keys, which must be the right ones. */
static int find_keys(void *data, struct error *error)
{
	struct chain *chain = data;
	struct credentials_options options = {
		.transport = {.data = &chain->service, .send = response_aside},
		.client = &chain->client,
		.explain = chain_explain,
		.explain_data = chain,
	};
	const struct profile_options profile = {
		.environment = {aws_setup_getenv, chain->setup}};
	struct profile *loaded = NULL;
	struct credentials_chain *made = NULL;
	struct credentials found = {0};
	int rc = profile_load(&profile, &loaded, error);

	options.profile = loaded;
	if (rc == 0 && credentials_chain_new(&options, &made) < 0)
		rc = error_set(error, ERROR_MEMORY, "no chain");
	if (rc == 0)
		rc = credentials_chain_get(made, &found, error);
	if (rc == 0) {
		assert_string_equal(found.access_key_id, "THE-ID");
		assert_string_equal(found.secret_access_key, "hidden");
	} else {
		assert_null(found.secret_access_key);
	}
	credentials_fini(&found);
	credentials_chain_free(made);
	profile_free(loaded);
	return rc;
}

struct source {
	const char *name;
	const char *config;
	const char *variable; /* and its value, or NULL */
	const char *value;
	const char *token_folder; /* a cache file, or NULL */
	const char *token_name;
	const char *token;
	struct fake_response responses[3];
};

#define STS_ANSWER                                                            \
	"<R><AssumeRoleResult><Credentials><AccessKeyId>THE-ID</AccessKeyId>" \
	"<SecretAccessKey>hidden</SecretAccessKey><SessionToken>hidden-t"     \
	"</SessionToken><Expiration>" LATER "</Expiration></Credentials>"     \
	"</AssumeRoleResult></R>"
#define METADATA_KEYS                                                        \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"THE-ID\",\"SecretAccessKey" \
	"\":\"hidden\",\"Token\":\"hidden-t\",\"Expiration\":\"" LATER "\"}"

/* Of P-256, made for this test, and of no other use. */
#define PEM                                                                   \
	"-----BEGIN EC PRIVATE KEY-----\\n"                                   \
	"MHcCAQEEIFvodHOcv+eupIA8Xhuf0k7yOEzPB2aVLhezxQH8ES9aoAoGCCqGSM49\\n" \
	"AwEHoUQDQgAEYdJKJBctbsJLJ1ps2N/Tdey7MTHl1V0WtM30bkZyQfNjqPSlhG1w\\n" \
	"Vyo7nvSjSE4knXVY2dpzmJrqvHuPnn6Wtg==\\n"                             \
	"-----END EC PRIVATE KEY-----\\n"

static const struct source sources[] = {
	{.name = "a file's keys",
	 .config = "[default]\naws_access_key_id = THE-ID\n"
		   "aws_secret_access_key = hidden\naws_session_token = hidden-t\n"
		   "s3 =\n  a = b\n[profile other]\nregion = x\n"},
	{.name = "a program",
	 .config = "[default]\ncredential_process = sh -c 'echo "
		   "\"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"THE-ID\\\","
		   "\\\"SecretAccessKey\\\":\\\"hidden\\\"}\"'\n"},
	{.name = "a role",
	 .config = "[profile base]\naws_access_key_id = base\n"
		   "aws_secret_access_key = base-secret\n"
		   "[default]\nrole_arn = " ROLE "\nsource_profile = base\n"
		   "external_id = x\nduration_seconds = 900\n",
	 .responses = {{200, STS_ANSWER, NULL}}},
	{.name = "a web identity",
	 .config = "",
	 .variable = "AWS_WEB_IDENTITY_TOKEN_FILE",
	 .token_folder = "sso",
	 .token_name = SSO_SHA1,
	 .token = "web-token\n",
	 .responses = {{200, STS_ANSWER, NULL}}},
	{.name = "SSO, renewed",
	 .config = "[default]\nsso_session = corp\nsso_account_id = 123456789012\n"
		   "sso_role_name = Reader\n[sso-session corp]\nsso_region = "
		   "us-west-2\nsso_start_url = https://corp.awsapps.com/start\n",
	 .token_folder = "sso",
	 .token_name = SSO_SHA1,
	 .token = "{\"startUrl\":\"https://corp.awsapps.com/start\",\"region\":\"us-"
		  "west-2\",\"accessToken\":\"old\",\"expiresAt\":\"2026-11-23T14:00:"
		  "00Z\",\"clientId\":\"c\",\"clientSecret\":\"hidden-c\","
		  "\"registrationExpiresAt\":\"2027-01-01T00:00:00Z\","
		  "\"refreshToken\":\"hidden-r\"}",
	 .responses = {{200,
			"{\"accessToken\":\"fresh\",\"expiresIn\":28800,"
			"\"refreshToken\":\"hidden-n\"}",
			NULL},
		       {200,
			"{\"roleCredentials\":{\"accessKeyId\":\"THE-ID\","
			"\"secretAccessKey\":\"hidden\",\"sessionToken\":\"hidden-t\","
			"\"expiration\":1795447197000}}",
			NULL}}},
	{.name = "a login, renewed",
	 .config = "[default]\nlogin_session = " SESSION "\nregion = us-east-2\n",
	 .token_folder = "login",
	 .token_name = LOGIN_SHA256,
	 .token = "{\"refreshToken\":\"hidden-r\",\"clientId\":\"c\",\"dpopKey\":"
		  "\"" PEM "\"}",
	 .responses = {{200,
			"{\"accessToken\":{\"accessKeyId\":\"THE-ID\","
			"\"secretAccessKey\":\"hidden\",\"sessionToken\":\"hidden-t\"},"
			"\"expiresIn\":900,\"refreshToken\":\"hidden-n\"}",
			NULL}}},
	{.name = "a container",
	 .config = "",
	 .variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	 .value = "http://127.0.0.1/x",
	 .responses = {{200, METADATA_KEYS, NULL}}},
	{.name = "a machine",
	 .config = "",
	 .variable = "AWS_EC2_METADATA_DISABLED",
	 .value = "false",
	 .responses = {{200, "token", NULL},
		       {200, "my-role", NULL},
		       {200, METADATA_KEYS, NULL}}},
};

struct starving {
	struct chain *chain;
	const struct source *source;
	char path[192];
};

static void set_up_again(void *data)
{
	struct starving *starving = data;
	const struct source *source = starving->source;

	if (source->token)
		aws_setup_write(starving->path, source->token);
	chain_script(starving->chain, source->responses,
		     CHAIN_COUNT(source->responses));
	starving->chain->explained[0] = '\0';
}

static int find_keys_of(void *data, struct error *error)
{
	struct starving *starving = data;

	return find_keys(starving->chain, error);
}

static void finds_whole_credentials_or_says_what_it_lacks(void **state)
{
	struct chain *chain = *state;

	aws_setup_env(chain->setup, "AWS_ROLE_ARN", ROLE); /* for a web identity */
	for (size_t i = 0; i < CHAIN_COUNT(sources); i++) {
		const struct source *source = &sources[i];
		struct starving starving = {.chain = chain, .source = source};

		print_message("%s: ", source->name);
		aws_setup_write(chain->setup->config, source->config);
		if (source->token)
			token_file_make(chain, source->token_folder, source->token_name,
					starving.path);
		if (source->variable)
			aws_setup_env(chain->setup, source->variable,
				      source->value ? source->value : starving.path);
		assert_true(shortage_starve(find_keys_of, set_up_again, &starving) > 5);
		if (source->variable)
			aws_setup_env(chain->setup, source->variable, NULL);
		if (source->token)
			token_file_remove(chain, source->token_folder);
	}
}

struct asking {
	struct aws_setup *setup;
	struct fake_dms *dms;
};

static int response_as_dms(void *data, const struct http_request *request,
			   struct http_response *response, struct error *error)
{
	const struct http_transport transport = fake_dms_transport(data);
	int rc;

	shortage_pause();
	rc = transport.send(transport.data, request, response, error);
	shortage_resume();
	return rc;
}

static int list_all_ways(struct client *client, struct error *error)
{
	struct dms_instances instances = {0};
	struct listing serial = {0};
	struct listing parallel = {0};
	int rc = client_list(client, NULL, NULL, NULL, &serial, error);

	if (rc == 0)
		rc = client_list_instances(client, &instances, error);
	if (rc == 0)
		rc = client_list_parallel(client, (const char *const *)instances.arns,
					  instances.count, &serial, &parallel, error);
	if (rc == 0) {
		assert_int_equal(serial.count, 2);
		assert_int_equal(instances.count, 2);
		assert_int_equal(parallel.count, 2);
	} else {
		assert_int_equal(parallel.count, 0);
	}
	listing_fini(&serial);
	listing_fini(&parallel);
	dms_instances_fini(&instances);
	return rc;
}

static struct fetcher_options options_of(const struct asking *asking)
{
	return (struct fetcher_options){
		.region = "eu-west-3",
		.endpoint_url = "http://127.0.0.1:8000/",
		.max_records = 20,
		.clock = clock_system,
		.transport = {asking->dms, response_as_dms},
		.environment = {aws_setup_getenv, asking->setup},
		.refresh_s = 60,
		.refresh_active_s = 5,
	};
}

static int open_service(const struct asking *asking, struct client **client,
			struct error *error)
{
	const struct fetcher_options options = options_of(asking);

	return client_new(&options, client, error);
}

static int ask_the_service(void *data, struct error *error)
{
	struct client *client = NULL;
	int rc = open_service(data, &client, error);

	if (rc == 0)
		rc = list_all_ways(client, error);
	client_free(client);
	return rc;
}

static void set_up_asking(struct asking *asking, struct aws_setup *setup)
{
	*asking = (struct asking){.setup = setup, .dms = fake_dms_new()};
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", "secret");
	aws_setup_env(setup, "AWS_MAX_ATTEMPTS", "1");
}

static void lists_everything_or_says_what_it_lacks(void **state)
{
	struct asking asking;

	set_up_asking(&asking, *state);
	for (int i = 0; i < 24; i++)
		fake_dms_put(asking.dms, i % 2, i, "successful");
	assert_true(shortage_starve(ask_the_service, NULL, &asking) > 100);
	fake_dms_free(asking.dms);
}

/* What the service has when the first listing comes. */
static void begin_again(void *data)
{
	const struct asking *asking = data;

	for (int i = 0; i < 6; i++)
		fake_dms_put(asking->dms, 0, i, "successful");
}

/* In between, one fails, one is tested, and one goes. */
static void change(const struct asking *asking)
{
	shortage_pause();
	fake_dms_put(asking->dms, 0, 0, "failed");
	fake_dms_put(asking->dms, 0, 1, "testing");
	fake_dms_remove(asking->dms, 0, 5);
	shortage_resume();
}

static void end_the_test(const struct asking *asking)
{
	shortage_pause();
	fake_dms_put(asking->dms, 0, 1, "successful");
	shortage_resume();
}

static const char *status_of(const struct refresher *refresher, const char *endpoint)
{
	return listing_status(refresher_snapshot(refresher), "i0", endpoint);
}

/* A listing, another one after changes, and a poll; the snapshot is always one that
 * was listed, whole. */
static int follow(struct refresher *refresher, const struct asking *asking,
		  struct error *error)
{
	size_t pages = 0;
	int rc = refresher_list(refresher, NULL, &pages, error);

	if (rc != 0)
		return rc;
	assert_int_equal(snapshot_count(refresher_snapshot(refresher)), 6);
	change(asking);
	rc = refresher_list(refresher, NULL, &pages, error);
	assert_string_equal(status_of(refresher, "e0"), rc ? "successful" : "failed");
	assert_string_equal(status_of(refresher, "e5"), rc ? "successful" : "-");
	if (rc != 0)
		return rc;
	end_the_test(asking);
	rc = refresher_poll(refresher, NULL, error);
	assert_string_equal(status_of(refresher, "e1"), rc ? "testing" : "successful");
	assert_int_equal(snapshot_count(refresher_snapshot(refresher)), 5);
	return rc;
}

static int refresh(void *data, struct error *error)
{
	const struct dms_filters none = {0};
	struct client *client = NULL;
	struct refresher *refresher = NULL;
	int rc = open_service(data, &client, error);

	if (rc == 0) {
		refresher = refresher_new(client, &none);
		rc = refresher ? follow(refresher, data, error)
			       : error_set(error, ERROR_MEMORY, "no refresher");
	}
	refresher_free(refresher);
	client_free(client);
	return rc;
}

static void refreshes_whole_or_stays_what_it_was(void **state)
{
	struct asking asking;

	set_up_asking(&asking, *state);
	assert_true(shortage_starve(refresh, begin_again, &asking) > 100);
	fake_dms_free(asking.dms);
}

static int list_first(void *data, struct error *error)
{
	const struct fetcher_options options = options_of(data);
	struct fetcher_state state = {0};
	struct fetcher *fetcher = NULL;
	int rc = fetcher_new(&options, &fetcher, error);

	if (rc == 0)
		rc = fetcher_list_first(fetcher, NULL, error);
	if (rc == 0) {
		fetcher_get_state(fetcher, &state);
		assert_int_equal(snapshot_count(state.snapshot), 6);
		fetcher_state_fini(&state);
	}
	fetcher_free(fetcher);
	return rc;
}

static void begins_with_a_whole_listing_or_not_at_all(void **state)
{
	struct asking asking;

	set_up_asking(&asking, *state);
	assert_true(shortage_starve(list_first, begin_again, &asking) > 50);
	fake_dms_free(asking.dms);
}

static int reload(void *data, struct error *error)
{
	struct aws_setup *setup = data;
	struct profile *fresh = NULL;
	int rc = profile_reload(setup->profile, &fresh, error);

	if (rc == 0)
		assert_string_equal(profile_get(fresh, "region"), "eu-west-3");
	else
		assert_null(fresh);
	profile_free(fresh);
	return rc;
}

static void reads_the_files_again_whole_or_not_at_all(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, "[default]\nregion = eu-west-3\n[profile x]\n");
	aws_setup_write(setup->credentials, "[default]\naws_access_key_id = x\n");
	aws_setup_require(setup, NULL, "eu-west-1");
	assert_true(shortage_starve(reload, NULL, setup) > 10);
}

static const char *look_up(void *data, const char *name)
{
	return aws_setup_getenv(data, name);
}

static int expand(void *data, struct error *error)
{
	static const char *const paths[][2] = {
		{"$HOME/x", NULL},
		{"${HOME}", NULL},
		{"~/x", NULL},
		{"~root/x", "/root/x"},
		{"~nobody-of-that-name", NULL},
		{"relative", "/somewhere/relative"},
	};
	struct aws_setup *setup = data;

	for (size_t i = 0; i < CHAIN_COUNT(paths); i++) {
		char *path = path_expand(paths[i][0], "/somewhere",
					 &(struct environment){look_up, setup});

		if (!path)
			return error_set(error, ERROR_MEMORY, "no path");
		assert_int_equal(path[0], '/');
		if (strstr(paths[i][0], "HOME") || strncmp(paths[i][0], "~/", 2) == 0)
			assert_memory_equal(path, setup->home, strlen(setup->home));
		if (paths[i][1])
			assert_string_equal(path, paths[i][1]);
		free(path);
	}
	return 0;
}

static void expands_a_path_whole_or_not_at_all(void **state)
{
	shortage_starve(expand, NULL, *state);
}

static int split(void *, struct error *error)
{
	struct shell_words words = {0};
	int rc = shell_words_split("one 'two three' \"four\"", &words);

	if (rc < 0)
		return error_set(error, ERROR_MEMORY, "no words");
	assert_int_equal(words.count, 3);
	assert_string_equal(words.word[1], "two three");
	shell_words_fini(&words);
	return 0;
}

static void splits_words_whole_or_not_at_all(void **)
{
	shortage_starve(split, NULL, NULL);
}

static int remove_all(void **state)
{
	token_file_remove(*state, "sso");
	token_file_remove(*state, "login");
	return chain_remove(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			finds_whole_credentials_or_says_what_it_lacks, chain_make,
			remove_all),
		AWS_SETUP_TEST(lists_everything_or_says_what_it_lacks),
		AWS_SETUP_TEST(refreshes_whole_or_stays_what_it_was),
		AWS_SETUP_TEST(begins_with_a_whole_listing_or_not_at_all),
		AWS_SETUP_TEST(reads_the_files_again_whole_or_not_at_all),
		AWS_SETUP_TEST(expands_a_path_whole_or_not_at_all),
		cmocka_unit_test(splits_words_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
