#include "src/dms/page_scan.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/array.h"
#include "src/base/text.h"
#include "src/format/json.h"

/* A walk over a copy of the response, in which strings become texts. */
struct page_scan {
	char *copy; /* owned */
	char *at;
	char *end;
	struct connection
		*connections; /* owned (array.h); their texts are in the copy */
	size_t count;
	bool has_connections;
	const char *marker; /* or NULL */
	bool has_marker;
};

static void skip_blanks(struct page_scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' ||
					*scan->at == '\t' || *scan->at == '\r'))
		scan->at++;
}

/* Whether @c comes next, which is then behind. */
static bool take(struct page_scan *scan, char c)
{
	skip_blanks(scan);
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static char unescape(char c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return '\0';
	}
}

/* What is left of a string, from its first escape on. */
static bool take_escaped(struct page_scan *scan)
{
	char *out = scan->at;

	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '"') {
			*out = '\0';
			scan->at++;
			return true;
		}
		if (*scan->at == '\\') {
			if (++scan->at == scan->end)
				return false;
			*scan->at = unescape(*scan->at);
			if (*scan->at == '\0')
				return false;
		}
		*out++ = *scan->at;
	}
	return false;
}

/* NULL: there is none that can be read here. */
static char *take_string(struct page_scan *scan)
{
	char *text = NULL;
	char *quote = NULL;
	char *escape = NULL;

	if (!take(scan, '"'))
		return NULL;
	text = scan->at;
	quote = memchr(text, '"', (size_t)(scan->end - text));
	if (!quote)
		return NULL;
	escape = memchr(text, '\\', (size_t)(quote - text));
	if (escape) {
		scan->at = escape;
		return take_escaped(scan) ? text : NULL;
	}
	*quote = '\0';
	scan->at = quote + 1;
	return text;
}

/* A string, or null. */
static bool take_text(struct page_scan *scan, const char **text)
{
	static const char null[] = {'n', 'u', 'l', 'l'};

	*text = NULL;
	skip_blanks(scan);
	if ((size_t)(scan->end - scan->at) >= sizeof(null) &&
	    memcmp(scan->at, null, sizeof(null)) == 0) {
		scan->at += sizeof(null);
		return true;
	}
	*text = take_string(scan);
	return *text != NULL;
}

/* The name of a member and the colon, or NULL. */
static const char *take_name(struct page_scan *scan)
{
	const char *name = take_string(scan);

	return name && take(scan, ':') ? name : NULL;
}

static bool take_member(struct page_scan *scan, struct connection *connection)
{
	const char *name = take_name(scan);
	const char *text = NULL;

	if (!name || !take_text(scan, &text))
		return false;
	for (int f = 0; f < CONNECTION_FIELDS; f++)
		if (!strcmp(name, connection_field_name((enum connection_field)f))) {
			connection->field[f] = text;
			break;
		}
	return true;
}

static bool take_connection(struct page_scan *scan)
{
	struct connection *connections = array_grow(scan->connections, scan->count,
						    sizeof(*connections));
	struct connection *connection = NULL;

	if (!connections)
		return false;
	scan->connections = connections;
	connection = &connections[scan->count++];
	*connection = (struct connection){.field = {NULL}};
	if (!take(scan, '{'))
		return false;
	if (take(scan, '}'))
		return true;
	do {
		if (!take_member(scan, connection))
			return false;
	} while (take(scan, ','));
	return take(scan, '}');
}

static bool take_connections(struct page_scan *scan)
{
	if (!take(scan, '['))
		return false;
	if (take(scan, ']'))
		return true;
	do {
		if (!take_connection(scan))
			return false;
	} while (take(scan, ','));
	return take(scan, ']');
}

/* Each of the two at most once. */
static bool take_part(struct page_scan *scan)
{
	const char *name = take_name(scan);

	if (name && !strcmp(name, "Connections") && !scan->has_connections) {
		scan->has_connections = true;
		return take_connections(scan);
	}
	if (!name || strcmp(name, "Marker") != 0 || scan->has_marker ||
	    !take_text(scan, &scan->marker))
		return false;
	scan->has_marker = true;
	if (scan->marker && *scan->marker == '\0')
		scan->marker = NULL;
	return true;
}

static bool take_response(struct page_scan *scan)
{
	if (!take(scan, '{'))
		return false;
	do {
		if (!take_part(scan))
			return false;
	} while (take(scan, ','));
	if (!take(scan, '}'))
		return false;
	skip_blanks(scan);
	return scan->at == scan->end && scan->has_connections;
}

/* A value takes a byte at least. */
static bool is_usual(const char *body, size_t len)
{
	return len <= JSON_VALUES_MAX && !memchr(body, '\0', len) &&
	       !memchr(body, TEXT_ESCAPE, len);
}

struct page_scan *page_scan_new(const char *body, size_t len)
{
	struct page_scan *scan = is_usual(body, len) ? calloc(1, sizeof(*scan)) : NULL;

	if (!scan)
		return NULL;
	scan->copy = malloc(len + 1);
	if (scan->copy) {
		scan->at = scan->copy;
		scan->end = mempcpy(scan->copy, body, len);
		if (take_response(scan))
			return scan;
	}
	page_scan_free(scan);
	return NULL;
}

void page_scan_free(struct page_scan *scan)
{
	if (!scan)
		return;
	free(scan->connections);
	free(scan->copy);
	free(scan);
}

const char *page_scan_marker(const struct page_scan *scan)
{
	return scan->marker;
}

int page_scan_store(const struct page_scan *scan, struct shared_texts *shared,
		    struct page **page)
{
	return page_new_sharing(scan->connections, scan->count, scan->marker, shared,
				page);
}

bool page_scan(const char *body, size_t len, struct shared_texts *shared,
	       struct page **page)
{
	struct page_scan *scan = page_scan_new(body, len);
	const bool is_read = scan && page_scan_store(scan, shared, page) == 0;

	page_scan_free(scan);
	return is_read;
}
