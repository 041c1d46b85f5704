#include "tests/unit/aws_setup.h"

#include <errno.h>

#include "src/aws/settings_file.h"

static void works_without_any_file(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_require(setup, NULL, NULL);
	assert_string_equal(profile_name(setup->profile), "default");
	assert_false(profile_is_explicit(setup->profile));
	assert_string_equal(profile_config_path(setup->profile), setup->config);
	assert_string_equal(profile_credentials_path(setup->profile),
			    setup->credentials);
	assert_null(profile_get(setup->profile, "region"));
}

static void chooses_the_profile_by_option_then_variables(void **state)
{
	static const struct {
		const char *option, *env, *default_env, *name;
	} rows[] = {
		{NULL, NULL, NULL, "default"}, {NULL, NULL, "c", "c"},
		{NULL, "b", "c", "b"},	       {"a", "b", "c", "a"},
		{NULL, "", "c", "c"},
	};
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, "[profile a]\n[profile b]\n[profile c]\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_env(setup, "AWS_PROFILE", rows[i].env);
		aws_setup_env(setup, "AWS_DEFAULT_PROFILE", rows[i].default_env);
		aws_setup_require(setup, rows[i].option, NULL);
		assert_string_equal(profile_name(setup->profile), rows[i].name);
		assert_int_equal(profile_is_explicit(setup->profile),
				 rows[i].option != NULL);
	}
}

static void names_an_unknown_profile_and_both_files(void **state)
{
	static const struct {
		const char *option, *env, *asked;
	} rows[] = {
		{"prod", NULL, "'prod' (--profile)"},
		{NULL, "prod", "'prod' (AWS_PROFILE)"},
		/* Not even this one, once it is asked for. */
		{"default", NULL, "'default' (--profile)"},
		{"", NULL, "'' (--profile)"},
	};
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, "[prod]\n[profile x]\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_env(setup, "AWS_PROFILE", rows[i].env);
		assert_int_equal(aws_setup_load(setup, rows[i].option, NULL), -EINVAL);
		assert_null(setup->profile);
		assert_contains(setup->error.text, rows[i].asked);
		assert_contains(setup->error.text, setup->config);
		assert_contains(setup->error.text, setup->credentials);
		assert_contains(setup->error.text, "credentials (no such file)");
	}
}

static void lets_the_credentials_file_win_key_by_key(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, "[profile p]\nregion = r1\noutput = json\n");
	aws_setup_write(setup->credentials, "[p]\nregion = r2\n[q]\nregion = r3\n"
					    "[profile p]\nregion = r4\n");
	aws_setup_require(setup, "p", NULL);
	assert_string_equal(profile_get(setup->profile, "region"), "r2");
	assert_string_equal(profile_get(setup->profile, "output"), "json");
	assert_string_equal(profile_get_config(setup->profile, "region"), "r1");
	assert_string_equal(profile_get_credentials(setup->profile, "region"), "r2");
	assert_null(profile_get_credentials(setup->profile, "output"));
	assert_string_equal(profile_get_of(setup->profile, "q", "region"), "r3");
	assert_true(profile_exists(setup->profile, "q"));
	assert_false(profile_exists(setup->profile, "r"));
}

static void finds_sections_however_they_are_quoted(void **state)
{
	static const struct {
		const char *section, *name;
	} rows[] = {
		{"profile p", "p"},
		{"profile  \t p", "p"},
		{"profile \"my prof\"", "my prof"},
		{"profile 'my prof'", "my prof"},
		{"profile my\\ prof", "my prof"},
		{"\"profile\" p", NULL},
		{"profile my prof", NULL},
		{"profile \"p", NULL},
		{"profile p\\", NULL},
		{"profile", NULL},
		{"profilep", NULL},
		{"p", NULL},
		{"default", "default"},
		{"profile default", "default"},
	};
	struct aws_setup *setup = *state;
	static const char *const names[] = {"p", "my prof", "default"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[64];

		snprintf(text, sizeof(text), "[%s]\nk = v\n", rows[i].section);
		aws_setup_write(setup->config, text);
		aws_setup_require(setup, NULL, NULL);
		for (size_t j = 0; j < sizeof(names) / sizeof(*names); j++) {
			bool is_it = rows[i].name && !strcmp(rows[i].name, names[j]);

			if (profile_exists(setup->profile, names[j]) != is_it)
				fail_msg("[%s] and %s", rows[i].section, names[j]);
			if (is_it)
				assert_string_equal(
					profile_get_of(setup->profile, names[j], "k"),
					"v");
		}
	}
}

static void tells_the_quotes_that_a_name_needs(void **state)
{
	static const struct {
		const char *section, *name, *hint;
	} rows[] = {
		{"profile My Account:ReadOnly", "My Account:ReadOnly",
		 " (as [profile \"My Account:ReadOnly\"]) nor in "},
		{"profile My Account:ReadOnly", "My Account:ReadOnly",
		 "; [profile My Account:ReadOnly] is there without the quotes that "
		 "such "
		 "a name needs: [profile \"My Account:ReadOnly\"]"},
		{"profile \t my prof", "my prof", "needs: [profile \"my prof\"]"},
		{"profile O'Brien", "O'Brien", "needs: [profile \"O'Brien\"]"},
		{"profile a\"b", "a\"b", "needs: [profile 'a\"b']"},
		{"profile CORP\\me", "CORP\\me", "needs: [profile 'CORP\\me']"},
		{"profile my prof two", "my prof", NULL},
		{"profiles my prof", "my prof", NULL},
		{"profile q", "p", NULL},
	};
	struct aws_setup *setup = *state;
	char text[96];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(text, sizeof(text), "[%s]\nk = v\n", rows[i].section);
		aws_setup_write(setup->config, text);
		assert_int_equal(aws_setup_load(setup, rows[i].name, NULL), -EINVAL);
		if (rows[i].hint)
			assert_contains(setup->error.text, rows[i].hint);
		else
			assert_null(strstr(setup->error.text, "without the quotes"));
	}
}

static void takes_the_last_of_two_spellings_whole(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, "[default]\na = 1\nb = 1\n"
				       "[profile default]\na = 2\n");
	aws_setup_require(setup, NULL, NULL);
	assert_string_equal(profile_get(setup->profile, "a"), "2");
	assert_null(profile_get(setup->profile, "b"));
}

static void reads_other_sections_and_nested_keys(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, "[default]\n"
				       "s3 =\n  addressing_style = path\n"
				       "[sso-session corp]\nsso_region = eu-west-1\n"
				       "[services \"my dms\"]\n"
				       "database_migration_service =\n"
				       "    endpoint_url = http://localhost:1\n");
	aws_setup_require(setup, NULL, NULL);
	assert_string_equal(profile_get(setup->profile, "s3.addressing_style"), "path");
	assert_null(profile_get(setup->profile, "s3"));
	assert_null(profile_get(setup->profile, "s3.other"));
	assert_string_equal(profile_section_get(setup->profile, "sso-session", "corp",
						"sso_region"),
			    "eu-west-1");
	assert_string_equal(
		profile_section_get(setup->profile, "services", "my dms",
				    "database_migration_service.endpoint_url"),
		"http://localhost:1");
	assert_true(profile_section_exists(setup->profile, "services", "my dms"));
	assert_false(profile_section_exists(setup->profile, "services", "corp"));
	assert_false(profile_exists(setup->profile, "corp"));
}

static void expands_variables_and_home_in_paths(void **state)
{
	static const char *const paths[] = {
		"~/.aws/config",	"$HOME/.aws/config",  "${HOME}/.aws/config",
		"$HOME/$FOLDER/config", "~/${FOLDER}/config",
	};
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, "[default]\nregion = r\n");
	aws_setup_env(setup, "FOLDER", ".aws");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		aws_setup_env(setup, "AWS_CONFIG_FILE", paths[i]);
		aws_setup_require(setup, NULL, NULL);
		assert_string_equal(profile_config_path(setup->profile), setup->config);
		assert_string_equal(profile_get(setup->profile, "region"), "r");
	}
}

static void leaves_what_it_cannot_expand(void **state)
{
	static const char *const rows[][2] = {
		{"/$UNSET/${UNSET}/${/$", "/$UNSET/${UNSET}/${/$"},
		{"/$EMPTY.x", "/.x"},
		{"/$NESTED", "/$HOME"},
		{"/a~", "/a~"},
	};
	struct aws_setup *setup = *state;

	aws_setup_env(setup, "EMPTY", "");
	aws_setup_env(setup, "NESTED", "$HOME");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_env(setup, "AWS_SHARED_CREDENTIALS_FILE", rows[i][0]);
		aws_setup_require(setup, NULL, NULL);
		assert_string_equal(profile_credentials_path(setup->profile),
				    rows[i][1]);
	}
}

static void makes_relative_paths_absolute(void **state)
{
	struct aws_setup *setup = *state;
	char *folder = getcwd(NULL, 0);
	char expected[4200];

	assert_non_null(folder);
	snprintf(expected, sizeof(expected), "%s/no-such-config", folder);
	aws_setup_env(setup, "AWS_CONFIG_FILE", "no-such-config");
	aws_setup_require(setup, NULL, NULL);
	assert_string_equal(profile_config_path(setup->profile), expected);
	free(folder);
}

static void finds_home_without_the_variable(void **state)
{
	struct aws_setup *setup = *state;
	const char *path = NULL;

	aws_setup_env(setup, "HOME", NULL);
	/* The files that this finds are not the test's. */
	aws_setup_env(setup, "AWS_CONFIG_FILE", "~/no-such-folder/config");
	aws_setup_env(setup, "AWS_SHARED_CREDENTIALS_FILE", "/no-such-folder/c");
	aws_setup_require(setup, NULL, NULL);
	path = profile_config_path(setup->profile);
	assert_int_equal(path[0], '/');
	assert_null(strchr(path, '~'));
}

static void names_file_and_line_of_what_is_malformed(void **state)
{
	struct aws_setup *setup = *state;
	char expected[160];

	aws_setup_write(setup->credentials,
			"[default]\naws_access_key_id = x\nwJalrXUtnFEMI\n");
	assert_int_equal(aws_setup_load(setup, NULL, NULL), -EINVAL);
	snprintf(expected, sizeof(expected), "%s, line 3: ", setup->credentials);
	assert_contains(setup->error.text, expected);
	assert_null(strstr(setup->error.text, "wJalr"));
}

static void reads_the_files_again(void **state)
{
	struct aws_setup *setup = *state;
	struct profile *fresh = NULL;

	aws_setup_write(setup->credentials, "[p]\naws_access_key_id = old\n");
	aws_setup_require(setup, "p", "us-east-1");
	aws_setup_write(setup->credentials, "[p]\naws_access_key_id = new\n");
	assert_int_equal(profile_reload(setup->profile, &fresh, &setup->error), 0);
	assert_string_equal(profile_get(setup->profile, "aws_access_key_id"), "old");
	assert_string_equal(profile_get(fresh, "aws_access_key_id"), "new");
	assert_string_equal(profile_name(fresh), "p");
	assert_true(profile_is_explicit(fresh));
	profile_free(fresh);
	aws_setup_write(setup->credentials, "[q]\n");
	assert_int_equal(profile_reload(setup->profile, &fresh, &setup->error),
			 -EINVAL);
	assert_null(fresh);
	assert_contains(setup->error.text, "'p' (--profile)");
}

static struct profile *load(struct aws_setup *setup, const char *name,
			    struct settings_cache *cache)
{
	const struct profile_options options = {
		.name = name,
		.environment = {aws_setup_getenv, setup},
		.cache = cache,
	};
	struct profile *profile = NULL;

	assert_int_equal(profile_load(&options, &profile, &setup->error), 0);
	return profile;
}

static void shares_what_a_file_said_until_it_is_another_one(void **state)
{
	struct aws_setup *setup = *state;
	struct settings_cache *cache = settings_cache_new();
	struct profile *first = NULL;
	struct profile *second = NULL;
	struct profile *fresh = NULL;

	aws_setup_write(setup->config, "[default]\nregion = a\n"
				       "[profile b]\nregion = b\n");
	first = load(setup, NULL, cache);
	second = load(setup, "b", cache);
	assert_ptr_equal(profile_get_of(first, "b", "region"),
			 profile_get(second, "region"));
	aws_setup_write(setup->config, "[default]\nregion = another\n");
	assert_int_equal(profile_reload(first, &fresh, &setup->error), 0);
	settings_cache_free(cache);
	assert_string_equal(profile_get(first, "region"), "a");
	assert_string_equal(profile_get(second, "region"), "b");
	assert_string_equal(profile_get(fresh, "region"), "another");
	profile_free(first);
	profile_free(second);
	profile_free(fresh);
}

static void prefers_the_variable_of_a_setting(void **state)
{
	struct aws_setup *setup = *state;
	char text[160], expected[160];

	aws_setup_write(setup->config, "[default]\nca_bundle = from-file\nempty =\n");
	aws_setup_require(setup, NULL, NULL);
	assert_string_equal(
		profile_setting(setup->profile, "AWS_CA_BUNDLE", "ca_bundle"),
		"from-file");
	snprintf(expected, sizeof(expected), "ca_bundle of profile default in %s",
		 setup->config);
	assert_string_equal(profile_describe(setup->profile, "AWS_CA_BUNDLE",
					     "ca_bundle", text, sizeof(text)),
			    expected);
	aws_setup_env(setup, "AWS_CA_BUNDLE", "from-env");
	assert_string_equal(
		profile_setting(setup->profile, "AWS_CA_BUNDLE", "ca_bundle"),
		"from-env");
	assert_string_equal(profile_describe(setup->profile, "AWS_CA_BUNDLE",
					     "ca_bundle", text, sizeof(text)),
			    "AWS_CA_BUNDLE");
	assert_null(profile_setting(setup->profile, "AWS_CA_BUNDLE2", NULL));
	assert_null(profile_setting(setup->profile, NULL, "empty"));
}

static void takes_only_true_for_true(void **state)
{
	static const struct {
		const char *value;
		bool is_true;
	} rows[] = {{"true", true}, {"TRUE", true},   {"false", false}, {"1", false},
		    {"yes", false}, {"true ", false}, {"", false},	{NULL, false}};
	struct aws_setup *setup = *state;

	aws_setup_require(setup, NULL, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_env(setup, "AWS_X", rows[i].value);
		assert_int_equal(profile_setting_bool(setup->profile, "AWS_X", NULL),
				 rows[i].is_true);
	}
}

static void finds_the_region_in_order(void **state)
{
	static const struct {
		const char *option, *env, *default_env, *config, *region;
	} rows[] = {
		{NULL, NULL, NULL, "[default]\nregion=d-1\n", "d-1"},
		{NULL, NULL, "c-1", "[default]\nregion=d-1\n", "c-1"},
		{NULL, "b-1", "c-1", "[default]\nregion=d-1\n", "b-1"},
		{"a-1", "b-1", "c-1", "[default]\nregion=d-1\n", "a-1"},
		{NULL, "", "", "[default]\nregion=d-1\n", "d-1"},
	};
	struct aws_setup *setup = *state;
	const char *region = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_env(setup, "AWS_REGION", rows[i].env);
		aws_setup_env(setup, "AWS_DEFAULT_REGION", rows[i].default_env);
		aws_setup_write(setup->config, rows[i].config);
		aws_setup_require(setup, NULL, rows[i].option);
		assert_int_equal(profile_region(setup->profile, &region, &setup->error),
				 0);
		assert_string_equal(region, rows[i].region);
	}
}

static void lists_where_it_looked_for_a_region(void **state)
{
	struct aws_setup *setup = *state;
	const char *region = NULL;

	aws_setup_require(setup, NULL, NULL);
	assert_int_equal(profile_region(setup->profile, &region, &setup->error),
			 -EINVAL);
	assert_contains(setup->error.text, "--region");
	assert_contains(setup->error.text, "AWS_REGION");
	assert_contains(setup->error.text, "AWS_DEFAULT_REGION");
	assert_contains(setup->error.text, "profile default");
	assert_contains(setup->error.text, setup->config);
}

static void refuses_a_region_that_is_no_host_label(void **state)
{
	static const char *const regions[] = {
		"us-east-1.evil.example",
		"us east 1",
		"us-east-1/",
		"-us",
		"us-",
		"us_east",
		"\xC3\xBCs",
		"a123456789a123456789a123456789a123456789a123456789a123456789a123",
	};
	struct aws_setup *setup = *state;
	const char *region = NULL;
	char text[128];

	for (size_t i = 0; i < sizeof(regions) / sizeof(*regions); i++) {
		aws_setup_require(setup, NULL, regions[i]);
		if (profile_region(setup->profile, &region, &setup->error) != -EINVAL)
			fail_msg("'%s' was taken", regions[i]);
		assert_contains(setup->error.text, "(--region)");
		aws_setup_env(setup, "AWS_DEFAULT_REGION", regions[i]);
		aws_setup_require(setup, NULL, NULL);
		profile_region(setup->profile, &region, &setup->error);
		assert_contains(setup->error.text, "(AWS_DEFAULT_REGION)");
		aws_setup_env(setup, "AWS_DEFAULT_REGION", NULL);
		snprintf(text, sizeof(text), "[default]\nregion=%s\n", regions[i]);
		aws_setup_write(setup->config, text);
		aws_setup_require(setup, NULL, NULL);
		profile_region(setup->profile, &region, &setup->error);
		assert_contains(setup->error.text, "(region of profile default in ");
		unlink(setup->config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AWS_SETUP_TEST(works_without_any_file),
		AWS_SETUP_TEST(chooses_the_profile_by_option_then_variables),
		AWS_SETUP_TEST(names_an_unknown_profile_and_both_files),
		AWS_SETUP_TEST(lets_the_credentials_file_win_key_by_key),
		AWS_SETUP_TEST(finds_sections_however_they_are_quoted),
		AWS_SETUP_TEST(tells_the_quotes_that_a_name_needs),
		AWS_SETUP_TEST(takes_the_last_of_two_spellings_whole),
		AWS_SETUP_TEST(reads_other_sections_and_nested_keys),
		AWS_SETUP_TEST(expands_variables_and_home_in_paths),
		AWS_SETUP_TEST(leaves_what_it_cannot_expand),
		AWS_SETUP_TEST(makes_relative_paths_absolute),
		AWS_SETUP_TEST(finds_home_without_the_variable),
		AWS_SETUP_TEST(names_file_and_line_of_what_is_malformed),
		AWS_SETUP_TEST(reads_the_files_again),
		AWS_SETUP_TEST(shares_what_a_file_said_until_it_is_another_one),
		AWS_SETUP_TEST(prefers_the_variable_of_a_setting),
		AWS_SETUP_TEST(takes_only_true_for_true),
		AWS_SETUP_TEST(finds_the_region_in_order),
		AWS_SETUP_TEST(lists_where_it_looked_for_a_region),
		AWS_SETUP_TEST(refuses_a_region_that_is_no_host_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
