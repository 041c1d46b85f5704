/*
 * The files that credentials are read from, when something else lies in their place:
 * each is refused at once, by name, and nothing is waited for.
 */
#include "tests/unit/credentials/token_files.h"

#define ROLE "arn:aws:iam::123456789012:role/reader"
#define CORP_SHA1 "ee0bfd2552fbd840c02cc48b6e823320543c450f"
#define ME_SHA256 "2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0"

/* Far beyond what an hour of a busy machine takes, if it takes any time. */
#define HANG_S 60

static void by_config_variable(struct chain *chain, const char *path)
{
	aws_setup_env(chain->setup, "AWS_CONFIG_FILE", path);
}

static void by_credentials_variable(struct chain *chain, const char *path)
{
	aws_setup_env(chain->setup, "AWS_SHARED_CREDENTIALS_FILE", path);
}

static void by_web_identity_variable(struct chain *chain, const char *path)
{
	aws_setup_env(chain->setup, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
	aws_setup_env(chain->setup, "AWS_ROLE_ARN", ROLE);
}

static void by_web_identity_key(struct chain *chain, const char *path)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "[default]\nrole_arn = " ROLE "\nweb_identity_token_file = %s\n",
		 path);
	aws_setup_write(chain->setup->config, text);
}

static void by_container_variable(struct chain *chain, const char *path)
{
	aws_setup_env(chain->setup, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
	aws_setup_env(chain->setup, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
}

static void by_sso_session(struct chain *chain, const char *)
{
	aws_setup_write(chain->setup->config,
			"[default]\nsso_session = corp\nsso_account_id = 1\n"
			"sso_role_name = r\n[sso-session corp]\nsso_region = r\n"
			"sso_start_url = u\n");
}

static void by_login_session(struct chain *chain, const char *)
{
	aws_setup_write(chain->setup->config, "[default]\nlogin_session = me\n");
}

static const struct row {
	void (*set_up)(struct chain *chain, const char *path);
	const char *kind, *hash; /* of a cache */
	bool is_of_profile;
} rows[] = {
	{.set_up = by_config_variable, .is_of_profile = true},
	{.set_up = by_credentials_variable, .is_of_profile = true},
	{.set_up = by_web_identity_variable},
	{.set_up = by_web_identity_key},
	{.set_up = by_container_variable},
	{by_sso_session, "sso", CORP_SHA1, false},
	{by_login_session, "login", ME_SHA256, false},
};

static void put_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void put_directory(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void put_device(const char *path)
{
	assert_int_equal(symlink("/dev/zero", path), 0);
}

static void put_socket(const char *path)
{
	assert_int_equal(mknod(path, S_IFSOCK | 0600, 0), 0);
}

/* Of blanks, or it would take their space. */
static void put_large_file(const char *path)
{
	aws_setup_write(path, "");
	assert_int_equal(truncate(path, 2 << 20), 0);
}

static const struct {
	void (*put)(const char *path);
	const char *message;
} obstacles[] = {
	{put_fifo, ": it is a FIFO; put a regular file in its place"},
	{put_directory, ": it is a directory; put a regular file in its place"},
	{put_device, ": it is a device; put a regular file in its place"},
	{put_socket, ": it is no file that can be read; put a regular file in its"},
	{put_large_file, ": larger than "},
};

static void remove_any(const char *path)
{
	if (unlink(path) < 0)
		rmdir(path);
}

static void refuses(struct chain *chain, const struct row *row, const char *path,
		    const char *message)
{
	if (!row->is_of_profile)
		chain_refuses(chain, NULL, message);
	else if (aws_setup_load(chain->setup, NULL, NULL) == 0)
		fail_msg("'%s' was loaded", path);
	else
		assert_contains(chain->setup->error.text, message);
	assert_contains(row->is_of_profile ? chain->setup->error.text
					   : chain->error.text,
			path);
}

static void refuses_what_is_no_regular_file_and_waits_for_nobody(void **)
{
	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		struct chain *chain = NULL;
		void *made = NULL;
		char path[192];

		assert_int_equal(chain_make(&made), 0);
		chain = made;
		if (rows[i].kind)
			token_file_make(chain, rows[i].kind, rows[i].hash, path);
		else
			snprintf(path, sizeof(path), "%s/file", chain->setup->home);
		rows[i].set_up(chain, path);
		for (size_t j = 0; j < CHAIN_COUNT(obstacles); j++) {
			alarm(HANG_S);
			obstacles[j].put(path);
			refuses(chain, &rows[i], path, obstacles[j].message);
			remove_any(path);
		}
		assert_int_equal(chain->service.asked, 0);
		if (rows[i].kind)
			token_file_remove(chain, rows[i].kind);
		chain_remove(&made);
	}
}

/* As its user sees it: stale with the cause, and fresh again once the file is back. */
static void goes_on_when_a_file_of_settings_is_one_again(void **state)
{
	static const char keys[] = "[default]\naws_access_key_id = A\n"
				   "aws_secret_access_key = hidden\n";
	struct chain *chain = *state;
	const char *const paths[] = {chain->setup->config, chain->setup->credentials};

	for (size_t i = 0; i < CHAIN_COUNT(paths); i++) {
		aws_setup_write(paths[i], keys);
		chain_start(chain, NULL);
		chain_require(chain, "A");
		for (size_t j = 0; j < CHAIN_COUNT(obstacles); j++) {
			alarm(HANG_S);
			unlink(paths[i]);
			obstacles[j].put(paths[i]);
			assert_int_equal(chain_get(chain), -EINVAL);
			assert_contains(chain->error.text, "cannot read ");
			assert_contains(chain->error.text, paths[i]);
			assert_contains(chain->error.text, obstacles[j].message);
			chain_hides(chain, "hidden");
			remove_any(paths[i]);
			aws_setup_write(paths[i], keys);
			chain_require(chain, "A");
		}
		unlink(paths[i]);
	}
}

/* People give it for "no file". */
static void takes_the_null_device_for_an_empty_file(void **state)
{
	struct chain *chain = *state;

	aws_setup_write(chain->setup->config, "no INI");
	aws_setup_env(chain->setup, "AWS_CONFIG_FILE", "/dev/null");
	aws_setup_env(chain->setup, "AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
	aws_setup_env(chain->setup, "AWS_ACCESS_KEY_ID", "A");
	aws_setup_env(chain->setup, "AWS_SECRET_ACCESS_KEY", "hidden");
	chain_start(chain, NULL);
	chain_require(chain, "A");
}

static void write_program(const char *path)
{
	aws_setup_write(
		path,
		"#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"'\"${PWD##*/}\"'"
		"\",\"SecretAccessKey\":\"s\"}'\n");
	assert_int_equal(chmod(path, 0700), 0);
}

/* As a daemon leaves the directory that it was started in, for the root directory. */
static void starts_in_home(struct chain *chain)
{
	assert_int_equal(chdir(chain->setup->home), 0);
	chain_start(chain, NULL);
	assert_int_equal(chdir("/"), 0);
}

static void finds_relative_files_from_where_it_was_started(void **state)
{
	struct chain *chain = *state;
	char path[192];

	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		char missing[224];

		if (rows[i].is_of_profile || rows[i].kind)
			continue;
		rows[i].set_up(chain, "no/token");
		starts_in_home(chain);
		snprintf(missing, sizeof(missing), "%s/no/token: No such file",
			 chain->setup->home);
		assert_int_equal(chain_get(chain), -EACCES);
		assert_contains(chain->error.text, missing);
		aws_setup_env(chain->setup, "AWS_WEB_IDENTITY_TOKEN_FILE", NULL);
		unlink(chain->setup->config);
	}
	aws_setup_env(chain->setup, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", NULL);
	by_login_session(chain, NULL);
	aws_setup_env(chain->setup, "AWS_LOGIN_CACHE_DIRECTORY", ".");
	starts_in_home(chain);
	snprintf(path, sizeof(path), "%s/./" ME_SHA256 ".json", chain->setup->home);
	aws_setup_write(path, "[]");
	assert_int_equal(chain_get(chain), -EACCES);
	assert_contains(chain->error.text, path);
	unlink(path);
}

static void runs_a_program_where_it_was_started(void **state)
{
	static const char config[] = "[default]\ncredential_process = ./program\n";
	struct chain *chain = *state;
	const char *name = strrchr(chain->setup->home, '/') + 1;
	char path[192];

	snprintf(path, sizeof(path), "%s/program", chain->setup->home);
	write_program(path);
	aws_setup_write(chain->setup->config, config);
	starts_in_home(chain);
	chain_require(chain, name);
	/* And once more when the files were read again. */
	unlink(chain->setup->config);
	aws_setup_write(chain->setup->config, config);
	chain_require(chain, name);
	unlink(path);
}

static void runs_a_program_though_the_directory_has_gone(void **state)
{
	struct chain *chain = *state;
	char folder[96], config[256], path[192];

	snprintf(path, sizeof(path), "%s/program", chain->setup->home);
	write_program(path);
	snprintf(config, sizeof(config), "[default]\ncredential_process = %s\n", path);
	aws_setup_write(chain->setup->config, config);
	snprintf(folder, sizeof(folder), "%s/folder", chain->setup->home);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(chdir(folder), 0);
	chain_start(chain, NULL);
	assert_int_equal(chdir(chain->setup->home), 0);
	assert_int_equal(rmdir(folder), 0);
	chain_require(chain, strrchr(chain->setup->home, '/') + 1);
	assert_int_equal(chdir("/"), 0);
	unlink(path);
}

/* As to the AWS CLI; but once it was in use it is missed, and so is one asked for. */
static void passes_by_a_file_that_nobody_asked_for(void **state)
{
	static const char keys[] = "[default]\naws_access_key_id = A\n"
				   "aws_secret_access_key = hidden\n";
	struct chain *chain = *state;

	for (size_t i = 0; i < CHAIN_COUNT(obstacles); i++) {
		alarm(HANG_S);
		obstacles[i].put(chain->setup->config);
		aws_setup_write(chain->setup->credentials, keys);
		chain_start(chain, NULL);
		assert_contains(profile_warning(chain->setup->profile, 0),
				obstacles[i].message);
		assert_null(profile_warning(chain->setup->profile, 1));
		chain_require(chain, "A");
		/* It is passed by when the other one changes as well. */
		unlink(chain->setup->credentials);
		aws_setup_write(chain->setup->credentials, keys);
		chain_require(chain, "A");
		unlink(chain->setup->credentials);
		obstacles[i].put(chain->setup->credentials);
		assert_int_equal(chain_get(chain), -EINVAL);
		assert_contains(chain->error.text, chain->setup->credentials);
		remove_any(chain->setup->credentials);
		aws_setup_write(chain->setup->credentials, keys);
		assert_int_equal(aws_setup_load(chain->setup, "default", NULL),
				 -EINVAL);
		assert_contains(chain->setup->error.text, chain->setup->config);
		remove_any(chain->setup->config);
		unlink(chain->setup->credentials);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_is_no_regular_file_and_waits_for_nobody),
		CHAIN_TEST(goes_on_when_a_file_of_settings_is_one_again),
		CHAIN_TEST(takes_the_null_device_for_an_empty_file),
		CHAIN_TEST(passes_by_a_file_that_nobody_asked_for),
		CHAIN_TEST(finds_relative_files_from_where_it_was_started),
		CHAIN_TEST(runs_a_program_where_it_was_started),
		CHAIN_TEST(runs_a_program_though_the_directory_has_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
