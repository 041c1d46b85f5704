#include <sys/utsname.h>

#include "src/aws/user_agent.h"
#include "tests/unit/aws_setup.h"

static const char *write_agent(struct aws_setup *setup)
{
	static char agent[USER_AGENT_SIZE];

	aws_setup_require(setup, NULL, NULL);
	return user_agent_write(setup->profile, agent);
}

static void assert_app(struct aws_setup *setup, const char *id, const char *shown)
{
	char end[USER_AGENT_SIZE];
	const char *agent;
	const char *app;

	aws_setup_env(setup, "AWS_SDK_UA_APP_ID", id);
	agent = write_agent(setup);
	app = strstr(agent, " app/");
	snprintf(end, sizeof(end), " app/%s", shown);
	assert_non_null(app);
	assert_string_equal(app, end);
}

static void names_the_program_and_the_system(void **state)
{
	struct utsname system;
	char expected[USER_AGENT_SIZE];

	assert_int_equal(uname(&system), 0);
	snprintf(expected, sizeof(expected), "dmsfs/%s os/linux#%s md/arch#%s lang/c",
		 DMSFS_VERSION, system.release, system.machine);
	assert_string_equal(write_agent(*state), expected);
}

static void names_the_application(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, "[default]\nsdk_ua_app_id = From.Config\n");
	assert_app(setup, NULL, "From.Config");
	assert_app(setup, "from-env", "from-env");
}

static void names_the_place_where_it_runs(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_env(setup, "AWS_EXECUTION_ENV", "AWS_ECS_FARGATE");
	assert_non_null(strstr(write_agent(setup), " lang/c exec-env/AWS_ECS_FARGATE"));
	aws_setup_env(setup, "AWS_EXECUTION_ENV", "my cluster#1");
	assert_app(setup, "own", "own");
	assert_non_null(strstr(write_agent(setup), " exec-env/my-cluster-1 app/own"));
	aws_setup_env(setup, "AWS_EXECUTION_ENV", "");
	assert_null(strstr(write_agent(setup), "exec-env"));
}

/* As sanitize_user_agent_string_component() of botocore. */
static void replaces_what_aws_does_not_take(void **state)
{
	struct aws_setup *setup = *state;

	assert_app(setup, "A9!$%&'*+-.^_`|~,#", "A9!$%&'*+-.^_`|~,#");
	assert_app(setup, "a b/c(d)\"e\r\nX: y", "a-b-c-d--e--X--y");
	assert_app(setup, "m\xC3\xBC\xE2\x82\xACx", "m--x");
}

static void warns_of_more_than_50_characters_and_keeps_them(void **state)
{
	static const char fifty[] =
		"12345678901234567890123456789012345678901234567890";
	static const char more[] =
		"12345678901234567890123456789012345678901234567890x";
	struct aws_setup *setup = *state;
	char text[600];

	aws_setup_require(setup, NULL, NULL);
	assert_null(user_agent_warning(setup->profile, text, sizeof(text)));
	assert_app(setup, fifty, fifty);
	assert_null(user_agent_warning(setup->profile, text, sizeof(text)));
	assert_app(setup, more, more);
	assert_non_null(user_agent_warning(setup->profile, text, sizeof(text)));
	assert_string_equal(
		text,
		"AWS_SDK_UA_APP_ID is longer than the 50 characters that AWS accepts");
}

static void cuts_what_has_no_end(void **state)
{
	struct aws_setup *setup = *state;
	char id[2 * USER_AGENT_SIZE];

	memset(id, 'x', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	aws_setup_env(setup, "AWS_SDK_UA_APP_ID", id);
	assert_int_equal(strlen(write_agent(setup)), USER_AGENT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AWS_SETUP_TEST(names_the_program_and_the_system),
		AWS_SETUP_TEST(names_the_application),
		AWS_SETUP_TEST(names_the_place_where_it_runs),
		AWS_SETUP_TEST(replaces_what_aws_does_not_take),
		AWS_SETUP_TEST(warns_of_more_than_50_characters_and_keeps_them),
		AWS_SETUP_TEST(cuts_what_has_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
