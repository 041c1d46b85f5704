/*
 * Roles by way of STS: assume-role and web identity.
 */
#include "tests/unit/credentials/chain.h"

#include "src/aws/sigv4.h"
#include "src/base/digits.h"

#define ROLE "arn:aws:iam::123456789012:role/reader"

#define STS_ANSWER(action, id, until)                                                \
	{                                                                            \
		200,                                                                 \
			"<" action "Response xmlns=\"https://sts.amazonaws.com/doc/" \
			"2011-06-15/\"><" action "Result><AssumedRoleUser><Arn>x"    \
			"</Arn></AssumedRoleUser><Credentials><AccessKeyId>" id      \
			"</AccessKeyId><SecretAccessKey>role/secret+&amp;1"          \
			"</SecretAccessKey><SessionToken>role-token</SessionToken>"  \
			"<Expiration>" until "</Expiration></Credentials></" action  \
			"Result><ResponseMetadata><RequestId>r-1</RequestId>"        \
			"</ResponseMetadata></" action "Response>",                  \
			NULL                                                         \
	}

static const struct fake_response role_response[] = {
	STS_ANSWER("AssumeRole", "ROLE-ID", "2026-11-23T15:19:57Z"),
	STS_ANSWER("AssumeRole", "ROLE-ID-2", "2026-11-23T16:19:57Z"),
};

static const struct fake_response web_response[] = {
	STS_ANSWER("AssumeRoleWithWebIdentity", "WEB-ID", "2026-11-23T15:19:57Z"),
	STS_ANSWER("AssumeRoleWithWebIdentity", "WEB-ID-2", "2026-11-23T16:19:57Z"),
};

static void write_config(struct chain *chain, const char *text)
{
	aws_setup_write(chain->setup->config, text);
}

/* Signs anew what was asked and compares. */
static void assert_signed(struct chain *chain, size_t index, const char *host,
			  const char *region, const char *id, const char *secret,
			  const char *token)
{
	const struct fake_request *asked = &chain->service.requests[index];
	const struct http_header headers[] = {
		{"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
		{"host", host},
		{"x-amz-date", "20261123T141957Z"},
		{"x-amz-security-token", token},
	};
	const struct sigv4_request request = {
		.method = "POST",
		.path = "/",
		.query = "",
		.headers = headers,
		.header_count = token ? 4 : 3,
		.body = asked->body,
		.body_len = strlen(asked->body),
	};
	const struct sigv4_scope scope = {
		.region = region, .service = "sts", .time = "20261123T141957Z"};
	struct sigv4 *sigv4 = NULL;
	char *expected = NULL;

	assert_int_equal(sigv4_new(&sigv4), 0);
	assert_int_equal(
		sigv4_authorization(sigv4, &request, &scope, id, secret, &expected), 0);
	sigv4_free(sigv4);
	assert_string_equal(
		fake_service_header(&chain->service, index, "authorization"), expected);
	free(expected);
}

static void assumes_a_role_by_the_keys_of_another_profile(void **state)
{
	struct chain *chain = *state;

	write_config(chain, "[profile base]\naws_access_key_id = base-id\n"
			    "aws_secret_access_key = base-secret\n"
			    "aws_session_token = base-token\n"
			    "[profile role]\nrole_arn = " ROLE "\n"
			    "source_profile = base\nexternal_id = a b/c\n"
			    "role_session_name = me@home\nduration_seconds = 900\n");
	chain_script(chain, role_response, 1);
	chain_start(chain, "role");
	chain_require(chain, "ROLE-ID");
	assert_string_equal(chain->found.secret_access_key, "role/secret+&1");
	assert_string_equal(chain->found.session_token, "role-token");
	assert_int_equal(chain->found.expires_at_s, FAKE_TIME_S + 3600);
	assert_string_equal(chain->found.source,
			    "assume-role (profile role, " ROLE ")");
	assert_string_equal(chain->service.requests[0].method, "POST");
	assert_string_equal(chain->service.requests[0].url,
			    "https://sts.eu-west-1.amazonaws.com/");
	assert_string_equal(
		chain->service.requests[0].body,
		"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A"
		"123456789012%3Arole%2Freader&RoleSessionName=me%40home&"
		"ExternalId=a%20b%2Fc&DurationSeconds=900");
	assert_false(chain->service.requests[0].is_direct);
	assert_signed(chain, 0, "sts.eu-west-1.amazonaws.com", "eu-west-1", "base-id",
		      "base-secret", "base-token");
	chain_hides(chain, "base-secret");
	chain_hides(chain, "role-token");
}

static void leaves_a_duration_that_is_no_number_to_the_service(void **state)
{
	static const char *const durations[] = {"2h", "1.5", "-900", "3600 s",
						"\"900\""};
	struct chain *chain = *state;
	char config[512];

	for (size_t i = 0; i < CHAIN_COUNT(durations); i++) {
		snprintf(config, sizeof(config),
			 "[profile base]\naws_access_key_id = i\n"
			 "aws_secret_access_key = s\n[profile role]\nrole_arn = " ROLE
			 "\nsource_profile = base\nduration_seconds = %s\n",
			 durations[i]);
		write_config(chain, config);
		chain_script(chain, role_response, 1);
		chain->explained[0] = '\0';
		chain_start(chain, "role");
		chain_require(chain, "ROLE-ID");
		assert_null(strstr(chain->service.requests[0].body, "Duration"));
		snprintf(config, sizeof(config),
			 "ignoring duration_seconds = %s, which", durations[i]);
		assert_contains(chain->explained, config);
	}
}

static void names_the_session_after_itself(void **state)
{
	struct chain *chain = *state;

	write_config(chain, "[profile base]\naws_access_key_id = base-id\n"
			    "aws_secret_access_key = base-secret\n"
			    "[profile role]\nrole_arn = " ROLE "\n"
			    "source_profile = base\n");
	chain_script(chain, role_response, 1);
	chain_start(chain, "role");
	chain_require(chain, "ROLE-ID");
	assert_contains(chain->service.requests[0].body,
			"&RoleSessionName=dmsfs-1795443597");
	assert_null(strstr(chain->service.requests[0].body, "ExternalId"));
	assert_null(strstr(chain->service.requests[0].body, "DurationSeconds"));
}

static void goes_through_a_chain_of_roles(void **state)
{
	struct chain *chain = *state;

	write_config(chain, "[profile base]\naws_access_key_id = base-id\n"
			    "aws_secret_access_key = base-secret\n"
			    "[profile middle]\nrole_arn = " ROLE "-middle\n"
			    "source_profile = base\n"
			    "[profile top]\nrole_arn = " ROLE "\n"
			    "source_profile = middle\n");
	chain_script(chain, role_response, 2);
	chain_start(chain, "top");
	chain_require(chain, "ROLE-ID-2");
	assert_int_equal(chain->service.asked, 2);
	assert_contains(chain->service.requests[0].body, "reader-middle&");
	assert_signed(chain, 0, "sts.eu-west-1.amazonaws.com", "eu-west-1", "base-id",
		      "base-secret", NULL);
	assert_contains(chain->service.requests[1].body, "reader&");
	assert_signed(chain, 1, "sts.eu-west-1.amazonaws.com", "eu-west-1", "ROLE-ID",
		      "role/secret+&1", "role-token");
}

static void lets_a_profile_name_itself_for_its_own_keys(void **state)
{
	struct chain *chain = *state;

	write_config(chain, "[profile p]\nrole_arn = " ROLE "\nsource_profile = p\n"
			    "aws_access_key_id = own-id\n"
			    "aws_secret_access_key = own-secret\n");
	chain_script(chain, role_response, 1);
	chain_start(chain, "p");
	chain_require(chain, "ROLE-ID");
	assert_signed(chain, 0, "sts.eu-west-1.amazonaws.com", "eu-west-1", "own-id",
		      "own-secret", NULL);
}

static void takes_the_environment_as_a_source_even_with_an_explicit_profile(
	void **state)
{
	struct chain *chain = *state;

	aws_setup_env(chain->setup, "AWS_ACCESS_KEY_ID", "env-id");
	aws_setup_env(chain->setup, "AWS_SECRET_ACCESS_KEY", "env-secret");
	write_config(chain, "[profile p]\nrole_arn = " ROLE "\n"
			    "credential_source = Environment\n");
	chain_script(chain, role_response, 1);
	chain_start(chain, "p");
	chain_require(chain, "ROLE-ID");
	assert_signed(chain, 0, "sts.eu-west-1.amazonaws.com", "eu-west-1", "env-id",
		      "env-secret", NULL);
}

static void takes_a_container_as_a_source(void **state)
{
	static const struct fake_response responses[] = {
		{200,
		 "{\"AccessKeyId\":\"box-id\",\"SecretAccessKey\":\"box-secret\","
		 "\"Token\":\"box-token\",\"Expiration\":\"2026-11-23T15:19:57Z\"}",
		 NULL},
		STS_ANSWER("AssumeRole", "ROLE-ID", "2026-11-23T15:19:57Z"),
	};
	struct chain *chain = *state;

	aws_setup_env(chain->setup, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
	write_config(chain, "[profile p]\nrole_arn = " ROLE "\n"
			    "credential_source = EcsContainer\n");
	chain_script(chain, responses, 2);
	chain_start(chain, "p");
	chain_require(chain, "ROLE-ID");
	assert_signed(chain, 1, "sts.eu-west-1.amazonaws.com", "eu-west-1", "box-id",
		      "box-secret", "box-token");
}

static void refuses_a_role_that_is_half_set_up(void **state)
{
	static const struct {
		const char *config, *message;
	} rows[] = {
		{"[profile p]\nrole_arn = " ROLE "\n",
		 "source_profile or credential_source is missing"},
		{"[profile p]\nrole_arn = " ROLE "\nsource_profile = q\n"
		 "credential_source = Environment\n[profile q]\n",
		 "source_profile and credential_source are both set"},
		{"[profile p]\nrole_arn = " ROLE "\nsource_profile = q\n",
		 "source_profile names the missing profile 'q'"},
		{"[profile p]\nrole_arn = " ROLE "\nsource_profile = q r\n"
		 "[profile q r]\n",
		 "source_profile names the missing profile 'q r'; [profile q r] is "
		 "there without the quotes that such a name needs: [profile \"q r\"]"},
		{"[profile p]\nrole_arn = " ROLE "\nsource_profile = q\n[profile q]\n",
		 "source_profile of profile p: no AWS credentials found for profile q"},
		{"[profile p]\nrole_arn = " ROLE "\ncredential_source = Moon\n",
		 "credential_source must be Environment, Ec2InstanceMetadata or "
		 "EcsContainer, not 'Moon'"},
		{"[profile p]\nrole_arn = " ROLE "\ncredential_source = Environment\n",
		 "credential_source of profile p is Environment, which has no "
		 "credentials: no AWS_ACCESS_KEY_ID"},
		{"[profile p]\nrole_arn = " ROLE
		 "\ncredential_source = Ec2InstanceMetadata\n",
		 "disabled by AWS_EC2_METADATA_DISABLED"},
		{"[profile p]\nrole_arn = " ROLE "\nsource_profile = p\n",
		 "source_profile leads in a circle back to 'p'"},
		{"[profile p]\nrole_arn = " ROLE "\nsource_profile = q\n"
		 "[profile q]\nrole_arn = " ROLE "\nsource_profile = r\n"
		 "[profile r]\nrole_arn = " ROLE "\nsource_profile = q\n",
		 "source_profile leads in a circle back to 'q'"},
		{"[profile p]\nrole_arn = " ROLE "\nsource_profile = q\n[profile q]\n"
		 "aws_access_key_id = a\n",
		 "incomplete key pair (profile q in "},
	};
	struct chain *chain = *state;

	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		write_config(chain, rows[i].config);
		chain_refuses(chain, "p", rows[i].message);
	}
	assert_int_equal(chain->service.asked, 0);
}

static void refuses_more_than_ten_roles_in_a_row(void **state)
{
	struct chain *chain = *state;
	char text[2048] = "";
	size_t used = 0;

	for (int i = 0; i < 12; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "[profile p%d]\nrole_arn = " ROLE
					 "\nsource_profile = p%d\n",
					 i, i + 1);
	snprintf(text + used, sizeof(text) - used,
		 "[profile p12]\naws_access_key_id = a\naws_secret_access_key = b\n");
	write_config(chain, text);
	chain_refuses(chain, "p0", "more than ten roles in a chain");
	assert_int_equal(chain->service.asked, 0);
}

static void refuses_a_role_that_wants_an_mfa_code_and_tells_the_way_out(void **state)
{
	struct chain *chain = *state;

	write_config(chain, "[profile p]\nrole_arn = " ROLE "\nsource_profile = q\n"
			    "mfa_serial = arn:aws:iam::1:mfa/me\n[profile q]\n"
			    "aws_access_key_id = a\naws_secret_access_key = b\n");
	chain_refuses(chain, "p", "profile p needs the code of an MFA device");
	assert_contains(chain->error.text,
			"credential_process = aws configure export-credentials "
			"--profile p");
	assert_int_equal(chain->service.asked, 0);
}

static void repeats_what_sts_says_when_it_refuses(void **state)
{
	static const struct fake_response response = {
		403,
		"<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
		"<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: u "
		"is not authorized to perform: sts:AssumeRole</Message></Error>"
		"<RequestId>r-7</RequestId></ErrorResponse>",
		NULL};
	struct chain *chain = *state;

	write_config(chain, "[profile base]\naws_access_key_id = base-id\n"
			    "aws_secret_access_key = base-secret\n"
			    "[profile role]\nrole_arn = " ROLE "\n"
			    "source_profile = base\n");
	chain_script(chain, &response, 1);
	chain_refuses(chain, "role",
		      "assume-role (profile role, " ROLE "): STS: User: u is not "
		      "authorized to perform: sts:AssumeRole");
	assert_string_equal(chain->error.code, "AccessDenied");
	assert_string_equal(chain->error.request_id, "r-7");
	assert_int_equal(chain->error.http_status, 403);
}

static void refuses_an_response_of_sts_that_is_none(void **state)
{
	static const struct {
		struct fake_response response;
		const char *message;
	} rows[] = {
		{{200, "", NULL}, "the response is not XML"},
		{{200, "{\"a\":1}", NULL}, "the response is not XML"},
		{{502, "<html><p>Bad gateway", NULL},
		 "HTTP status 502, and the response is not JSON: it begins with "
		 "\"<html>"},
		{{200, "<a><b/></a>", NULL}, "the response lacks AccessKeyId"},
		{{200, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", NULL},
		 "the response is XML with a document type"},
		{{200,
		  "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a>"
		  "</a></a></a></a></a></a></a></a></a></a></a></a></a>",
		  NULL},
		 "the response is XML that is nested too deep"},
		{{200,
		  "<R><Credentials><AccessKeyId>i</AccessKeyId><SecretAccessKey>hidden"
		  "</SecretAccessKey></Credentials></R>",
		  NULL},
		 "the response lacks SessionToken"},
		{{200,
		  "<R><Credentials><AccessKeyId>i</AccessKeyId><SecretAccessKey>hidden"
		  "</SecretAccessKey><SessionToken>hidden</SessionToken><Expiration>"
		  "soon</Expiration></Credentials></R>",
		  NULL},
		 "Expiration in the response is not a time"},
		{{0, "host not found", NULL}, "STS: host not found"},
	};
	struct chain *chain = *state;

	write_config(chain, "[profile base]\naws_access_key_id = base-id\n"
			    "aws_secret_access_key = base-secret\n"
			    "[profile role]\nrole_arn = " ROLE "\n"
			    "source_profile = base\n");
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		chain_script(chain, &rows[i].response, 1);
		chain_refuses(chain, "role", rows[i].message);
		chain_hides(chain, "hidden");
	}
}

static void asks_sts_for_a_role_by_a_token_without_signing(void **state)
{
	struct chain *chain = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/token", chain->setup->home);
	aws_setup_write(path, "ey.token/+\n");
	aws_setup_env(chain->setup, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
	aws_setup_env(chain->setup, "AWS_ROLE_ARN", ROLE);
	aws_setup_env(chain->setup, "AWS_ROLE_SESSION_NAME", "pod");
	chain_script(chain, web_response, 2);
	chain_start(chain, NULL);
	chain_require(chain, "WEB-ID");
	assert_string_equal(chain->found.source,
			    "web identity (profile default, " ROLE ")");
	assert_string_equal(chain->service.requests[0].url,
			    "https://sts.eu-west-1.amazonaws.com/");
	assert_string_equal(
		chain->service.requests[0].body,
		"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws"
		"%3Aiam%3A%3A123456789012%3Arole%2Freader&RoleSessionName=pod&"
		"WebIdentityToken=ey.token%2F%2B");
	assert_string_equal(fake_service_header(&chain->service, 0, "authorization"),
			    "");
	/* The token is another one when the role is renewed. */
	aws_setup_write(path, "second");
	chain->now_s += 3600 - 900;
	chain_require(chain, "WEB-ID-2");
	assert_contains(chain->service.requests[1].body, "&WebIdentityToken=second");
	chain_hides(chain, "ey.token");
	unlink(path);
}

static void takes_web_identity_from_the_profile_when_that_is_explicit(void **state)
{
	struct chain *chain = *state;
	char path[96];
	char text[512];

	snprintf(path, sizeof(path), "%s/token", chain->setup->home);
	aws_setup_write(path, "own");
	snprintf(text, sizeof(text),
		 "[profile p]\nrole_arn = " ROLE "\nrole_session_name = s\n"
		 "web_identity_token_file = %s\n",
		 path);
	write_config(chain, text);
	aws_setup_env(chain->setup, "AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere");
	aws_setup_env(chain->setup, "AWS_ROLE_ARN", "arn:of:the:environment");
	chain_script(chain, web_response, 1);
	chain_start(chain, "p");
	chain_require(chain, "WEB-ID");
	assert_contains(chain->service.requests[0].body, "WebIdentityToken=own");
	assert_contains(chain->service.requests[0].body, "reader&RoleSessionName=s&");
	unlink(path);
}

static void refuses_web_identity_that_is_half_set_up(void **state)
{
	struct chain *chain = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/token", chain->setup->home);
	aws_setup_env(chain->setup, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
	chain_refuses(chain, NULL, "but neither AWS_ROLE_ARN nor role_arn");
	aws_setup_env(chain->setup, "AWS_ROLE_ARN", ROLE);
	chain_refuses(chain, NULL, "token: No such file or directory");
	assert_contains(chain->error.text, "web identity (profile default, " ROLE ")");
	aws_setup_write(path, " \n");
	chain_refuses(chain, NULL, "token is empty");
	aws_setup_env(chain->setup, "AWS_WEB_IDENTITY_TOKEN_FILE", chain->setup->home);
	chain_refuses(chain, NULL, ": it is a directory; put a regular");
	assert_int_equal(chain->service.asked, 0);
	unlink(path);
}

/* An hour of credentials that live 20 s, asked for every second. */
static void write_short_lived(size_t index, char *body, size_t size)
{
	/* Renewed at half of their life. */
	int64_t until_s = FAKE_TIME_S + (int64_t)index * 10 + 20;
	char until[TIMESTAMP_SIZE];

	timestamp_format(until_s, until);
	snprintf(body, size,
		 "<R><Credentials><AccessKeyId>ID-%zu</AccessKeyId><SecretAccessKey>s"
		 "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s"
		 "</Expiration></Credentials></R>",
		 index, until);
}

static void lives_an_hour_on_credentials_of_20_seconds(void **state)
{
	struct chain *chain = *state;

	write_config(chain, "[profile base]\naws_access_key_id = base-id\n"
			    "aws_secret_access_key = base-secret\n"
			    "[profile role]\nrole_arn = " ROLE "\n"
			    "source_profile = base\n");
	chain->service.write = write_short_lived;
	chain_start(chain, "role");
	for (int second = 0; second < 3600; second++) {
		chain->now_s = FAKE_TIME_S + second;
		assert_int_equal(chain_get(chain), 0);
		assert_true(chain->found.expires_at_s - chain->now_s >= 10);
	}
	assert_int_equal(chain->service.asked, 360);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHAIN_TEST(assumes_a_role_by_the_keys_of_another_profile),
		CHAIN_TEST(leaves_a_duration_that_is_no_number_to_the_service),
		CHAIN_TEST(names_the_session_after_itself),
		CHAIN_TEST(goes_through_a_chain_of_roles),
		CHAIN_TEST(lets_a_profile_name_itself_for_its_own_keys),
		CHAIN_TEST(
			takes_the_environment_as_a_source_even_with_an_explicit_profile),
		CHAIN_TEST(takes_a_container_as_a_source),
		CHAIN_TEST(refuses_a_role_that_is_half_set_up),
		CHAIN_TEST(refuses_more_than_ten_roles_in_a_row),
		CHAIN_TEST(refuses_a_role_that_wants_an_mfa_code_and_tells_the_way_out),
		CHAIN_TEST(repeats_what_sts_says_when_it_refuses),
		CHAIN_TEST(refuses_an_response_of_sts_that_is_none),
		CHAIN_TEST(asks_sts_for_a_role_by_a_token_without_signing),
		CHAIN_TEST(takes_web_identity_from_the_profile_when_that_is_explicit),
		CHAIN_TEST(refuses_web_identity_that_is_half_set_up),
		CHAIN_TEST(lives_an_hour_on_credentials_of_20_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
