#include "src/http/proxy.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "src/base/secret.h"

/* As an env_file or a copied line leaves them around a URL. */
#define BLANKS " \t\r\n"

/* A setting and the variable that it came from. */
struct variable {
	const char *name;
	const char *value; /* NULL: none */
};

static struct variable find_variable(const struct environment *environment,
				     const char *lower, const char *upper)
{
	struct variable found = {.name = lower,
				 .value = environment_get(environment, lower)};

	if (!found.value && upper)
		found = (struct variable){.name = upper,
					  .value = environment_get(environment, upper)};
	if (found.value && *found.value == '\0')
		found.value = NULL;
	return found;
}

/* A web server hands HTTP_PROXY to its scripts when a client sends a header "Proxy". */
static struct variable find_proxy(const struct environment *environment,
				  const char *scheme)
{
	bool is_script = environment_get(environment, "REQUEST_METHOD") != NULL;

	if (!strcmp(scheme, "https"))
		return find_variable(environment, "https_proxy", "HTTPS_PROXY");
	return find_variable(environment, "http_proxy",
			     is_script ? NULL : "HTTP_PROXY");
}

/* Whether @name (@len bytes) is @host or a domain above it. */
static bool is_within(const char *host, size_t host_len, const char *name, size_t len)
{
	const char *tail;

	if (len == 0 || len > host_len)
		return false;
	tail = host + host_len - len;
	return strncasecmp(tail, name, len) == 0 && (tail == host || tail[-1] == '.');
}

/* The length of @host without its port. */
static size_t bare_length(const char *host)
{
	const char *colon = strrchr(host, ':');
	bool has_port = colon && colon[1 + strspn(colon + 1, "0123456789")] == '\0';

	return has_port ? (size_t)(colon - host) : strlen(host);
}

static bool is_exempt_by(const char *entry, size_t len, const char *host)
{
	size_t bare_len = bare_length(host);

	while (len > 0 && strchr(" \t", entry[len - 1]))
		len--;
	while (len > 0 && strchr(" \t.", *entry)) {
		entry++;
		len--;
	}
	if (is_within(host, strlen(host), entry, len) ||
	    is_within(host, bare_len, entry, len))
		return true;
	/* An address of IPv6 may go without its brackets. */
	return host[0] == '[' && bare_len > 2 &&
	       is_within(host + 1, bare_len - 2, entry, len);
}

static bool is_exempt(const char *list, const char *host)
{
	if (!strcmp(list, "*"))
		return true;
	while (*list) {
		size_t len = strcspn(list, ",");

		if (is_exempt_by(list, len, host))
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

static bool is_proxy_scheme(const char *scheme)
{
	static const char *const schemes[] = {"http",	 "https",  "socks4",
					      "socks4a", "socks5", "socks5h"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (!strcasecmp(schemes[i], scheme))
			return true;
	return false;
}

/* @text has a scheme. An @ in what would be a path is one of a password cut short. */
static bool is_proxy_url(CURLU *url, const char *text)
{
	const char *authority = strstr(text, "://") + 3;
	char *scheme = NULL;
	bool is_good = !strchr(authority + strcspn(authority, "/?#"), '@') &&
		       curl_url_set(url, CURLUPART_URL, text,
				    CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		       curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		       is_proxy_scheme(scheme);

	curl_free(scheme);
	return is_good;
}

/* The @ that ends a user's name and password is the last one, as to Python's urllib;
 * libcurl takes the first, so the others are written %40. For the caller to wipe and
 * free; NULL without memory. */
static char *write_proxy(const char *value)
{
	const char *text = value + strspn(value, BLANKS);
	const char *scheme_end = strstr(text, "://");
	const char *authority = scheme_end ? scheme_end + 3 : text;
	const char *last = memrchr(authority, '@', strcspn(authority, "/?#"));
	size_t len = strlen(text);
	char *written = malloc(3 * len + 1);
	char *to = written;

	if (!written)
		return NULL;
	while (len > 0 && strchr(BLANKS, text[len - 1]))
		len--;
	for (const char *at = text; at < text + len; at++) {
		if (*at == '@' && last && at < last)
			to = stpcpy(to, "%40");
		else
			*to++ = *at;
	}
	*to = '\0';
	return written;
}

static int fail_proxy(const struct variable *proxy, struct error *error)
{
	bool has_login = strchr(proxy->value, '@');

	return error_set(error, ERROR_CONFIG,
			 "%s is not a proxy URL such as http://proxy.example:3128%s",
			 proxy->name,
			 has_login
				 ? "; in a user name or password write / as %2F, ? as "
				   "%3F and # as %23"
				 : "");
}

/* libcurl would put all of it into its message. */
static int check_proxy(const struct variable *proxy, const char *written,
		       struct error *error)
{
	const char *prefix = strstr(written, "://") ? "" : "http://";
	CURLU *url = curl_url();
	char *text = NULL;
	int len = asprintf(&text, "%s%s", prefix, written);
	int r = 0;

	if (!url || len < 0)
		r = error_set(error, ERROR_MEMORY, "no memory for a proxy");
	else if (!is_proxy_url(url, text))
		r = fail_proxy(proxy, error);
	if (len >= 0)
		secret_free_bytes(text, (size_t)len);
	curl_url_cleanup(url);
	return r;
}

int proxy_find(const struct environment *environment, const char *scheme,
	       const char *host, char **proxy, struct error *error)
{
	struct variable found = find_proxy(environment, scheme);
	struct variable exempt = find_variable(environment, "no_proxy", "NO_PROXY");
	char *written = NULL;
	int r;

	*proxy = NULL;
	if (!found.value || (exempt.value && is_exempt(exempt.value, host)))
		return 0;
	written = write_proxy(found.value);
	if (!written)
		return error_set(error, ERROR_MEMORY, "no memory for a proxy");
	r = check_proxy(&found, written, error);
	if (r == 0)
		*proxy = written;
	else
		secret_free(written);
	return r;
}
