#include "tests/unit/aws_setup.h"

#include <errno.h>

#include "src/aws/endpoint.h"

#define SERVICE_ENV "AWS_ENDPOINT_URL_DATABASE_MIGRATION_SERVICE"

static int resolve(struct aws_setup *setup, const char *url, bool is_http_allowed,
		   struct endpoint *endpoint)
{
	const struct endpoint_options options = {.url = url,
						 .is_http_allowed = is_http_allowed};

	memset(&setup->error, 0, sizeof(setup->error));
	return endpoint_resolve(setup->profile, &options, endpoint, &setup->error);
}

static void assert_url(struct aws_setup *setup, const char *url, const char *expected)
{
	struct endpoint endpoint;
	int rc = resolve(setup, url, false, &endpoint);

	assert_string_equal(setup->error.text, "");
	assert_int_equal(rc, 0);
	assert_string_equal(endpoint.url, expected);
}

/* By botocore 1.43's rule set for DMS and its partitions. */
static void makes_the_url_of_every_partition(void **state)
{
	static const struct {
		const char *region, *plain, *fips, *dual_stack, *both;
	} rows[] = {
		{"us-east-1", "dms.us-east-1.amazonaws.com",
		 "dms-fips.us-east-1.amazonaws.com", "dms.us-east-1.api.aws",
		 "dms-fips.us-east-1.api.aws"},
		{"mx-central-1", "dms.mx-central-1.amazonaws.com",
		 "dms-fips.mx-central-1.amazonaws.com", "dms.mx-central-1.api.aws",
		 "dms-fips.mx-central-1.api.aws"},
		{"cn-north-1", "dms.cn-north-1.amazonaws.com.cn",
		 "dms-fips.cn-north-1.amazonaws.com.cn",
		 "dms.cn-north-1.api.amazonwebservices.com.cn",
		 "dms-fips.cn-north-1.api.amazonwebservices.com.cn"},
		{"us-gov-west-1", "dms.us-gov-west-1.amazonaws.com",
		 "dms.us-gov-west-1.amazonaws.com", "dms.us-gov-west-1.api.aws",
		 "dms-fips.us-gov-west-1.api.aws"},
		{"eusc-de-east-1", "dms.eusc-de-east-1.amazonaws.eu",
		 "dms-fips.eusc-de-east-1.amazonaws.eu",
		 "dms.eusc-de-east-1.api.amazonwebservices.eu",
		 "dms-fips.eusc-de-east-1.api.amazonwebservices.eu"},
		{"us-iso-east-1", "dms.us-iso-east-1.c2s.ic.gov",
		 "dms.us-iso-east-1.c2s.ic.gov", "dms.us-iso-east-1.api.aws.ic.gov",
		 "dms-fips.us-iso-east-1.api.aws.ic.gov"},
		{"us-isob-east-1", "dms.us-isob-east-1.sc2s.sgov.gov",
		 "dms.us-isob-east-1.sc2s.sgov.gov",
		 "dms.us-isob-east-1.api.aws.scloud",
		 "dms-fips.us-isob-east-1.api.aws.scloud"},
		{"eu-isoe-west-1", "dms.eu-isoe-west-1.cloud.adc-e.uk",
		 "dms-fips.eu-isoe-west-1.cloud.adc-e.uk",
		 "dms.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
		 "dms-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
		{"us-isof-south-1", "dms.us-isof-south-1.csp.hci.ic.gov",
		 "dms-fips.us-isof-south-1.csp.hci.ic.gov",
		 "dms.us-isof-south-1.api.aws.hci.ic.gov",
		 "dms-fips.us-isof-south-1.api.aws.hci.ic.gov"},
		/* No partition's: taken for one of aws. */
		{"xx-new-1", "dms.xx-new-1.amazonaws.com",
		 "dms-fips.xx-new-1.amazonaws.com", "dms.xx-new-1.api.aws",
		 "dms-fips.xx-new-1.api.aws"},
	};
	struct aws_setup *setup = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *const hosts[] = {rows[i].plain, rows[i].fips,
					     rows[i].dual_stack, rows[i].both};

		for (size_t variant = 0; variant < 4; variant++) {
			struct endpoint endpoint;
			char url[128];

			aws_setup_env(setup, "AWS_USE_FIPS_ENDPOINT",
				      variant & 1 ? "true" : NULL);
			aws_setup_env(setup, "AWS_USE_DUALSTACK_ENDPOINT",
				      variant & 2 ? "true" : NULL);
			aws_setup_require(setup, NULL, rows[i].region);
			assert_int_equal(resolve(setup, NULL, false, &endpoint), 0);
			snprintf(url, sizeof(url), "https://%s", hosts[variant]);
			assert_string_equal(endpoint.url, url);
			assert_string_equal(endpoint.host, hosts[variant]);
			assert_string_equal(endpoint.path, "/");
			assert_string_equal(endpoint.region, rows[i].region);
			assert_false(endpoint.is_custom);
		}
	}
}

/* As botocore's _normalize_fips_region, which works on the text. */
static void makes_the_fips_endpoint_of_a_fips_region(void **state)
{
	static const struct {
		const char *region, *signed_for, *dms, *sts;
	} rows[] = {
		{"fips-us-west-2", "us-west-2", "dms-fips.us-west-2.amazonaws.com",
		 "sts-fips.us-west-2.amazonaws.com"},
		{"us-west-2-fips", "us-west-2", "dms-fips.us-west-2.amazonaws.com",
		 "sts-fips.us-west-2.amazonaws.com"},
		{"us-fips-west-2", "us-west-2", "dms-fips.us-west-2.amazonaws.com",
		 "sts-fips.us-west-2.amazonaws.com"},
		{"fips-us-west-2-fips", "us-west-2", "dms-fips.us-west-2.amazonaws.com",
		 "sts-fips.us-west-2.amazonaws.com"},
		{"us-gov-west-1-fips", "us-gov-west-1",
		 "dms.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.amazonaws.com"},
		{"fips-cn-north-1", "cn-north-1",
		 "dms-fips.cn-north-1.amazonaws.com.cn",
		 "sts-fips.cn-north-1.amazonaws.com.cn"},
		/* Not the spelling of a mark. */
		{"FIPS-us-west-2", "FIPS-us-west-2", "dms.FIPS-us-west-2.amazonaws.com",
		 "sts.FIPS-us-west-2.amazonaws.com"},
		{"fips", "fips", "dms.fips.amazonaws.com", "sts.fips.amazonaws.com"},
	};
	struct aws_setup *setup = *state;
	struct endpoint endpoint;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		aws_setup_require(setup, NULL, rows[i].region);
		assert_int_equal(resolve(setup, NULL, false, &endpoint), 0);
		assert_string_equal(endpoint.host, rows[i].dms);
		assert_string_equal(endpoint.region, rows[i].signed_for);
		assert_int_equal(endpoint_resolve_service(setup->profile, ENDPOINT_STS,
							  NULL, &endpoint,
							  &setup->error),
				 0);
		assert_string_equal(endpoint.host, rows[i].sts);
		assert_string_equal(endpoint.region, rows[i].signed_for);
		/* botocore lets a URL win, unlike over AWS_USE_FIPS_ENDPOINT. */
		assert_int_equal(resolve(setup, "https://h", false, &endpoint), 0);
		assert_string_equal(endpoint.host, "h");
		assert_string_equal(endpoint.region, rows[i].signed_for);
	}
}

static void needs_a_region_even_with_a_url(void **state)
{
	struct aws_setup *setup = *state;
	struct endpoint endpoint;

	aws_setup_require(setup, NULL, NULL);
	assert_int_equal(resolve(setup, "https://dms.example", false, &endpoint),
			 -EINVAL);
	assert_contains(setup->error.text, "no region");
}

static void takes_the_url_apart_as_it_is_sent(void **state)
{
	static const struct {
		const char *given, *url, *host, *path;
	} rows[] = {
		{"https://dms.example", "https://dms.example/", "dms.example", "/"},
		{"https://dms.example/", "https://dms.example/", "dms.example", "/"},
		{"https://dms.example:443/", "https://dms.example:443/", "dms.example",
		 "/"},
		{"https://dms.example:8443", "https://dms.example:8443/",
		 "dms.example:8443", "/"},
		{"http://127.0.0.1:80/", "http://127.0.0.1:80/", "127.0.0.1", "/"},
		{"https://h/a/b%20c/", "https://h/a/b%20c/", "h", "/a/b%20c/"},
		{"https://h/a/../b", "https://h/b", "h", "/b"},
		{"HTTPS://h/", "https://h/", "h", "/"},
		{"https://[2001:db8::1]:44/", "https://[2001:db8::1]:44/",
		 "[2001:db8::1]:44", "/"},
	};
	struct aws_setup *setup = *state;

	aws_setup_require(setup, NULL, "eu-west-1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct endpoint endpoint;

		assert_int_equal(resolve(setup, rows[i].given, false, &endpoint), 0);
		assert_string_equal(endpoint.url, rows[i].url);
		assert_string_equal(endpoint.host, rows[i].host);
		assert_string_equal(endpoint.path, rows[i].path);
		assert_string_equal(endpoint.region, "eu-west-1");
		assert_true(endpoint.is_custom);
	}
}

static void takes_plain_http_for_loopback_only(void **state)
{
	static const struct {
		const char *url;
		bool is_loopback;
	} rows[] = {
		{"http://localhost", true},
		{"http://LOCALHOST:8080/x", true},
		{"http://127.0.0.1", true},
		{"http://127.255.255.254", true},
		{"http://127.1", true}, /* libcurl makes it 127.0.0.1 */
		{"http://[::1]:1", true},
		{"http://128.0.0.1", false},
		{"http://10.0.0.1", false},
		{"http://[::2]", false},
		{"http://[::ffff:10.0.0.1]", false},
		{"http://localhost.example", false},
		{"http://127.0.0.1.example", false},
		{"http://dms.example", false},
	};
	struct aws_setup *setup = *state;

	aws_setup_require(setup, NULL, "eu-west-1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct endpoint endpoint;
		int rc = resolve(setup, rows[i].url, false, &endpoint);

		if (rc != (rows[i].is_loopback ? 0 : -EINVAL))
			fail_msg("%s: %d, '%s'", rows[i].url, rc, setup->error.text);
		if (!rows[i].is_loopback)
			assert_contains(setup->error.text, "--allow-http");
		assert_int_equal(resolve(setup, rows[i].url, true, &endpoint), 0);
	}
}

static void refuses_what_is_no_endpoint_and_says_why(void **state)
{
	static const char *const rows[][2] = {
		{"", "--endpoint-url is not a URL"},
		{"dms.example", "--endpoint-url is not a URL"},
		{"https://", "--endpoint-url is not a URL"},
		{"https://h:99999", "--endpoint-url is not a URL"},
		{"https://h h/", "--endpoint-url is not a URL"},
		{"https://h\n/", "--endpoint-url is not a URL"},
		{"https://m\xC3\xBCller/", "--endpoint-url is not a URL"},
		{"ftp://h/", "'ftp://h/' (--endpoint-url) must begin with https://"},
		{"a-long-scheme://h/", "(--endpoint-url) must begin with https://"},
		{"https://h/?a=b", "--endpoint-url must not have a query"},
		{"https://h/#f", "--endpoint-url must not have a fragment"},
		{"https://me@h/", "must not have a user name or password"},
		{"https://me:hidden@h/", "must not have a user name or password"},
		{"ftp://:hidden@h/", "must not have a user name or password"},
	};
	struct aws_setup *setup = *state;

	aws_setup_require(setup, NULL, "eu-west-1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct endpoint endpoint;

		if (resolve(setup, rows[i][0], true, &endpoint) != -EINVAL)
			fail_msg("'%s' was taken", rows[i][0]);
		assert_contains(setup->error.text, rows[i][1]);
		assert_null(strstr(setup->error.text, "hidden"));
	}
}

static void refuses_parts_that_are_too_long(void **state)
{
	struct aws_setup *setup = *state;
	struct endpoint endpoint;
	char url[700];

	aws_setup_require(setup, NULL, "eu-west-1");
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://h/", 10);
	url[sizeof(url) - 1] = '\0';
	assert_int_equal(resolve(setup, url, false, &endpoint), -EINVAL);
	assert_contains(setup->error.text, "one of its parts is too long");
	/* A host that fits alone, and not with its port. */
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://", 8);
	memcpy(url + 8 + sizeof(endpoint.host) - 1, ":8443/", 7);
	assert_int_equal(resolve(setup, url, false, &endpoint), -EINVAL);
	assert_contains(setup->error.text, "--endpoint-url is too long");
}

static const char services_config[] =
	"[default]\nservices = mine\nendpoint_url = https://config-global\n"
	"[services mine]\ndatabase_migration_service =\n"
	"  endpoint_url = https://config-service\n";

static void looks_for_the_url_in_order(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, services_config);
	aws_setup_env(setup, SERVICE_ENV, "https://env-service");
	aws_setup_env(setup, "AWS_ENDPOINT_URL", "https://env-global");
	aws_setup_require(setup, NULL, "eu-west-1");
	assert_url(setup, "https://option", "https://option/");
	assert_url(setup, NULL, "https://env-service/");
	aws_setup_env(setup, SERVICE_ENV, NULL);
	assert_url(setup, NULL, "https://env-global/");
	aws_setup_env(setup, "AWS_ENDPOINT_URL", NULL);
	assert_url(setup, NULL, "https://config-service/");
	aws_setup_write(setup->config, "[default]\nservices = mine\n"
				       "endpoint_url = https://config-global\n"
				       "[services mine]\ns3 =\n  endpoint_url = x\n");
	aws_setup_require(setup, NULL, "eu-west-1");
	assert_url(setup, NULL, "https://config-global/");
}

static void ignores_all_but_the_option_when_told_to(void **state)
{
	struct aws_setup *setup = *state;

	aws_setup_write(setup->config, services_config);
	aws_setup_env(setup, SERVICE_ENV, "https://env-service");
	aws_setup_env(setup, "AWS_ENDPOINT_URL", "https://env-global");
	aws_setup_env(setup, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
	aws_setup_require(setup, NULL, "eu-west-1");
	assert_url(setup, NULL, "https://dms.eu-west-1.amazonaws.com");
	assert_url(setup, "https://option", "https://option/");
	aws_setup_env(setup, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false");
	assert_url(setup, NULL, "https://env-service/");
}

static void names_a_services_section_that_is_missing(void **state)
{
	struct aws_setup *setup = *state;
	struct endpoint endpoint;

	aws_setup_write(setup->config, "[default]\nservices = mine\n");
	aws_setup_require(setup, NULL, "eu-west-1");
	assert_int_equal(resolve(setup, NULL, false, &endpoint), -EINVAL);
	assert_contains(setup->error.text, "services of profile default in ");
	assert_contains(setup->error.text, "[services mine]");
	assert_contains(setup->error.text, setup->config);
}

static void names_where_a_bad_url_came_from(void **state)
{
	struct aws_setup *setup = *state;
	struct endpoint endpoint;

	aws_setup_write(setup->config, "[default]\nservices = mine\nendpoint_url = b\n"
				       "[services mine]\ndatabase_migration_service =\n"
				       "  endpoint_url = bad\n");
	aws_setup_env(setup, SERVICE_ENV, "bad");
	aws_setup_env(setup, "AWS_ENDPOINT_URL", "bad");
	aws_setup_require(setup, NULL, "eu-west-1");
	assert_int_equal(resolve(setup, NULL, false, &endpoint), -EINVAL);
	assert_contains(setup->error.text, SERVICE_ENV " is not a URL");
	aws_setup_env(setup, SERVICE_ENV, NULL);
	assert_int_equal(resolve(setup, NULL, false, &endpoint), -EINVAL);
	assert_contains(setup->error.text, "AWS_ENDPOINT_URL is not a URL");
	aws_setup_env(setup, "AWS_ENDPOINT_URL", NULL);
	assert_int_equal(resolve(setup, NULL, false, &endpoint), -EINVAL);
	assert_contains(setup->error.text, "of [services mine] in ");
	aws_setup_write(setup->config, "[default]\nendpoint_url = bad\n");
	aws_setup_require(setup, NULL, "eu-west-1");
	assert_int_equal(resolve(setup, NULL, false, &endpoint), -EINVAL);
	assert_contains(setup->error.text, "endpoint_url of profile default in ");
}

static void refuses_fips_and_dual_stack_with_a_url(void **state)
{
	struct aws_setup *setup = *state;
	struct endpoint endpoint;

	aws_setup_write(setup->config, "[default]\nuse_dualstack_endpoint = true\n");
	aws_setup_env(setup, "AWS_USE_FIPS_ENDPOINT", "true");
	aws_setup_require(setup, NULL, "eu-west-1");
	assert_int_equal(resolve(setup, "https://h", false, &endpoint), -EINVAL);
	assert_contains(setup->error.text, "AWS_USE_FIPS_ENDPOINT cannot be combined");
	assert_contains(setup->error.text, "(--endpoint-url)");
	aws_setup_env(setup, "AWS_USE_FIPS_ENDPOINT", NULL);
	assert_int_equal(resolve(setup, "https://h", false, &endpoint), -EINVAL);
	assert_contains(setup->error.text,
			"use_dualstack_endpoint of profile default in ");
}

static int resolve_service(struct aws_setup *setup, enum endpoint_service service,
			   const char *region, struct endpoint *endpoint)
{
	memset(&setup->error, 0, sizeof(setup->error));
	return endpoint_resolve_service(setup->profile, service, region, endpoint,
					&setup->error);
}

static void assert_service_host(struct aws_setup *setup, enum endpoint_service service,
				const char *region, const char *expected)
{
	struct endpoint endpoint;
	char url[160];
	int rc = resolve_service(setup, service, region, &endpoint);

	assert_string_equal(setup->error.text, "");
	assert_int_equal(rc, 0);
	assert_string_equal(endpoint.host, expected);
	snprintf(url, sizeof(url), "https://%s", expected);
	assert_string_equal(endpoint.url, url);
	assert_string_equal(endpoint.path, "/");
	assert_string_equal(endpoint.region, region);
	assert_false(endpoint.is_custom);
}

/* By the rule sets of botocore 1.43.67 for sts, sso, sso-oidc and signin. */
static void names_the_host_of_each_service(void **state)
{
	static const struct {
		enum endpoint_service service;
		const char *region, *plain, *fips, *dual_stack, *both;
	} rows[] = {
		{ENDPOINT_STS, "eu-west-1", "sts.eu-west-1.amazonaws.com",
		 "sts-fips.eu-west-1.amazonaws.com", "sts.eu-west-1.api.aws",
		 "sts-fips.eu-west-1.api.aws"},
		{ENDPOINT_STS, "us-gov-east-1", "sts.us-gov-east-1.amazonaws.com",
		 "sts.us-gov-east-1.amazonaws.com", "sts.us-gov-east-1.api.aws",
		 "sts-fips.us-gov-east-1.api.aws"},
		{ENDPOINT_STS, "us-iso-east-1", "sts.us-iso-east-1.c2s.ic.gov",
		 "sts-fips.us-iso-east-1.c2s.ic.gov",
		 "sts.us-iso-east-1.api.aws.ic.gov",
		 "sts-fips.us-iso-east-1.api.aws.ic.gov"},
		{ENDPOINT_STS, "cn-north-1", "sts.cn-north-1.amazonaws.com.cn",
		 "sts-fips.cn-north-1.amazonaws.com.cn",
		 "sts.cn-north-1.api.amazonwebservices.com.cn",
		 "sts-fips.cn-north-1.api.amazonwebservices.com.cn"},
		{ENDPOINT_SSO, "eu-west-1", "portal.sso.eu-west-1.amazonaws.com",
		 "portal.sso-fips.eu-west-1.amazonaws.com",
		 "portal.sso.eu-west-1.api.aws", "portal.sso-fips.eu-west-1.api.aws"},
		{ENDPOINT_SSO, "us-gov-west-1",
		 "portal.sso.us-gov-west-1.amazonaws.com",
		 "portal.sso.us-gov-west-1.amazonaws.com",
		 "portal.sso.us-gov-west-1.api.aws",
		 "portal.sso-fips.us-gov-west-1.api.aws"},
		{ENDPOINT_SSO_OIDC, "eu-west-1", "oidc.eu-west-1.amazonaws.com",
		 "oidc-fips.eu-west-1.amazonaws.com", "oidc.eu-west-1.api.aws",
		 "oidc-fips.eu-west-1.api.aws"},
		{ENDPOINT_SSO_OIDC, "us-gov-west-1", "oidc.us-gov-west-1.amazonaws.com",
		 "oidc.us-gov-west-1.amazonaws.com", "oidc.us-gov-west-1.api.aws",
		 "oidc-fips.us-gov-west-1.api.aws"},
		{ENDPOINT_SIGNIN, "eu-west-1", "eu-west-1.signin.aws.amazon.com",
		 "signin-fips.eu-west-1.amazonaws.com", "signin.eu-west-1.api.aws",
		 "signin-fips.eu-west-1.api.aws"},
		{ENDPOINT_SIGNIN, "cn-north-1", "cn-north-1.signin.amazonaws.cn",
		 "signin-fips.cn-north-1.amazonaws.com.cn",
		 "signin.cn-north-1.api.amazonwebservices.com.cn",
		 "signin-fips.cn-north-1.api.amazonwebservices.com.cn"},
		{ENDPOINT_SIGNIN, "us-gov-west-1",
		 "us-gov-west-1.signin.amazonaws-us-gov.com",
		 "signin-fips.amazonaws-us-gov.com", "signin.us-gov-west-1.api.aws",
		 "signin-fips.us-gov-west-1.api.aws"},
		{ENDPOINT_SIGNIN, "us-gov-east-1",
		 "us-gov-east-1.signin.amazonaws-us-gov.com",
		 "us-gov-east-1.signin-fips.amazonaws-us-gov.com",
		 "signin.us-gov-east-1.api.aws", "signin-fips.us-gov-east-1.api.aws"},
		{ENDPOINT_SIGNIN, "eusc-de-east-1",
		 "eusc-de-east-1.signin.amazonaws-eusc.eu",
		 "signin-fips.eusc-de-east-1.amazonaws.eu",
		 "signin.eusc-de-east-1.api.amazonwebservices.eu",
		 "signin-fips.eusc-de-east-1.api.amazonwebservices.eu"},
		{ENDPOINT_SIGNIN, "us-iso-east-1",
		 "us-iso-east-1.signin.c2shome.ic.gov",
		 "signin-fips.us-iso-east-1.c2s.ic.gov",
		 "signin.us-iso-east-1.api.aws.ic.gov",
		 "signin-fips.us-iso-east-1.api.aws.ic.gov"},
		{ENDPOINT_SIGNIN, "us-isob-east-1",
		 "us-isob-east-1.signin.sc2shome.sgov.gov",
		 "signin-fips.us-isob-east-1.sc2s.sgov.gov",
		 "signin.us-isob-east-1.api.aws.scloud",
		 "signin-fips.us-isob-east-1.api.aws.scloud"},
		{ENDPOINT_SIGNIN, "eu-isoe-west-1",
		 "eu-isoe-west-1.signin.csphome.adc-e.uk",
		 "signin-fips.eu-isoe-west-1.cloud.adc-e.uk",
		 "signin.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
		 "signin-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
		{ENDPOINT_SIGNIN, "us-isof-south-1",
		 "us-isof-south-1.signin.csphome.hci.ic.gov",
		 "signin-fips.us-isof-south-1.csp.hci.ic.gov",
		 "signin.us-isof-south-1.api.aws.hci.ic.gov",
		 "signin-fips.us-isof-south-1.api.aws.hci.ic.gov"},
		{ENDPOINT_DMS, "eu-west-1", "dms.eu-west-1.amazonaws.com",
		 "dms-fips.eu-west-1.amazonaws.com", "dms.eu-west-1.api.aws",
		 "dms-fips.eu-west-1.api.aws"},
	};
	struct aws_setup *setup = *state;

	/* Not the region in force, but the one that is asked for. */
	aws_setup_require(setup, NULL, "ap-south-2");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *const hosts[] = {rows[i].plain, rows[i].fips,
					     rows[i].dual_stack, rows[i].both};

		for (size_t variant = 0; variant < 4; variant++) {
			aws_setup_env(setup, "AWS_USE_FIPS_ENDPOINT",
				      variant & 1 ? "true" : NULL);
			aws_setup_env(setup, "AWS_USE_DUALSTACK_ENDPOINT",
				      variant & 2 ? "true" : NULL);
			assert_service_host(setup, rows[i].service, rows[i].region,
					    hosts[variant]);
		}
	}
}

static void resolves_a_service_in_the_region_in_force(void **state)
{
	struct aws_setup *setup = *state;
	struct endpoint endpoint;

	aws_setup_require(setup, NULL, "eu-north-1");
	assert_int_equal(resolve_service(setup, ENDPOINT_STS, NULL, &endpoint), 0);
	assert_string_equal(endpoint.host, "sts.eu-north-1.amazonaws.com");
	assert_string_equal(endpoint.region, "eu-north-1");
	aws_setup_require(setup, NULL, NULL);
	assert_int_equal(resolve_service(setup, ENDPOINT_STS, NULL, &endpoint),
			 -EINVAL);
	assert_contains(setup->error.text, "no region");
}

static void refuses_a_region_that_leads_to_another_host(void **state)
{
	static const char *const rows[] = {"", "a.evil.example/", "x@y", "us east",
					   "-x"};
	struct aws_setup *setup = *state;
	struct endpoint endpoint;

	aws_setup_require(setup, NULL, "eu-north-1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (resolve_service(setup, ENDPOINT_SSO, rows[i], &endpoint) != -EINVAL)
			fail_msg("'%s' was taken", rows[i]);
		assert_contains(setup->error.text, "is not a region name");
	}
}

static void signs_for_us_east_1_at_the_first_address_of_sts(void **state)
{
	static const struct {
		const char *region, *host, *signed_for;
	} rows[] = {
		{"eu-west-1", "sts.amazonaws.com", "us-east-1"},
		{"us-west-2", "sts.amazonaws.com", "us-east-1"},
		{"aws-global", "sts.amazonaws.com", "us-east-1"},
		{"ap-northeast-2", "sts.ap-northeast-2.amazonaws.com",
		 "ap-northeast-2"},
		{"us-gov-west-1", "sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
	};
	struct aws_setup *setup = *state;
	struct endpoint endpoint;

	aws_setup_write(setup->config, "[default]\nsts_regional_endpoints = legacy\n");
	aws_setup_require(setup, NULL, "eu-west-1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(
			resolve_service(setup, ENDPOINT_STS, rows[i].region, &endpoint),
			0);
		assert_string_equal(endpoint.host, rows[i].host);
		assert_string_equal(endpoint.region, rows[i].signed_for);
	}
	assert_service_host(setup, ENDPOINT_SSO, "eu-west-1",
			    "portal.sso.eu-west-1.amazonaws.com");
	aws_setup_env(setup, "AWS_USE_FIPS_ENDPOINT", "true");
	assert_service_host(setup, ENDPOINT_STS, "eu-west-1",
			    "sts-fips.eu-west-1.amazonaws.com");
	aws_setup_env(setup, "AWS_USE_FIPS_ENDPOINT", NULL);
	aws_setup_env(setup, "AWS_STS_REGIONAL_ENDPOINTS", "regional");
	assert_service_host(setup, ENDPOINT_STS, "eu-west-1",
			    "sts.eu-west-1.amazonaws.com");
	assert_int_equal(resolve_service(setup, ENDPOINT_STS, "aws-global", &endpoint),
			 0);
	assert_string_equal(endpoint.host, "sts.amazonaws.com");
	assert_string_equal(endpoint.region, "us-east-1");
	aws_setup_env(setup, "AWS_STS_REGIONAL_ENDPOINTS", "global");
	assert_int_equal(resolve_service(setup, ENDPOINT_STS, NULL, &endpoint),
			 -EINVAL);
	assert_string_equal(setup->error.text, "'global' (AWS_STS_REGIONAL_ENDPOINTS) "
					       "must be regional or legacy");
}

static void looks_for_the_url_of_each_service(void **state)
{
	static const struct {
		enum endpoint_service service;
		const char *env, *section;
	} rows[] = {
		{ENDPOINT_STS, "AWS_ENDPOINT_URL_STS", "sts"},
		{ENDPOINT_SSO, "AWS_ENDPOINT_URL_SSO", "sso"},
		{ENDPOINT_SSO_OIDC, "AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc"},
		{ENDPOINT_SIGNIN, "AWS_ENDPOINT_URL_SIGNIN", "signin"},
	};
	struct aws_setup *setup = *state;
	struct endpoint endpoint;
	char config[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(config, sizeof(config),
			 "[default]\nservices = mine\nendpoint_url = https://global\n"
			 "[services mine]\n%s =\n  endpoint_url = https://section\n",
			 rows[i].section);
		aws_setup_write(setup->config, config);
		aws_setup_env(setup, "AWS_ENDPOINT_URL", "https://env-global");
		aws_setup_env(setup, rows[i].env, "https://env-service/x");
		aws_setup_require(setup, NULL, "eu-west-1");
		assert_int_equal(
			resolve_service(setup, rows[i].service, "us-east-1", &endpoint),
			0);
		assert_string_equal(endpoint.host, "env-service");
		assert_string_equal(endpoint.path, "/x");
		assert_string_equal(endpoint.region, "us-east-1");
		assert_true(endpoint.is_custom);
		aws_setup_env(setup, rows[i].env, NULL);
		assert_int_equal(
			resolve_service(setup, rows[i].service, NULL, &endpoint), 0);
		assert_string_equal(endpoint.host, "env-global");
		aws_setup_env(setup, "AWS_ENDPOINT_URL", NULL);
		assert_int_equal(
			resolve_service(setup, rows[i].service, NULL, &endpoint), 0);
		assert_string_equal(endpoint.host, "section");
		assert_url(setup, NULL, "https://global/");
	}
}

static void takes_plain_http_of_other_services_for_loopback_only(void **state)
{
	struct aws_setup *setup = *state;
	struct endpoint endpoint;

	aws_setup_env(setup, "AWS_ENDPOINT_URL_STS", "http://127.0.0.1:5000");
	aws_setup_require(setup, NULL, "eu-west-1");
	assert_int_equal(resolve_service(setup, ENDPOINT_STS, NULL, &endpoint), 0);
	aws_setup_env(setup, "AWS_ENDPOINT_URL_STS", "http://sts.example");
	assert_int_equal(resolve_service(setup, ENDPOINT_STS, NULL, &endpoint),
			 -EINVAL);
	assert_string_equal(setup->error.text,
			    "'http://sts.example' (AWS_ENDPOINT_URL_STS) is plain "
			    "http, which anyone on the network path can read and "
			    "change; use https; this service returns secrets");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AWS_SETUP_TEST(makes_the_url_of_every_partition),
		AWS_SETUP_TEST(makes_the_fips_endpoint_of_a_fips_region),
		AWS_SETUP_TEST(needs_a_region_even_with_a_url),
		AWS_SETUP_TEST(takes_the_url_apart_as_it_is_sent),
		AWS_SETUP_TEST(takes_plain_http_for_loopback_only),
		AWS_SETUP_TEST(refuses_what_is_no_endpoint_and_says_why),
		AWS_SETUP_TEST(refuses_parts_that_are_too_long),
		AWS_SETUP_TEST(looks_for_the_url_in_order),
		AWS_SETUP_TEST(ignores_all_but_the_option_when_told_to),
		AWS_SETUP_TEST(names_a_services_section_that_is_missing),
		AWS_SETUP_TEST(names_where_a_bad_url_came_from),
		AWS_SETUP_TEST(refuses_fips_and_dual_stack_with_a_url),
		AWS_SETUP_TEST(names_the_host_of_each_service),
		AWS_SETUP_TEST(resolves_a_service_in_the_region_in_force),
		AWS_SETUP_TEST(refuses_a_region_that_leads_to_another_host),
		AWS_SETUP_TEST(signs_for_us_east_1_at_the_first_address_of_sts),
		AWS_SETUP_TEST(looks_for_the_url_of_each_service),
		AWS_SETUP_TEST(takes_plain_http_of_other_services_for_loopback_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
