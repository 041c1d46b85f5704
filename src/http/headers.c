#include "src/http/headers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/secret.h"

static int append_line(struct curl_slist **headers, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*headers, line);

	if (!longer)
		return -1;
	*headers = longer;
	return 0;
}

static int add_header(struct curl_slist **headers, const struct http_header *header,
		      struct error *error)
{
	char *line = NULL;
	int len;
	int r = 0;

	if (strpbrk(header->value, "\r\n"))
		return error_set(error, ERROR_CONFIG,
				 "the value of header %s contains a line break",
				 header->name);
	/* To curl "NAME:" means leaving it out, and "NAME;" means no value. */
	if (*header->value)
		len = asprintf(&line, "%s: %s", header->name, header->value);
	else
		len = asprintf(&line, "%s;", header->name);
	if (len < 0)
		return error_set(error, ERROR_MEMORY, "no memory for a header");
	if (append_line(headers, line))
		r = error_set(error, ERROR_MEMORY, "no memory for a header");
	secret_free_bytes(line, (size_t)len);
	return r;
}

static bool has_header(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (!strcasecmp(request->headers[i].name, name))
			return true;
	return false;
}

static int add_headers(const struct http_request *request, struct curl_slist **headers,
		       struct error *error)
{
	int failed = 0;

	for (size_t i = 0; i < request->header_count; i++) {
		int r = add_header(headers, &request->headers[i], error);

		if (r < 0)
			return r;
	}
	/* Never wait for a 100 Continue, nor claim that a body is a form. */
	failed |= append_line(headers, "Expect:");
	if (!has_header(request, "Content-Type"))
		failed |= append_line(headers, "Content-Type:");
	return failed ? error_set(error, ERROR_MEMORY, "no memory for a header") : 0;
}

void http_headers_free(struct curl_slist *headers)
{
	for (struct curl_slist *at = headers; at; at = at->next)
		explicit_bzero(at->data, strlen(at->data));
	curl_slist_free_all(headers);
}

int http_headers_new(const struct http_request *request, struct curl_slist **result,
		     struct error *error)
{
	struct curl_slist *headers = NULL;
	int r = add_headers(request, &headers, error);

	if (r < 0)
		http_headers_free(headers);
	else
		*result = headers;
	return r;
}
