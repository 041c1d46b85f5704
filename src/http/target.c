#include "src/http/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

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
static void read_parts(CURLU *url, struct http_place *place)
{
	char *shown = place->shown_url;

	append_part(url, CURLUPART_HOST, "", place->host, sizeof(place->host));
	append_part(url, CURLUPART_PORT, ":", place->host, sizeof(place->host));
	append_part(url, CURLUPART_SCHEME, "", shown, sizeof(place->shown_url));
	append_part(url, CURLUPART_HOST, "://", shown, sizeof(place->shown_url));
	append_part(url, CURLUPART_PORT, ":", shown, sizeof(place->shown_url));
	append_part(url, CURLUPART_PATH, "", shown, sizeof(place->shown_url));
	place->is_tls = strncmp(shown, "https://", 8) == 0;
}

static int read_url(struct http_place *place, const char *text, struct error *error)
{
	CURLU *url = curl_url();
	int err = 0;

	if (!url)
		return error_set(error, ERROR_MEMORY, "no memory for a request");
	if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
		err = error_set(error, ERROR_CONFIG, "\"%s\" is not a URL", text);
	} else {
		read_parts(url, place);
		if (!place->is_tls && strncmp(place->shown_url, "http://", 7) != 0)
			err = error_set(error, ERROR_CONFIG,
					"%s is neither an http nor an https URL",
					place->shown_url);
	}
	curl_url_cleanup(url);
	return err;
}

int http_place_set(struct http_place *place, const char *url, struct error *error)
{
	int err = 0;

	if (place->url && strcmp(place->url, url) == 0)
		return 0;
	http_place_fini(place);
	err = read_url(place, url, error);
	if (err)
		return err;
	place->url = strdup(url);
	return place->url ? 0
			  : error_set(error, ERROR_MEMORY, "no memory for a request");
}

void http_place_fini(struct http_place *place)
{
	if (place->url)
		explicit_bzero(place->url, strlen(place->url));
	free(place->url);
	*place = (struct http_place){0};
}
