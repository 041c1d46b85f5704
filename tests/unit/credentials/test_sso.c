/*
 * IAM Identity Center: its token, and the role that it buys.
 */
#include "tests/unit/credentials/token_files.h"

/* Of "corp", and of the start URL. */
#define SESSION_SHA1 "ee0bfd2552fbd840c02cc48b6e823320543c450f"
#define URL_SHA1 "a51746d4aa793ae07b25e90c3a5db96fc7832bd7"

#define CONFIG_SESSION                                                            \
	"[profile p]\nsso_session = corp\nsso_account_id = 123456789012\n"        \
	"sso_role_name = Read Only\n[sso-session corp]\nsso_region = us-west-2\n" \
	"sso_start_url = https://corp.awsapps.com/start\n"
#define CONFIG_LEGACY                                                          \
	"[profile p]\nsso_account_id = 123456789012\nsso_role_name = Reader\n" \
	"sso_region = us-west-2\nsso_start_url = https://corp.awsapps.com/start\n"

#define ROLE_ANSWER(id)                                                                \
	{                                                                              \
		200,                                                                   \
			"{\"roleCredentials\":{\"accessKeyId\":\"" id                  \
			"\",\"secretAccessKey\":\"hidden\",\"sessionToken\":\"hidden-" \
			"token\",\"expiration\":1795447197000}}",                      \
			NULL                                                           \
	}

#define TOKEN_ANSWER                                                       \
	{                                                                  \
		200,                                                       \
			"{\"accessToken\":\"hidden-fresh\",\"tokenType\":" \
			"\"Bearer\",\"expiresIn\":28800,\"refreshToken\":" \
			"\"hidden-next\"}",                                \
			NULL                                               \
	}

static const char *session_path(struct chain *chain)
{
	static char path[192];

	token_file_make(chain, "sso", SESSION_SHA1, path);
	return path;
}

static void write_token(const char *path, const char *expires_at)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "{\"startUrl\":\"https://corp.awsapps.com/start\",\"region\":"
		 "\"us-west-2\",\"accessToken\":\"hidden-access\",\"expiresAt\":\"%s\","
		 "\"clientId\":\"client\",\"clientSecret\":\"hidden-client\","
		 "\"registrationExpiresAt\":\"2027-01-01T00:00:00Z\","
		 "\"refreshToken\":\"hidden-refresh\",\"extra\":[1]}",
		 expires_at);
	aws_setup_write(path, text);
}

static void buys_a_role_with_the_token_of_the_session(void **state)
{
	static const struct fake_response responses[] = {ROLE_ANSWER("SSO-ID")};
	struct chain *chain = *state;
	const struct fake_request *asked = chain->service.requests;

	aws_setup_write(chain->setup->config, CONFIG_SESSION);
	write_token(session_path(chain), "2026-11-23T20:00:00Z");
	chain_script(chain, responses, 1);
	chain_start(chain, "p");
	chain_require(chain, "SSO-ID");
	assert_string_equal(chain->found.secret_access_key, "hidden");
	assert_string_equal(chain->found.session_token, "hidden-token");
	assert_int_equal(chain->found.expires_at_s, FAKE_TIME_S + 3600);
	assert_string_equal(chain->found.source,
			    "SSO (profile p, account 123456789012, role Read Only)");
	assert_string_equal(asked[0].method, "GET");
	assert_string_equal(asked[0].url,
			    "https://portal.sso.us-west-2.amazonaws.com/federation/"
			    "credentials?role_name=Read%20Only&account_id="
			    "123456789012");
	assert_string_equal(
		fake_service_header(&chain->service, 0, "x-amz-sso_bearer_token"),
		"hidden-access");
	assert_string_equal(fake_service_header(&chain->service, 0, "authorization"),
			    "");
	chain_hides(chain, "hidden");
}

static void renews_the_token_of_a_session_and_writes_it_back(void **state)
{
	static const struct fake_response responses[] = {TOKEN_ANSWER,
							 ROLE_ANSWER("SSO-ID")};
	struct chain *chain = *state;
	const char *path = session_path(chain);
	char text[2048];

	aws_setup_write(chain->setup->config, CONFIG_SESSION);
	/* 14 minutes and 59 seconds before its end. */
	write_token(path, "2026-11-23T14:34:56Z");
	assert_int_equal(chmod(path, 0644), 0);
	chain_script(chain, responses, 2);
	chain_start(chain, "p");
	chain_require(chain, "SSO-ID");
	assert_string_equal(chain->service.requests[0].method, "POST");
	assert_string_equal(chain->service.requests[0].url,
			    "https://oidc.us-west-2.amazonaws.com/token");
	assert_string_equal(fake_service_header(&chain->service, 0, "content-type"),
			    "application/json");
	assert_string_equal(
		chain->service.requests[0].body,
		"{\"clientId\":\"client\",\"clientSecret\":\"hidden-client\","
		"\"grantType\":\"refresh_token\",\"refreshToken\":\"hidden-refresh\"}");
	assert_string_equal(
		fake_service_header(&chain->service, 1, "x-amz-sso_bearer_token"),
		"hidden-fresh");
	token_file_read(path, text, sizeof(text));
	assert_contains(text, "\"accessToken\":\t\"hidden-fresh\"");
	assert_contains(text, "\"refreshToken\":\t\"hidden-next\"");
	assert_contains(text, "\"expiresAt\":\t\"2026-11-23T22:19:57Z\"");
	assert_contains(text, "\"clientSecret\":\t\"hidden-client\"");
	assert_contains(text, "\"extra\"");
	assert_null(strstr(text, "hidden-access"));
	assert_int_equal(token_file_mode(path), 0600);
	chain_hides(chain, "hidden");
}

/* The token for a renewal is another one after each, and the older is void. */
#define ROTATED(number)                                                             \
	{                                                                           \
		200,                                                                \
			"{\"accessToken\":\"hidden-access-" number "\","            \
			"\"expiresIn\":3600,\"refreshToken\":\"hidden-next-" number \
			"\"}",                                                      \
			NULL                                                        \
	}
/* Until that many hours from the start. */
#define ROLE_UNTIL(hours)                                                  \
	{                                                                  \
		200,                                                       \
			"{\"roleCredentials\":{\"accessKeyId\":\"ID\","    \
			"\"secretAccessKey\":\"hidden\",\"sessionToken\":" \
			"\"hidden\",\"expiration\":" hours "}}",           \
			NULL                                               \
	}

static void renews(struct chain *chain, size_t request, const char *by)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "\"refreshToken\":\"%s\"", by);
	chain_require(chain, "ID");
	assert_int_equal(chain->service.asked, request + 2);
	assert_contains(chain->service.requests[request].body, expected);
	chain->now_s += 3600;
	chain_hides(chain, "hidden");
}

static void renews_by_the_token_that_could_not_be_written(void **state)
{
	static const struct fake_response responses[] = {
		ROTATED("1"), ROLE_UNTIL("1795447197000"),
		ROTATED("2"), ROLE_UNTIL("1795450797000"),
		ROTATED("3"), ROLE_UNTIL("1795454397000"),
		ROTATED("4"), ROLE_UNTIL("1795457997000"),
	};
	struct chain *chain = *state;
	const char *path = session_path(chain);
	char text[2048];

	aws_setup_write(chain->setup->config, CONFIG_SESSION);
	write_token(path, "2026-11-23T14:20:57Z");
	chain_script(chain, responses, CHAIN_COUNT(responses));
	chain_start(chain, "p");
	token_files_allow_writing(false);
	renews(chain, 0, "hidden-refresh");
	renews(chain, 2, "hidden-next-1");
	token_files_allow_writing(true);
	assert_string_equal(
		fake_service_header(&chain->service, 3, "x-amz-sso_bearer_token"),
		"hidden-access-2");
	assert_contains(chain->warned,
			"SSO (profile p): cannot write the renewed login: ");
	assert_contains(chain->warned, path);
	assert_contains(chain->warned, "run: aws sso login --profile p\n");
	/* Told once. */
	assert_null(strstr(strstr(chain->warned, "cannot write") + 1, "cannot write"));
	token_file_read(path, text, sizeof(text));
	assert_contains(text, "hidden-refresh");
	/* Now that it can be written it is, by the newest. */
	renews(chain, 4, "hidden-next-2");
	token_file_read(path, text, sizeof(text));
	assert_contains(text, "\"refreshToken\":\t\"hidden-next-3\"");
	assert_contains(text, "\"extra\"");
	/* The next failure is told again. */
	chain->warned[0] = '\0';
	token_files_allow_writing(false);
	renews(chain, 6, "hidden-next-3");
	token_files_allow_writing(true);
	assert_contains(chain->warned, "cannot write");
}

static void takes_a_new_login_before_the_token_that_it_remembers(void **state)
{
	static const struct fake_response responses[] = {
		ROTATED("1"), ROLE_UNTIL("1795447197000"), ROLE_UNTIL("1795450797000")};
	struct chain *chain = *state;
	const char *path = session_path(chain);

	aws_setup_write(chain->setup->config, CONFIG_SESSION);
	write_token(path, "2026-11-23T14:20:57Z");
	chain_script(chain, responses, CHAIN_COUNT(responses));
	chain_start(chain, "p");
	token_files_allow_writing(false);
	renews(chain, 0, "hidden-refresh");
	token_files_allow_writing(true);
	write_token(path, "2026-11-23T20:00:00Z");
	chain_require(chain, "ID");
	assert_string_equal(
		fake_service_header(&chain->service, 2, "x-amz-sso_bearer_token"),
		"hidden-access");
	/* A logout, too. */
	unlink(path);
	chain->now_s += 3600;
	assert_int_equal(chain_get(chain), -EACCES);
	assert_contains(chain->error.text, "nobody is logged in");
}

static void goes_on_with_a_good_token_that_cannot_be_renewed_yet(void **state)
{
	static const struct fake_response responses[] = {{0, "unreachable", NULL},
							 ROLE_ANSWER("SSO-ID")};
	struct chain *chain = *state;
	char before[1024], after[1024];

	aws_setup_write(chain->setup->config, CONFIG_SESSION);
	write_token(session_path(chain), "2026-11-23T14:20:57Z");
	token_file_read(session_path(chain), before, sizeof(before));
	chain_script(chain, responses, 2);
	chain_start(chain, "p");
	chain_require(chain, "SSO-ID");
	assert_string_equal(
		fake_service_header(&chain->service, 1, "x-amz-sso_bearer_token"),
		"hidden-access");
	token_file_read(session_path(chain), after, sizeof(after));
	assert_string_equal(after, before);
}

static void tells_to_log_in_where_only_that_helps(void **state)
{
	static const struct fake_response refused = {
		400,
		"{\"error\":\"invalid_grant\",\"error_description\":\"Invalid refresh "
		"token\"}",
		NULL};
	static const struct fake_response unauthorized = {
		401, "{\"message\":\"Session token not found or invalid\"}", NULL};
	struct chain *chain = *state;
	const char *path = session_path(chain);

	aws_setup_write(chain->setup->config, CONFIG_SESSION);
	chain_refuses(chain, "p",
		      "SSO (profile p): nobody is logged in; run: aws sso "
		      "login --profile p");
	aws_setup_write(path, "{\"accessToken\":\"hidden");
	chain_refuses(chain, "p", "the text is cut short");
	assert_contains(chain->error.text, "run: aws sso login --profile p");
	aws_setup_write(path, "[]");
	chain_refuses(chain, "p", "it holds a list; run: aws sso login");
	aws_setup_write(path, "{\"accessToken\":\"hidden\"}");
	chain_refuses(chain, "p", "its cached login is unusable; run: aws sso login");
	aws_setup_write(path, "{\"accessToken\":\"hidden\",\"expiresAt\":"
			      "\"2026-11-23T14:00:00UTC\"}");
	chain_refuses(chain, "p", "run: aws sso login --profile p");
	aws_setup_write(path, "{\"accessToken\":\"hidden\",\"expiresAt\":"
			      "\"2026-11-23T14:00:00Z\"}");
	chain_refuses(chain, "p", "its login has expired; run: aws sso login");
	assert_int_equal(chain->service.asked, 0);
	write_token(path, "2026-11-23T14:00:00Z");
	chain_script(chain, &refused, 1);
	chain_refuses(chain, "p",
		      "its login has expired and cannot be renewed; run: "
		      "aws sso login --profile p");
	write_token(path, "2026-11-23T20:00:00Z");
	chain_script(chain, &unauthorized, 1);
	chain_refuses(chain, "p",
		      "its login is no longer accepted; run: aws sso login");
	chain_hides(chain, "hidden");
}

static void blames_the_network_for_a_renewal_that_found_none(void **state)
{
	static const struct fake_response response = {0, "host not found", NULL};
	struct chain *chain = *state;

	aws_setup_write(chain->setup->config, CONFIG_SESSION);
	write_token(session_path(chain), "2026-11-23T14:00:00Z");
	chain_script(chain, &response, 1);
	chain_refuses(chain, "p",
		      "SSO (profile p): renewing the token: host not found");
	assert_int_equal(chain->error.kind, ERROR_NETWORK);
}

static void never_renews_a_token_without_a_session(void **state)
{
	static const struct fake_response responses[] = {ROLE_ANSWER("SSO-ID")};
	struct chain *chain = *state;
	char path[192];

	token_file_make(chain, "sso", URL_SHA1, path);
	aws_setup_write(chain->setup->config, CONFIG_LEGACY);
	write_token(path, "2026-11-23T14:20:57Z");
	chain_script(chain, responses, 1);
	chain_start(chain, "p");
	chain_require(chain, "SSO-ID");
	write_token(path, "2026-11-23T14:19:57Z");
	chain_refuses(chain, "p", "its login has expired; run: aws sso login");
	assert_int_equal(chain->service.asked, 1);
}

static void refuses_sso_that_is_half_set_up(void **state)
{
	static const struct {
		const char *config, *message;
	} rows[] = {
		{"[profile p]\nsso_account_id = 1\n", "there is no sso_start_url"},
		{"[profile p]\nsso_account_id = 1\nsso_start_url = u\n",
		 "there is no sso_region"},
		{"[profile p]\nsso_account_id = 1\nsso_start_url = u\nsso_region = r\n",
		 "there is no sso_role_name"},
		{"[profile p]\nsso_role_name = n\nsso_start_url = u\nsso_region = r\n",
		 "there is no sso_account_id"},
		{"[profile p]\nsso_role_name = n\nsso_session = gone\n",
		 "there is no section [sso-session] named gone"},
		{"[profile p]\nsso_role_name = n\nsso_account_id = 1\n"
		 "sso_session = s\nsso_region = a\n[sso-session s]\n"
		 "sso_start_url = u\nsso_region = b\n",
		 "the profile and its [sso-session] disagree about sso_region"},
	};
	struct chain *chain = *state;

	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		aws_setup_write(chain->setup->config, rows[i].config);
		chain_refuses(chain, "p", rows[i].message);
		assert_contains(chain->error.text, "SSO (profile p in ");
	}
	assert_int_equal(chain->service.asked, 0);
}

static void says_what_the_portal_answered(void **state)
{
	static const struct {
		struct fake_response response;
		const char *message;
	} rows[] = {
		{{403,
		  "{\"message\":\"No access\",\"__type\":"
		  "\"com.amazonaws.switchboard.portal#ForbiddenException\"}",
		  NULL},
		 "role Read Only): No access"},
		{{200, "<html>", NULL}, "the response is not JSON"},
		{{200, "{}", NULL}, "expiration is missing"},
		{{200, "{\"roleCredentials\":{\"expiration\":1795447197000}}", NULL},
		 "accessKeyId is missing"},
	};
	struct chain *chain = *state;

	aws_setup_write(chain->setup->config, CONFIG_SESSION);
	write_token(session_path(chain), "2026-11-23T20:00:00Z");
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		chain_script(chain, &rows[i].response, 1);
		chain_refuses(chain, "p", rows[i].message);
		chain_hides(chain, "hidden");
		if (i == 0)
			assert_string_equal(chain->error.code, "ForbiddenException");
	}
}

static int clean(void **state)
{
	token_file_remove(*state, "sso");
	return chain_remove(state);
}

#define SSO_TEST(function) cmocka_unit_test_setup_teardown(function, chain_make, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSO_TEST(buys_a_role_with_the_token_of_the_session),
		SSO_TEST(renews_the_token_of_a_session_and_writes_it_back),
		SSO_TEST(renews_by_the_token_that_could_not_be_written),
		SSO_TEST(takes_a_new_login_before_the_token_that_it_remembers),
		SSO_TEST(goes_on_with_a_good_token_that_cannot_be_renewed_yet),
		SSO_TEST(tells_to_log_in_where_only_that_helps),
		SSO_TEST(blames_the_network_for_a_renewal_that_found_none),
		SSO_TEST(never_renews_a_token_without_a_session),
		SSO_TEST(refuses_sso_that_is_half_set_up),
		SSO_TEST(says_what_the_portal_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
