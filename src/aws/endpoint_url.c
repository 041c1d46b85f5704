#include "src/aws/endpoint_url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "src/http/target.h"

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
				 "%s is not a URL such as "
				 "https://dms.us-east-1.amazonaws.com",
				 source);
	unwanted = find_unwanted_part(url);
	if (unwanted)
		return error_set(error, ERROR_CONFIG, "the URL of %s must not have %s",
				 source, unwanted);
	return 0;
}

static int check_scheme(const char *scheme, const char *host,
			enum endpoint_http plain_http, const char *text,
			const char *source, struct error *error)
{
	bool is_allowed = plain_http == ENDPOINT_HTTP_ALLOWED ||
			  http_host_is_loopback(host);

	if (strcmp(scheme, "https") == 0)
		return 0;
	if (strcmp(scheme, "http") != 0)
		return error_set(error, ERROR_CONFIG,
				 "'%s' (%s) must begin with https:// or http://", text,
				 source);
	if (is_allowed)
		return 0;
	return error_set(error, ERROR_CONFIG,
			 "'%s' (%s) is plain http, which anyone on the network path "
			 "can read and change; use https%s",
			 text, source,
			 plain_http == ENDPOINT_HTTP_ASKED
				 ? ", or --allow-http if you must"
				 : "; this service returns secrets");
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
			 enum endpoint_http plain_http, struct endpoint *endpoint,
			 struct error *error)
{
	char scheme[8];
	int r;

	r = parse_url(url, text, source, error);
	if (r < 0)
		return r;
	if (copy_parts(url, scheme, sizeof(scheme), endpoint) < 0)
		return error_set(
			error, ERROR_CONFIG,
			"the URL of %s has no host, or one of its parts is too long",
			source);
	r = check_scheme(scheme, endpoint->host, plain_http, text, source, error);
	if (r < 0)
		return r;
	if (append_port(url, scheme, endpoint) < 0)
		return error_set(error, ERROR_CONFIG, "the URL of %s is too long",
				 source);
	return 0;
}

int endpoint_url_parse(const char *text, const char *source,
		       enum endpoint_http plain_http, struct endpoint *endpoint,
		       struct error *error)
{
	CURLU *url = curl_url();
	int r;

	if (!url)
		return error_set(error, ERROR_MEMORY, "no memory for %s", source);
	endpoint->is_custom = true;
	r = fill_from_url(url, text, source, plain_http, endpoint, error);
	curl_url_cleanup(url);
	return r;
}
