#include "src/http/target.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "src/base/secret.h"

static void append_part(CURLU *url, CURLUPart part, const char *before, char *out,
			size_t size)
{
	char *text = NULL;
	size_t used = strlen(out);

	if (curl_url_get(url, part, &text, 0) == CURLUE_OK)
		snprintf(out + used, size - used, "%s%s", before, text);
	curl_free(text);
}

/* Passwords and tokens travel in the userinfo and the query of a URL. */
static void read_parts(CURLU *url, struct http_target *target)
{
	char *shown = target->shown_url;

	append_part(url, CURLUPART_HOST, "", target->host, sizeof(target->host));
	append_part(url, CURLUPART_PORT, ":", target->host, sizeof(target->host));
	append_part(url, CURLUPART_SCHEME, "", shown, sizeof(target->shown_url));
	append_part(url, CURLUPART_HOST, "://", shown, sizeof(target->shown_url));
	append_part(url, CURLUPART_PORT, ":", shown, sizeof(target->shown_url));
	append_part(url, CURLUPART_PATH, "", shown, sizeof(target->shown_url));
	target->is_tls = strncmp(shown, "https://", 8) == 0;
}

static int read_url(struct http_target *target, const char *text, struct error *error)
{
	CURLU *url = curl_url();
	int r = 0;

	if (!url)
		return error_set(error, ERROR_MEMORY, "no memory for a request");
	if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
		r = error_set(error, ERROR_CONFIG, "\"%s\" is not a URL", text);
	} else {
		read_parts(url, target);
		if (!target->is_tls && strncmp(target->shown_url, "http://", 7) != 0)
			r = error_set(error, ERROR_CONFIG,
				      "%s is neither an http nor an https URL",
				      target->shown_url);
	}
	curl_url_cleanup(url);
	return r;
}

int http_target_set(struct http_target *target, const char *url, struct error *error)
{
	int r = 0;

	if (target->url && strcmp(target->url, url) == 0)
		return 0;
	http_target_fini(target);
	r = read_url(target, url, error);
	if (r < 0)
		return r;
	target->url = strdup(url);
	return target->url ? 0
			   : error_set(error, ERROR_MEMORY, "no memory for a request");
}

bool http_host_is_loopback(const char *host)
{
	const char *colon = strrchr(host, ':');
	struct in6_addr v6;
	struct in_addr v4;
	char name[64];
	size_t len = strlen(host);

	if (colon && colon[1 + strspn(colon + 1, "0123456789")] == '\0' &&
	    (*host != '[' || colon[-1] == ']'))
		len = (size_t)(colon - host);
	if (*host == '[' && len > 1)
		snprintf(name, sizeof(name), "%.*s", (int)len - 2, host + 1);
	else
		snprintf(name, sizeof(name), "%.*s", (int)len, host);
	if (*host == '[')
		return inet_pton(AF_INET6, name, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
	if (inet_pton(AF_INET, name, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcasecmp(name, "localhost") == 0;
}

void http_target_fini(struct http_target *target)
{
	secret_free(target->url);
	*target = (struct http_target){0};
}
