#include "tests/unit/aws_setup.h"
#include "tests/unit/call_client.h"

#include <errno.h>

#include "src/credentials/chain.h"

#define NOW_S INT64_C(1795443597) /* 2026-11-23T14:19:57Z */

struct world {
	int64_t now_s;
	struct call_client client;
	struct credentials_chain *chain;
	struct credentials credentials;
};

static int64_t read_clock(void *data)
{
	const struct world *world = data;

	return world->now_s * NS_PER_S;
}

static void start(struct world *world, struct aws_setup *setup)
{
	const struct credentials_options options = {
		.profile = setup->profile,
		.client = &world->client,
	};
	const struct clock clock = {.data = world, .realtime_ns = read_clock};

	memset(world, 0, sizeof(*world));
	world->now_s = NOW_S;
	call_client_make(&world->client, &clock);
	assert_int_equal(credentials_chain_new(&options, &world->chain), 0);
}

static int ask(struct world *world, struct aws_setup *setup)
{
	credentials_fini(&world->credentials);
	memset(&setup->error, 0, sizeof(setup->error));
	return credentials_chain_get(world->chain, &world->credentials, &setup->error);
}

static void end(struct world *world)
{
	credentials_fini(&world->credentials);
	credentials_chain_free(world->chain);
	call_client_fini(&world->client);
}

/* One question to a new chain over the set-up as it stands. */
static int ask_once(struct aws_setup *setup, const char *profile,
		    struct credentials *credentials)
{
	struct world world;
	int rc;

	aws_setup_require(setup, profile, NULL);
	start(&world, setup);
	rc = ask(&world, setup);
	*credentials = world.credentials;
	world.credentials = (struct credentials){0};
	end(&world);
	return rc;
}

static void set_environment_keys(struct aws_setup *setup)
{
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "env-id");
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", "env-secret");
}

static void write_both_files(struct aws_setup *setup)
{
	aws_setup_write(setup->credentials, "[p]\naws_access_key_id = shared-id\n"
					    "aws_secret_access_key = shared-secret\n"
					    "aws_session_token = shared-token\n");
	aws_setup_write(setup->config, "[profile p]\naws_access_key_id = config-id\n"
				       "aws_secret_access_key = config-secret\n");
}

static void asks_the_sources_in_order(void **state)
{
	struct aws_setup *setup = *state;
	struct credentials found;

	set_environment_keys(setup);
	write_both_files(setup);
	aws_setup_env(setup, "AWS_PROFILE", "p");
	assert_int_equal(ask_once(setup, NULL, &found), 0);
	assert_string_equal(found.access_key_id, "env-id");
	assert_string_equal(found.secret_access_key, "env-secret");
	assert_null(found.session_token);
	assert_string_equal(found.source, "environment");
	credentials_fini(&found);

	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", NULL);
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", NULL);
	assert_int_equal(ask_once(setup, NULL, &found), 0);
	assert_string_equal(found.access_key_id, "shared-id");
	assert_string_equal(found.secret_access_key, "shared-secret");
	assert_string_equal(found.session_token, "shared-token");
	assert_contains(found.source, "profile p in ");
	assert_contains(found.source, setup->credentials);
	credentials_fini(&found);

	unlink(setup->credentials);
	assert_int_equal(ask_once(setup, NULL, &found), 0);
	assert_string_equal(found.access_key_id, "config-id");
	assert_string_equal(found.secret_access_key, "config-secret");
	assert_null(found.session_token);
	assert_contains(found.source, setup->config);
	credentials_fini(&found);
}

static void leaves_environment_keys_out_for_an_explicit_profile(void **state)
{
	struct aws_setup *setup = *state;
	struct credentials found;

	set_environment_keys(setup);
	write_both_files(setup);
	assert_int_equal(ask_once(setup, "p", &found), 0);
	assert_string_equal(found.access_key_id, "shared-id");
	credentials_fini(&found);
}

static void lists_what_it_looked_at_when_there_is_nothing(void **state)
{
	struct aws_setup *setup = *state;
	struct credentials found;

	aws_setup_env(setup, "AWS_EC2_METADATA_DISABLED", "true");
	assert_int_equal(ask_once(setup, NULL, &found), -EACCES);
	assert_int_equal(setup->error.kind, ERROR_CREDENTIALS);
	assert_contains(setup->error.text,
			"no AWS credentials found for profile default in ");
	assert_contains(setup->error.text, setup->credentials);
	assert_contains(setup->error.text, setup->config);
	assert_contains(setup->error.text,
			": environment: no AWS_ACCESS_KEY_ID; assume-role: no "
			"role_arn; web identity: no web_identity_token_file, nor "
			"AWS_WEB_IDENTITY_TOKEN_FILE; SSO: no sso_account_id; "
			"credentials file: no aws_access_key_id; login: no "
			"login_session; credential process: no credential_process; "
			"config file: no aws_access_key_id; container: no "
			"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, nor "
			"AWS_CONTAINER_CREDENTIALS_FULL_URI; EC2 metadata: disabled "
			"by AWS_EC2_METADATA_DISABLED");
	aws_setup_write(setup->config, "[profile p]\n");
	assert_int_equal(ask_once(setup, "p", &found), -EACCES);
	assert_contains(setup->error.text,
			"environment: ignored, as --profile is given");
	assert_contains(setup->error.text, "for profile p in ");
}

static void names_the_missing_half_of_a_pair(void **state)
{
	static const struct {
		const char *id, *secret, *message;
	} rows[] = {
		{"my-id", NULL,
		 "(environment): AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is "
		 "missing"},
		{"my-id", "", "AWS_SECRET_ACCESS_KEY is missing"},
	};
	struct aws_setup *setup = *state;
	struct credentials found;

	/* Whole keys further down the chain are not what the user meant. */
	aws_setup_write(
		setup->credentials,
		"[default]\naws_access_key_id = a\naws_secret_access_key = b\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_env(setup, "AWS_ACCESS_KEY_ID", rows[i].id);
		aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", rows[i].secret);
		assert_int_equal(ask_once(setup, NULL, &found), -EACCES);
		assert_contains(setup->error.text, rows[i].message);
		assert_null(strstr(setup->error.text, "my-"));
	}
}

/* As the AWS CLI and the SDKs do; a shell often has it left from somewhere. */
static void passes_over_a_secret_key_alone(void **state)
{
	static const struct {
		const char *id, *secret, *token, *why;
	} rows[] = {
		{NULL, "my-secret", NULL,
		 ": environment: no AWS_ACCESS_KEY_ID, although AWS_SECRET_ACCESS_KEY "
		 "is set; "},
		{"", "my-secret", NULL,
		 ": environment: no AWS_ACCESS_KEY_ID, although AWS_SECRET_ACCESS_KEY "
		 "is set; "},
		{NULL, NULL, "my-token", ": environment: no AWS_ACCESS_KEY_ID; "},
	};
	struct aws_setup *setup = *state;
	struct credentials found;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_env(setup, "AWS_ACCESS_KEY_ID", rows[i].id);
		aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", rows[i].secret);
		aws_setup_env(setup, "AWS_SESSION_TOKEN", rows[i].token);
		aws_setup_write(setup->credentials, "");
		assert_int_equal(ask_once(setup, NULL, &found), -EACCES);
		assert_contains(setup->error.text, rows[i].why);
		assert_null(strstr(setup->error.text, "my-"));
		aws_setup_write(setup->credentials,
				"[default]\naws_access_key_id = file-id\n"
				"aws_secret_access_key = s\n");
		assert_int_equal(ask_once(setup, NULL, &found), 0);
		assert_string_equal(found.access_key_id, "file-id");
		assert_null(found.session_token);
		credentials_fini(&found);
	}
}

static void passes_over_a_secret_key_alone_in_a_file(void **state)
{
	static const char *const texts[] = {
		"[default]\naws_secret_access_key = my-secret\n",
		"[default]\naws_access_key_id =\naws_secret_access_key = my-secret\n",
		"[default]\naws_session_token = my-token\n",
	};
	struct aws_setup *setup = *state;
	struct credentials found;

	aws_setup_write(setup->config, "[default]\naws_access_key_id = config-id\n"
				       "aws_secret_access_key = s\n");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		aws_setup_write(setup->credentials, texts[i]);
		assert_int_equal(ask_once(setup, NULL, &found), 0);
		assert_string_equal(found.access_key_id, "config-id");
		assert_null(found.session_token);
		credentials_fini(&found);
	}
}

static void names_the_file_of_half_a_pair(void **state)
{
	struct aws_setup *setup = *state;
	struct credentials found;

	aws_setup_write(setup->credentials, "[default]\naws_access_key_id = my-id\n");
	/* botocore does not put a pair together from two files either. */
	aws_setup_write(setup->config,
			"[default]\naws_secret_access_key = my-secret\n");
	assert_int_equal(ask_once(setup, NULL, &found), -EACCES);
	assert_contains(setup->error.text, "profile default in ");
	assert_contains(setup->error.text, setup->credentials);
	assert_contains(setup->error.text, "aws_secret_access_key is missing");
}

static void takes_both_names_of_the_session_token(void **state)
{
	static const struct {
		const char *token, *older, *expected;
	} rows[] = {
		{"t", NULL, "t"}, {NULL, "s", "s"}, {"t", "s", "s"}, {"t", "", "t"}};
	struct aws_setup *setup = *state;
	struct credentials found;

	set_environment_keys(setup);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_env(setup, "AWS_SESSION_TOKEN", rows[i].token);
		aws_setup_env(setup, "AWS_SECURITY_TOKEN", rows[i].older);
		assert_int_equal(ask_once(setup, NULL, &found), 0);
		assert_string_equal(found.session_token, rows[i].expected);
		credentials_fini(&found);
	}
	aws_setup_write(setup->credentials,
			"[p]\naws_access_key_id = a\naws_secret_access_key = b\n"
			"aws_security_token = s\naws_session_token = t\n");
	assert_int_equal(ask_once(setup, "p", &found), 0);
	assert_string_equal(found.session_token, "s");
	credentials_fini(&found);
}

static void refuses_keys_that_would_break_a_header(void **state)
{
	static const struct {
		const char *id, *secret, *token, *name;
	} rows[] = {
		{"my-id\n", "my-secret", NULL, "AWS_ACCESS_KEY_ID (environment)"},
		{"my-id", "my secret", NULL, "AWS_SECRET_ACCESS_KEY (environment)"},
		{"my-id", "my-secret", "my-t\r\nX: y",
		 "AWS_SESSION_TOKEN (environment)"},
		{"my-\xC3\xBC", "my-secret", NULL, "AWS_ACCESS_KEY_ID (environment)"},
	};
	struct aws_setup *setup = *state;
	struct credentials found;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_env(setup, "AWS_ACCESS_KEY_ID", rows[i].id);
		aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", rows[i].secret);
		aws_setup_env(setup, "AWS_SESSION_TOKEN", rows[i].token);
		assert_int_equal(ask_once(setup, NULL, &found), -EACCES);
		assert_null(found.access_key_id);
		assert_contains(setup->error.text, rows[i].name);
		assert_null(strstr(setup->error.text, "my"));
	}
}

static void reads_the_expiry_from_the_environment(void **state)
{
	struct aws_setup *setup = *state;
	struct credentials found;

	set_environment_keys(setup);
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "2026-11-23T15:19:57Z");
	assert_int_equal(ask_once(setup, NULL, &found), 0);
	assert_int_equal(found.expires_at_s, NOW_S + 3600);
	credentials_fini(&found);
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "2026-11-23T14:19:57Z");
	assert_int_equal(ask_once(setup, NULL, &found), -EACCES);
	assert_contains(setup->error.text, "the credentials of environment expired at "
					   "2026-11-23T14:19:57Z");
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "tomorrow");
	assert_int_equal(ask_once(setup, NULL, &found), -EACCES);
	assert_contains(setup->error.text, "'tomorrow' (AWS_CREDENTIAL_EXPIRATION)");
}

static void keeps_keys_while_the_files_stay_as_they_are(void **state)
{
	struct aws_setup *setup = *state;
	struct world world;

	set_environment_keys(setup);
	aws_setup_require(setup, NULL, NULL);
	start(&world, setup);
	assert_int_equal(ask(&world, setup), 0);
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "new-id");
	world.now_s += 86400;
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "env-id");
	credentials_chain_invalidate(world.chain);
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "new-id");
	end(&world);
}

static void takes_new_keys_from_an_edited_file(void **state)
{
	struct aws_setup *setup = *state;
	struct world world;

	write_both_files(setup);
	aws_setup_require(setup, "p", NULL);
	start(&world, setup);
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "shared-id");
	/* Of the same length, as keys mostly are. */
	aws_setup_write(setup->credentials, "[p]\naws_access_key_id = edited-id\n"
					    "aws_secret_access_key = new-secret\n");
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "edited-id");
	unlink(setup->credentials);
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "config-id");
	end(&world);
}

static void recovers_when_a_broken_file_is_mended(void **state)
{
	struct aws_setup *setup = *state;
	struct world world;

	write_both_files(setup);
	aws_setup_require(setup, "p", NULL);
	start(&world, setup);
	assert_int_equal(ask(&world, setup), 0);
	aws_setup_write(setup->credentials, "[p]\naws_acc");
	credentials_chain_invalidate(world.chain);
	assert_int_equal(ask(&world, setup), -EINVAL);
	assert_contains(setup->error.text, "credentials, line 2: ");
	assert_null(world.credentials.access_key_id);
	write_both_files(setup);
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "shared-id");
	end(&world);
}

static void keeps_the_old_ones_while_a_file_is_half_written(void **state)
{
	static const char *const texts[] = {
		"", "[p]\naws_acc", "[p]\naws_access_key_id = new-id\n", "[q]\n"};
	struct aws_setup *setup = *state;
	struct world world;

	aws_setup_write(setup->credentials, "[p]\naws_access_key_id = old-id\n"
					    "aws_secret_access_key = old-secret\n");
	aws_setup_require(setup, "p", NULL);
	start(&world, setup);
	assert_int_equal(ask(&world, setup), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		aws_setup_write(setup->credentials, texts[i]);
		for (int j = 0; j < 2; j++) {
			assert_int_equal(ask(&world, setup), 0);
			assert_string_equal(world.credentials.access_key_id, "old-id");
		}
	}
	/* The service refuses them. */
	credentials_chain_invalidate(world.chain);
	assert_int_equal(ask(&world, setup), -EINVAL);
	assert_contains(setup->error.text, "the profile 'p'");
	aws_setup_write(setup->credentials, "[p]\naws_access_key_id = new-id\n"
					    "aws_secret_access_key = new-secret\n");
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "new-id");
	end(&world);
}

static void refreshes_from_a_quarter_of_an_hour_before_expiry(void **state)
{
	struct aws_setup *setup = *state;
	struct world world;

	set_environment_keys(setup);
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "2026-11-23T15:19:57Z");
	aws_setup_require(setup, NULL, NULL);
	start(&world, setup);
	assert_int_equal(ask(&world, setup), 0);
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "new-id");
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "2026-11-23T16:19:57Z");
	world.now_s = NOW_S + 3600 - 901;
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "env-id");
	world.now_s = NOW_S + 3600 - 900;
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "new-id");
	end(&world);
}

static void keeps_the_old_ones_while_an_early_refresh_fails(void **state)
{
	struct aws_setup *setup = *state;
	struct world world;

	set_environment_keys(setup);
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "2026-11-23T15:19:57Z");
	aws_setup_require(setup, NULL, NULL);
	start(&world, setup);
	assert_int_equal(ask(&world, setup), 0);
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", NULL);
	world.now_s = NOW_S + 3600 - 601;
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.secret_access_key, "env-secret");
	/* From ten minutes before expiry on, and after the pause. */
	world.now_s += 60;
	assert_int_equal(ask(&world, setup), -EACCES);
	assert_contains(setup->error.text, "AWS_SECRET_ACCESS_KEY is missing");
	end(&world);
}

static void renews_what_is_short_lived_at_half_its_life(void **state)
{
	struct aws_setup *setup = *state;
	struct world world;

	set_environment_keys(setup);
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "2026-11-23T14:20:17Z");
	aws_setup_require(setup, NULL, NULL);
	start(&world, setup);
	assert_int_equal(ask(&world, setup), 0);
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "new-id");
	world.now_s += 9;
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "env-id");
	world.now_s += 1;
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(world.credentials.access_key_id, "new-id");
	end(&world);
}

static void must_renew_what_is_short_lived_in_its_last_third(void **state)
{
	struct aws_setup *setup = *state;
	struct world world;

	set_environment_keys(setup);
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "2026-11-23T14:20:17Z");
	aws_setup_require(setup, NULL, NULL);
	start(&world, setup);
	assert_int_equal(ask(&world, setup), 0);
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", NULL);
	for (int age_s = 1; age_s < 14; age_s++) {
		world.now_s = NOW_S + age_s;
		assert_int_equal(ask(&world, setup), 0);
	}
	world.now_s = NOW_S + 14;
	assert_int_equal(ask(&world, setup), -EACCES);
	end(&world);
}

static void take_line(void *data, const char *line)
{
	char *lines = data;

	snprintf(lines + strlen(lines), 4096 - strlen(lines), "%s\n", line);
}

static void explains_its_way_without_a_secret(void **state)
{
	struct aws_setup *setup = *state;
	char lines[4096] = "";
	struct world world;
	struct credentials_options options = {
		.client = &world.client,
		.explain = take_line,
		.explain_data = lines,
	};

	aws_setup_write(setup->credentials,
			"[p]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
			"aws_secret_access_key = shared-secret\n"
			"aws_session_token = shared-token\n");
	aws_setup_require(setup, "p", NULL);
	start(&world, setup);
	credentials_chain_free(world.chain);
	options.profile = setup->profile;
	assert_int_equal(credentials_chain_new(&options, &world.chain), 0);
	assert_int_equal(ask(&world, setup), 0);
	assert_contains(lines, "credentials of profile p: environment: passed over: "
			       "ignored, as --profile is given\n");
	assert_contains(lines, "SSO: passed over: no sso_account_id\n");
	assert_contains(lines, "credentials file: taken from profile p in ");
	assert_contains(lines, ", ****MPLE\n");
	assert_null(strstr(lines, "AKIA"));
	assert_null(strstr(lines, "shared-"));
	assert_null(strstr(lines, "config file"));
	end(&world);
}

static void describes_what_is_in_use(void **state)
{
	struct aws_setup *setup = *state;
	char text[256];
	struct world world;

	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", "env-secret");
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "2026-11-23T15:19:57Z");
	aws_setup_require(setup, NULL, NULL);
	start(&world, setup);
	assert_string_equal(credentials_describe(world.chain, text, sizeof(text)), "");
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(credentials_describe(world.chain, text, sizeof(text)),
			    "environment, ****MPLE, until 2026-11-23T15:19:57Z");
	/* The end of a short one would be most of it. */
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "tiny");
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", NULL);
	credentials_chain_invalidate(world.chain);
	assert_int_equal(ask(&world, setup), 0);
	assert_string_equal(credentials_describe(world.chain, text, sizeof(text)),
			    "environment, ****");
	end(&world);
}

static void refuses_what_has_expired_meanwhile(void **state)
{
	struct aws_setup *setup = *state;
	struct world world;

	set_environment_keys(setup);
	aws_setup_env(setup, "AWS_CREDENTIAL_EXPIRATION", "2026-11-23T15:19:57Z");
	aws_setup_require(setup, NULL, NULL);
	start(&world, setup);
	assert_int_equal(ask(&world, setup), 0);
	world.now_s = NOW_S + 3600;
	assert_int_equal(ask(&world, setup), -EACCES);
	assert_contains(setup->error.text, "expired at 2026-11-23T15:19:57Z");
	assert_null(world.credentials.secret_access_key);
	end(&world);
}

static void copies_deeply(void **)
{
	char id[] = "id", secret[] = "secret", token[] = "token";
	const struct credentials from = {
		.access_key_id = id,
		.secret_access_key = secret,
		.session_token = token,
		.expires_at_s = 7,
		.source = "test",
	};
	struct credentials to;

	assert_int_equal(credentials_copy(&to, &from), 0);
	assert_ptr_not_equal(to.secret_access_key, secret);
	assert_string_equal(to.access_key_id, "id");
	assert_string_equal(to.secret_access_key, "secret");
	assert_string_equal(to.session_token, "token");
	assert_int_equal(to.expires_at_s, 7);
	assert_string_equal(to.source, "test");
	credentials_fini(&to);
	assert_null(to.access_key_id);
	assert_null(to.secret_access_key);
	assert_null(to.session_token);
	assert_string_equal(to.source, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AWS_SETUP_TEST(asks_the_sources_in_order),
		AWS_SETUP_TEST(leaves_environment_keys_out_for_an_explicit_profile),
		AWS_SETUP_TEST(lists_what_it_looked_at_when_there_is_nothing),
		AWS_SETUP_TEST(names_the_missing_half_of_a_pair),
		AWS_SETUP_TEST(passes_over_a_secret_key_alone),
		AWS_SETUP_TEST(passes_over_a_secret_key_alone_in_a_file),
		AWS_SETUP_TEST(names_the_file_of_half_a_pair),
		AWS_SETUP_TEST(takes_both_names_of_the_session_token),
		AWS_SETUP_TEST(refuses_keys_that_would_break_a_header),
		AWS_SETUP_TEST(reads_the_expiry_from_the_environment),
		AWS_SETUP_TEST(keeps_keys_while_the_files_stay_as_they_are),
		AWS_SETUP_TEST(takes_new_keys_from_an_edited_file),
		AWS_SETUP_TEST(keeps_the_old_ones_while_a_file_is_half_written),
		AWS_SETUP_TEST(recovers_when_a_broken_file_is_mended),
		AWS_SETUP_TEST(refreshes_from_a_quarter_of_an_hour_before_expiry),
		AWS_SETUP_TEST(keeps_the_old_ones_while_an_early_refresh_fails),
		AWS_SETUP_TEST(renews_what_is_short_lived_at_half_its_life),
		AWS_SETUP_TEST(must_renew_what_is_short_lived_in_its_last_third),
		AWS_SETUP_TEST(explains_its_way_without_a_secret),
		AWS_SETUP_TEST(describes_what_is_in_use),
		AWS_SETUP_TEST(refuses_what_has_expired_meanwhile),
		cmocka_unit_test(copies_deeply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
