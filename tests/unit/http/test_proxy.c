#include <errno.h>

#include "src/http/proxy.h"
#include "tests/unit/aws_setup.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *find(struct aws_setup *setup, const char *scheme, const char *host)
{
	const struct environment environment = {aws_setup_getenv, setup};
	static char found[128];
	char *proxy = NULL;
	int err;

	setup->error = (struct error){0};
	err = proxy_find(&environment, scheme, host, &proxy, &setup->error);
	assert_string_equal(setup->error.text, "");
	assert_int_equal(err, 0);
	snprintf(found, sizeof(found), "%s", proxy ? proxy : "none");
	free(proxy);
	return found;
}

static void takes_the_proxy_of_the_scheme(void **state)
{
	struct aws_setup *setup = *state;

	assert_string_equal(find(setup, "https", "h"), "none");
	aws_setup_env(setup, "ALL_PROXY", "http://all:1");
	aws_setup_env(setup, "HTTPS_PROXY", "http://upper:1");
	assert_string_equal(find(setup, "https", "h"), "http://upper:1");
	assert_string_equal(find(setup, "http", "h"), "none");
	aws_setup_env(setup, "HTTP_PROXY", "http://plain:1");
	assert_string_equal(find(setup, "http", "h"), "http://plain:1");
	aws_setup_env(setup, "http_proxy", "http://lower:1");
	aws_setup_env(setup, "https_proxy", "socks5h://lower:2");
	assert_string_equal(find(setup, "http", "h"), "http://lower:1");
	assert_string_equal(find(setup, "https", "h"), "socks5h://lower:2");
}

static void takes_an_empty_variable_for_no_proxy(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_env(setup, "HTTPS_PROXY", "http://upper:1");
	aws_setup_env(setup, "https_proxy", "");
	assert_string_equal(find(setup, "https", "h"), "none");
	aws_setup_env(setup, "https_proxy", NULL);
	aws_setup_env(setup, "NO_PROXY", "h");
	assert_string_equal(find(setup, "https", "h"), "none");
	aws_setup_env(setup, "no_proxy", "");
	assert_string_equal(find(setup, "https", "h"), "http://upper:1");
}

static void distrusts_http_proxy_in_a_script_of_a_web_server(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_env(setup, "HTTP_PROXY", "http://client:1");
	aws_setup_env(setup, "REQUEST_METHOD", "GET");
	assert_string_equal(find(setup, "http", "h"), "none");
	aws_setup_env(setup, "http_proxy", "http://own:1");
	assert_string_equal(find(setup, "http", "h"), "http://own:1");
}

/* Checked against proxy_bypass_environment() of Python's urllib, but for the address
 * without brackets. */
static void passes_by_what_no_proxy_names(void **state)
{
	static const struct {
		const char *list, *host;
		bool is_exempt;
	} rows[] = {
		{"*", "dms.example", true},
		{"*,x", "dms.example", false},
		{"dms.example", "dms.example", true},
		{"DMS.Example", "dms.example", true},
		{"example", "dms.example", true},
		{".example", "dms.example", true},
		{"..example", "dms.example", true},
		{" a , example\t,b", "dms.example", true},
		{"xample", "dms.example", false},
		{"*.example", "dms.example", false},
		{"ms.example", "dms.example", false},
		{"dms.example.", "dms.example", false},
		{"dms.example", "dms.example:8443", true},
		{"dms.example:8443", "dms.example:8443", true},
		{"example:8443", "dms.example:8443", true},
		{"dms.example:443", "dms.example:8443", false},
		{"dms.example:443", "dms.example", false},
		{"10.0.0.0/8", "10.1.2.3", false},
		{"10.1.2.3", "10.1.2.3", true},
		{"[::1]", "[::1]:80", true},
		{"::1", "[::1]:80", true},
		{"::1", "[::1]", true},
		{",", "dms.example", false},
		{",,example", "dms.example", true},
		{" ", "dms.example", false},
		{".", "dms.example", false},
	};
	struct aws_setup *setup = *state;

	aws_setup_env(setup, "https_proxy", "proxy:1");
	for (size_t i = 0; i < COUNT(rows); i++) {
		aws_setup_env(setup, "NO_PROXY", rows[i].list);
		if (strcmp(find(setup, "https", rows[i].host),
			   rows[i].is_exempt ? "none" : "proxy:1"))
			fail_msg("'%s', %s", rows[i].list, rows[i].host);
	}
}

static void names_the_variable_of_a_bad_proxy_and_not_its_password(void **state)
{
	static const char *const rows[] = {
		"http://me:hidden@bad host:1",
		"ftp://me:hidden@h",
		"http://me:hidden@h:port",
		"me:hidden@h:99999",
		"http://me:hid/den@h:1",
		"http://me:1#hidden@h:1",
		"http://me:hid#den@h:1",
		"http://me:hid?den@h:1",
		"http://",
		" ",
	};
	struct aws_setup *setup = *state;
	const struct environment environment = {aws_setup_getenv, setup};
	char *proxy;

	for (size_t i = 0; i < COUNT(rows); i++) {
		aws_setup_env(setup, "HTTPS_PROXY", rows[i]);
		if (proxy_find(&environment, "https", "h", &proxy, &setup->error) !=
		    -EINVAL)
			fail_msg("'%s' was taken", rows[i]);
		assert_null(proxy);
		assert_string_equal(
			setup->error.text,
			strchr(rows[i], '@')
				? "HTTPS_PROXY is not a proxy URL such as "
				  "http://proxy.example:3128; in a user name or "
				  "password write / as %2F, ? as %3F and # as %23"
				: "HTTPS_PROXY is not a proxy URL such as "
				  "http://proxy.example:3128");
	}
	aws_setup_env(setup, "NO_PROXY", "h");
	assert_string_equal(find(setup, "https", "h"), "none");
}

static void takes_a_proxy_with_a_password_and_without_a_scheme(void **state)
{
	static const char *const rows[] = {"me:hidden@h:3128", "h", "10.0.0.1:8080",
					   "HTTP://h", "socks4a://[::1]:1080"};
	struct aws_setup *setup = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		aws_setup_env(setup, "HTTPS_PROXY", rows[i]);
		assert_string_equal(find(setup, "https", "h"), rows[i]);
	}
}

static void divides_a_password_from_the_host_by_the_last_at(void **state)
{
	static const struct {
		const char *value, *proxy;
	} rows[] = {
		{"http://me:p@ss@h:3128", "http://me:p%40ss@h:3128"},
		{"me:p@s@s@h:3128", "me:p%40s%40s@h:3128"},
		{"http://me@corp.example:p@h", "http://me%40corp.example:p@h"},
		{"http://me:p%40ss@h:3128", "http://me:p%40ss@h:3128"},
		{"http://me:p@h/", "http://me:p@h/"},
		{"http://h:3128 ", "http://h:3128"},
		{" \thttp://me:p@ss@h:3128\r\n", "http://me:p%40ss@h:3128"},
	};
	struct aws_setup *setup = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		aws_setup_env(setup, "HTTPS_PROXY", rows[i].value);
		assert_string_equal(find(setup, "https", "h"), rows[i].proxy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AWS_SETUP_TEST(takes_the_proxy_of_the_scheme),
		AWS_SETUP_TEST(takes_an_empty_variable_for_no_proxy),
		AWS_SETUP_TEST(distrusts_http_proxy_in_a_script_of_a_web_server),
		AWS_SETUP_TEST(passes_by_what_no_proxy_names),
		AWS_SETUP_TEST(names_the_variable_of_a_bad_proxy_and_not_its_password),
		AWS_SETUP_TEST(divides_a_password_from_the_host_by_the_last_at),
		AWS_SETUP_TEST(takes_a_proxy_with_a_password_and_without_a_scheme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
