#include "src/http/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/base/secret.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The value of @line, which ends before @end, if it is header @name. */
static const char *match(const char *line, const char *end, const char *name)
{
	size_t len = strlen(name);

	if ((size_t)(end - line) <= len || strncasecmp(line, name, len) != 0 ||
	    line[len] != ':')
		return NULL;
	return line + len + 1;
}

static void copy_trimmed(const char *from, const char *end, char *value, size_t size)
{
	size_t len;

	while (from < end && is_blank(*from))
		from++;
	while (end > from && (is_blank(end[-1]) || end[-1] == '\r'))
		end--;
	len = (size_t)(end - from);
	if (len >= size)
		len = size - 1;
	memcpy(value, from, len);
	value[len] = '\0';
}

bool http_response_header(const struct http_response *response, const char *name,
			  char *value, size_t size)
{
	const char *line = response->headers;

	while (line && *line) {
		const char *end = strchrnul(line, '\n');
		const char *from = match(line, end, name);

		if (from) {
			copy_trimmed(from, end, value, size);
			return true;
		}
		line = *end ? end + 1 : end;
	}
	return false;
}

void http_response_fini(struct http_response *response)
{
	secret_free_bytes(response->body, response->body_len);
	secret_free(response->headers);
	*response = (struct http_response){0};
}
