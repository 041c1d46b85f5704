#include "src/aws/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/aws/endpoint_host.h"
#include "src/aws/endpoint_url.h"
#include "src/aws/region.h"

#define SOURCE_SIZE 768

/* The names of a service in the settings of the user. */
struct names {
	const char *env;
	const char *section; /* in a [services] section */
};

static const struct names names[] = {
	[ENDPOINT_DMS] = {"AWS_ENDPOINT_URL_DATABASE_MIGRATION_SERVICE",
			  "database_migration_service"},
	[ENDPOINT_STS] = {"AWS_ENDPOINT_URL_STS", "sts"},
	[ENDPOINT_SSO] = {"AWS_ENDPOINT_URL_SSO", "sso"},
	[ENDPOINT_SSO_OIDC] = {"AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc"},
	[ENDPOINT_SIGNIN] = {"AWS_ENDPOINT_URL_SIGNIN", "signin"},
};

/* DMS with the options of the command line, or another service. */
struct endpoint_query {
	const struct profile *profile;
	enum endpoint_service service;
	const struct endpoint_options *options;
	bool is_fips_region; /* as "us-west-2-fips"; an endpoint URL beats it */
};

/* A URL that the user set, and where: "AWS_ENDPOINT_URL". */
struct setting {
	const char *url; /* NULL: there is none */
	char source[SOURCE_SIZE];
};

/*
 * The URL of the profile's services section. A section that is named and missing
 * is an error, as in botocore.
 */
static int find_in_services(const struct endpoint_query *wanted,
			    struct setting *setting, struct error *error)
{
	const struct profile *profile = wanted->profile;
	const char *service = names[wanted->service].section;
	const char *section = profile_get(profile, "services");
	char hint[320];
	char key[64];

	if (!section)
		return 0;
	if (!profile_section_exists(profile, "services", section)) {
		profile_describe(profile, NULL, "services", setting->source,
				 sizeof(setting->source));
		return error_set(error, ERROR_CONFIG,
				 "%s names [services %s], which is not in %s%s",
				 setting->source, section, profile_config_path(profile),
				 profile_quotes_hint(profile, "services", section, hint,
						     sizeof(hint)));
	}
	snprintf(key, sizeof(key), "%s.endpoint_url", service);
	setting->url = profile_section_get(profile, "services", section, key);
	snprintf(setting->source, sizeof(setting->source),
		 "%s endpoint_url of [services %s] in %s", service, section,
		 profile_config_path(profile));
	return 0;
}

static void find_in_environment(const struct endpoint_query *wanted,
				struct setting *setting)
{
	const char *const variables[] = {
		names[wanted->service].env,
		"AWS_ENDPOINT_URL",
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		setting->url = profile_env(wanted->profile, variables[i]);
		snprintf(setting->source, sizeof(setting->source), "%s", variables[i]);
		if (setting->url)
			return;
	}
}

static int find_url(const struct endpoint_query *wanted, struct setting *setting,
		    struct error *error)
{
	const struct profile *profile = wanted->profile;
	int r = 0;

	setting->url = wanted->options ? wanted->options->url : NULL;
	snprintf(setting->source, sizeof(setting->source), "--endpoint-url");
	if (setting->url ||
	    profile_setting_bool(profile, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
				 "ignore_configured_endpoint_urls"))
		return 0;
	find_in_environment(wanted, setting);
	if (!setting->url)
		r = find_in_services(wanted, setting, error);
	if (r == 0 && !setting->url) {
		setting->url = profile_get(profile, "endpoint_url");
		profile_describe(profile, NULL, "endpoint_url", setting->source,
				 sizeof(setting->source));
	}
	return r;
}

/* An own URL is used as it is: nothing could be made FIPS or dual-stack. */
static int refuse_variant(const struct profile *profile, const char *env,
			  const char *key, const char *source, struct error *error)
{
	char variant[SOURCE_SIZE];

	profile_describe(profile, env, key, variant, sizeof(variant));
	return error_set(error, ERROR_CONFIG,
			 "%s cannot be combined with an endpoint URL (%s): remove one",
			 variant, source);
}

static enum endpoint_http plain_http(const struct endpoint_query *wanted)
{
	if (!wanted->options)
		return ENDPOINT_HTTP_REFUSED;
	return wanted->options->is_http_allowed ? ENDPOINT_HTTP_ALLOWED
						: ENDPOINT_HTTP_ASKED;
}

/*
 * Whether STS is to be asked at its first address. It stood for these regions,
 * botocore's LEGACY_GLOBAL_STS_REGIONS; one of them is no place but a name for it.
 */
static bool is_global_sts_region(const char *region, bool is_legacy)
{
	static const char *const regions[] = {
		"ap-northeast-1", "ap-south-1",	  "ap-southeast-1", "ap-southeast-2",
		"aws-global",	  "ca-central-1", "eu-central-1",   "eu-north-1",
		"eu-west-1",	  "eu-west-2",	  "eu-west-3",	    "sa-east-1",
		"us-east-1",	  "us-east-2",	  "us-west-1",	    "us-west-2",
	};

	for (size_t i = 0; is_legacy && i < sizeof(regions) / sizeof(*regions); i++)
		if (!strcmp(regions[i], region))
			return true;
	return !strcmp(region, "aws-global");
}

static int read_sts_mode(const struct profile *profile, bool *is_legacy,
			 struct error *error)
{
	static const char env[] = "AWS_STS_REGIONAL_ENDPOINTS";
	static const char key[] = "sts_regional_endpoints";
	const char *mode = profile_setting(profile, env, key);
	char source[SOURCE_SIZE];

	*is_legacy = mode && !strcmp(mode, "legacy");
	if (!mode || *is_legacy || !strcmp(mode, "regional"))
		return 0;
	return error_set(error, ERROR_CONFIG, "'%s' (%s) must be regional or legacy",
			 mode,
			 profile_describe(profile, env, key, source, sizeof(source)));
}

/* The host that the rules make of the region, which stands in @endpoint. */
static int make_host(const struct endpoint_query *wanted,
		     struct endpoint_variant variant, struct endpoint *endpoint,
		     struct error *error)
{
	bool is_sts = wanted->service == ENDPOINT_STS;
	bool is_legacy = false;
	int r = 0;

	if (is_sts)
		r = read_sts_mode(wanted->profile, &is_legacy, error);
	if (r < 0)
		return r;
	if (is_sts && !variant.is_fips && !variant.is_dual_stack &&
	    is_global_sts_region(endpoint->region, is_legacy)) {
		snprintf(endpoint->host, sizeof(endpoint->host), "sts.amazonaws.com");
		snprintf(endpoint->region, sizeof(endpoint->region), "us-east-1");
	} else {
		endpoint_host_write(wanted->service, endpoint->region, variant,
				    endpoint->host, sizeof(endpoint->host));
	}
	snprintf(endpoint->url, sizeof(endpoint->url), "https://%s", endpoint->host);
	snprintf(endpoint->path, sizeof(endpoint->path), "/");
	return 0;
}

/* The endpoint for the region that stands in @endpoint. */
static int resolve(const struct endpoint_query *wanted, struct endpoint *endpoint,
		   struct error *error)
{
	static const char fips_env[] = "AWS_USE_FIPS_ENDPOINT";
	static const char fips_key[] = "use_fips_endpoint";
	static const char dual_env[] = "AWS_USE_DUALSTACK_ENDPOINT";
	static const char dual_key[] = "use_dualstack_endpoint";
	const struct profile *profile = wanted->profile;
	bool is_fips = profile_setting_bool(profile, fips_env, fips_key);
	struct endpoint_variant variant = {
		.is_fips = is_fips || wanted->is_fips_region,
		.is_dual_stack = profile_setting_bool(profile, dual_env, dual_key),
	};
	struct setting setting = {0};
	int r = find_url(wanted, &setting, error);

	if (r < 0)
		return r;
	if (!setting.url)
		return make_host(wanted, variant, endpoint, error);
	if (is_fips)
		return refuse_variant(profile, fips_env, fips_key, setting.source,
				      error);
	if (variant.is_dual_stack)
		return refuse_variant(profile, dual_env, dual_key, setting.source,
				      error);
	return endpoint_url_parse(setting.url, setting.source, plain_http(wanted),
				  endpoint, error);
}

static int resolve_in(struct endpoint_query *wanted, const char *region,
		      struct endpoint *endpoint, struct error *error)
{
	snprintf(endpoint->region, sizeof(endpoint->region), "%s", region);
	wanted->is_fips_region = region_remove_fips(endpoint->region);
	return resolve(wanted, endpoint, error);
}

int endpoint_resolve(const struct profile *profile,
		     const struct endpoint_options *options, struct endpoint *endpoint,
		     struct error *error)
{
	struct endpoint_query wanted = {
		.profile = profile,
		.service = ENDPOINT_DMS,
		.options = options,
	};
	const char *region = NULL;
	int r;

	memset(endpoint, 0, sizeof(*endpoint));
	r = profile_region(profile, &region, error);
	return r < 0 ? r : resolve_in(&wanted, region, endpoint, error);
}

int endpoint_resolve_service(const struct profile *profile,
			     enum endpoint_service service, const char *region,
			     struct endpoint *endpoint, struct error *error)
{
	struct endpoint_query wanted = {.profile = profile, .service = service};
	int r = 0;

	memset(endpoint, 0, sizeof(*endpoint));
	if (!region)
		r = profile_region(profile, &region, error);
	else if (!region_is_valid(region))
		r = error_set(error, ERROR_CONFIG,
			      "'%s' is not a region name, which has letters, digits "
			      "and hyphens only, such as us-east-1",
			      region);
	return r < 0 ? r : resolve_in(&wanted, region, endpoint, error);
}
