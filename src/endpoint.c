#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#define SOURCE_SIZE 768

struct partition {
	const char *regions; /* POSIX extended */
	const char *suffix;
	const char *dual_stack_suffix;
	bool is_fips_plain; /* the ordinary name of DMS is its FIPS name */
};

/* botocore's partitions.json; a region of none of them is taken for the first's. */
static const struct partition partitions[] = {
	{"^((us|eu|ap|sa|ca|me|af|il|mx)-[[:alnum:]_]+-[0-9]+|aws-global)$",
	 "amazonaws.com", "api.aws", false},
	{"^(cn-[[:alnum:]_]+-[0-9]+|aws-cn-global)$", "amazonaws.com.cn",
	 "api.amazonwebservices.com.cn", false},
	{"^(us-gov-[[:alnum:]_]+-[0-9]+|aws-us-gov-global)$", "amazonaws.com",
	 "api.aws", true},
	{"^eusc-de-[[:alnum:]_]+-[0-9]+$", "amazonaws.eu", "api.amazonwebservices.eu",
	 false},
	{"^(us-iso-[[:alnum:]_]+-[0-9]+|aws-iso-global)$", "c2s.ic.gov",
	 "api.aws.ic.gov", true},
	{"^(us-isob-[[:alnum:]_]+-[0-9]+|aws-iso-b-global)$", "sc2s.sgov.gov",
	 "api.aws.scloud", true},
	{"^(eu-isoe-[[:alnum:]_]+-[0-9]+|aws-iso-e-global)$", "cloud.adc-e.uk",
	 "api.cloud-aws.adc-e.uk", false},
	{"^(us-isof-[[:alnum:]_]+-[0-9]+|aws-iso-f-global)$", "csp.hci.ic.gov",
	 "api.aws.hci.ic.gov", false},
};

static bool is_match(const char *pattern, const char *text)
{
	regex_t regex;
	bool is_matching;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	is_matching = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return is_matching;
}

static const struct partition *find_partition(const char *region)
{
	for (size_t i = 0; i < sizeof(partitions) / sizeof(*partitions); i++)
		if (is_match(partitions[i].regions, region))
			return &partitions[i];
	return &partitions[0];
}

static void make_url(struct endpoint *endpoint, bool is_fips, bool is_dual_stack)
{
	const struct partition *partition = find_partition(endpoint->region);
	bool is_fips_name = is_fips && (is_dual_stack || !partition->is_fips_plain);

	snprintf(endpoint->host, sizeof(endpoint->host), "dms%s.%s.%s",
		 is_fips_name ? "-fips" : "", endpoint->region,
		 is_dual_stack ? partition->dual_stack_suffix : partition->suffix);
	snprintf(endpoint->url, sizeof(endpoint->url), "https://%s", endpoint->host);
	snprintf(endpoint->path, sizeof(endpoint->path), "/");
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcmp(host, "[::1]") == 0 || strcasecmp(host, "localhost") == 0;
}

/* A part of the URL into @out; empty if it is absent. */
static CURLUcode copy_part(CURLU *url, CURLUPart what, char *out, size_t size)
{
	CURLUcode code;
	char *part = NULL;

	out[0] = '\0';
	code = curl_url_get(url, what, &part, 0);
	if (code == CURLUE_OK && (size_t)snprintf(out, size, "%s", part) >= size)
		code = CURLUE_OUT_OF_MEMORY;
	curl_free(part);
	return code;
}

static bool has_part(CURLU *url, CURLUPart what)
{
	char *part = NULL;
	bool is_there = curl_url_get(url, what, &part, 0) == CURLUE_OK;

	curl_free(part);
	return is_there;
}

static const char *find_unwanted_part(CURLU *url)
{
	if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
		return "a user name or password";
	if (has_part(url, CURLUPART_QUERY))
		return "a query ('?')";
	if (has_part(url, CURLUPART_FRAGMENT))
		return "a fragment ('#')";
	return NULL;
}

static bool is_plain_ascii(const char *text)
{
	while (*text > ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

/* libcurl leaves the default port out of the Host header that it sends. */
static bool is_default_port(const char *scheme, const char *port)
{
	return *port == '\0' ||
	       strcmp(port, strcmp(scheme, "https") == 0 ? "443" : "80") == 0;
}

static int append_port(CURLU *url, const char *scheme, struct endpoint *endpoint)
{
	size_t len = strlen(endpoint->host);
	char port[8];

	if (copy_part(url, CURLUPART_PORT, port, sizeof(port)) == CURLUE_OUT_OF_MEMORY)
		return -EINVAL;
	if (is_default_port(scheme, port))
		return 0;
	if (len + 1 + strlen(port) >= sizeof(endpoint->host))
		return -EINVAL;
	snprintf(endpoint->host + len, sizeof(endpoint->host) - len, ":%s", port);
	return 0;
}

/* A URL may hold a password: a text shows it only once it has passed here. */
static int parse_url(CURLU *url, const char *text, const char *source,
		     struct error *error)
{
	const char *unwanted = NULL;

	if (!is_plain_ascii(text) ||
	    curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) !=
		    CURLUE_OK)
		return error_set(error, ERROR_CONFIG,
				 "%s is no URL; it must be like "
				 "https://dms.us-east-1.amazonaws.com",
				 source);
	unwanted = find_unwanted_part(url);
	if (unwanted)
		return error_set(error, ERROR_CONFIG, "the URL of %s must not have %s",
				 source, unwanted);
	return 0;
}

static int check_scheme(const char *scheme, const char *host, bool is_http_allowed,
			const char *text, const char *source, struct error *error)
{
	if (strcmp(scheme, "https") == 0)
		return 0;
	if (strcmp(scheme, "http") != 0)
		return error_set(error, ERROR_CONFIG,
				 "'%s' (%s) must begin with https:// or http://", text,
				 source);
	if (is_http_allowed || is_loopback(host))
		return 0;
	return error_set(
		error, ERROR_CONFIG,
		"'%s' (%s) is plain http, which anyone on the way can read and "
		"change: use https, or --allow-http if you must",
		text, source);
}

static int copy_parts(CURLU *url, char *scheme, size_t scheme_size,
		      struct endpoint *endpoint)
{
	/* A scheme that does not fit is none of those taken. */
	if (copy_part(url, CURLUPART_SCHEME, scheme, scheme_size) != CURLUE_OK)
		scheme[0] = '\0';
	if (copy_part(url, CURLUPART_HOST, endpoint->host, sizeof(endpoint->host)) ||
	    copy_part(url, CURLUPART_PATH, endpoint->path, sizeof(endpoint->path)) ||
	    copy_part(url, CURLUPART_URL, endpoint->url, sizeof(endpoint->url)))
		return -EINVAL;
	return 0;
}

static int fill_from_url(CURLU *url, const char *text, const char *source,
			 const struct endpoint_options *options,
			 struct endpoint *endpoint, struct error *error)
{
	char scheme[8];
	int rc;

	rc = parse_url(url, text, source, error);
	if (rc < 0)
		return rc;
	if (copy_parts(url, scheme, sizeof(scheme), endpoint) < 0)
		return error_set(error, ERROR_CONFIG,
				 "the URL of %s has no host, or a part too long",
				 source);
	rc = check_scheme(scheme, endpoint->host, options->is_http_allowed, text,
			  source, error);
	if (rc < 0)
		return rc;
	if (append_port(url, scheme, endpoint) < 0)
		return error_set(error, ERROR_CONFIG, "the URL of %s is too long",
				 source);
	return 0;
}

static int use_url(const char *text, const char *source,
		   const struct endpoint_options *options, struct endpoint *endpoint,
		   struct error *error)
{
	CURLU *url = curl_url();
	int rc;

	if (!url)
		return error_set(error, ERROR_MEMORY, "no memory for %s", source);
	endpoint->is_custom = true;
	rc = fill_from_url(url, text, source, options, endpoint, error);
	curl_url_cleanup(url);
	return rc;
}

/*
 * The URL of the profile's services section, or NULL in @url. A section that is
 * named and missing is an error, as in botocore.
 */
static int find_in_services(const struct profile *profile, const char **url,
			    char *source, struct error *error)
{
	const char *section = profile_get(profile, "services");

	*url = NULL;
	if (!section)
		return 0;
	if (!profile_section_exists(profile, "services", section)) {
		profile_describe(profile, NULL, "services", source, SOURCE_SIZE);
		return error_set(error, ERROR_CONFIG,
				 "%s names [services %s], which is not in %s", source,
				 section, profile_config_path(profile));
	}
	*url = profile_section_get(profile, "services", section,
				   "database_migration_service.endpoint_url");
	snprintf(source, SOURCE_SIZE,
		 "database_migration_service endpoint_url of [services %s] in %s",
		 section, profile_config_path(profile));
	return 0;
}

static const char *find_in_environment(const struct profile *profile, char *source)
{
	static const char *const names[] = {
		"AWS_ENDPOINT_URL_DATABASE_MIGRATION_SERVICE",
		"AWS_ENDPOINT_URL",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *url = profile_env(profile, names[i]);

		snprintf(source, SOURCE_SIZE, "%s", names[i]);
		if (url)
			return url;
	}
	return NULL;
}

/* The URL that the user set, or NULL in @url, and where. */
static int find_url(const struct profile *profile,
		    const struct endpoint_options *options, const char **url,
		    char *source, struct error *error)
{
	int rc = 0;

	*url = options->url;
	snprintf(source, SOURCE_SIZE, "--endpoint-url");
	if (*url || profile_setting_bool(profile, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
					 "ignore_configured_endpoint_urls"))
		return 0;
	*url = find_in_environment(profile, source);
	if (!*url)
		rc = find_in_services(profile, url, source, error);
	if (rc == 0 && !*url) {
		*url = profile_get(profile, "endpoint_url");
		profile_describe(profile, NULL, "endpoint_url", source, SOURCE_SIZE);
	}
	return rc;
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

int endpoint_resolve(const struct profile *profile,
		     const struct endpoint_options *options, struct endpoint *endpoint,
		     struct error *error)
{
	static const char fips_env[] = "AWS_USE_FIPS_ENDPOINT";
	static const char fips_key[] = "use_fips_endpoint";
	static const char dual_env[] = "AWS_USE_DUALSTACK_ENDPOINT";
	static const char dual_key[] = "use_dualstack_endpoint";
	bool is_fips = profile_setting_bool(profile, fips_env, fips_key);
	bool is_dual_stack = profile_setting_bool(profile, dual_env, dual_key);
	char source[SOURCE_SIZE];
	const char *region = NULL;
	const char *url = NULL;
	int rc;

	memset(endpoint, 0, sizeof(*endpoint));
	rc = profile_region(profile, &region, error);
	if (rc == 0)
		rc = find_url(profile, options, &url, source, error);
	if (rc < 0)
		return rc;
	snprintf(endpoint->region, sizeof(endpoint->region), "%s", region);
	if (url && is_fips)
		return refuse_variant(profile, fips_env, fips_key, source, error);
	if (url && is_dual_stack)
		return refuse_variant(profile, dual_env, dual_key, source, error);
	if (url)
		return use_url(url, source, options, endpoint, error);
	make_url(endpoint, is_fips, is_dual_stack);
	return 0;
}
