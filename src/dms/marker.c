#include "src/dms/marker.h"

#include <stdbool.h>
#include <string.h>

#define NAME "\"Marker\""
#define NAME_LEN (sizeof(NAME) - 1)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What a string holds as it stands, and what the internal form of text.h leaves. */
static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* Steps over @c and blanks before it; NULL if something else stands there. */
static const char *take(const char *at, const char *end, char c)
{
	if (!at)
		return NULL;
	at = skip_blanks(at, end);
	return at < end && *at == c ? at + 1 : NULL;
}

static size_t find_at_start(const char *body, const char *end, const char **marker)
{
	const char *at = take(body, end, '{');

	if (!at)
		return 0;
	at = skip_blanks(at, end);
	if ((size_t)(end - at) < NAME_LEN || memcmp(at, NAME, NAME_LEN) != 0)
		return 0;
	at = take(take(at + NAME_LEN, end, ':'), end, '"');
	if (!at)
		return 0;
	*marker = at;
	while (at < end && is_plain(*at))
		at++;
	return at < end && *at == '"' ? (size_t)(at - *marker) : 0;
}

static const char *skip_blanks_back(const char *at, const char *start)
{
	while (at > start && is_blank(at[-1]))
		at--;
	return at;
}

/* The same as take(), to the left of @at. */
static const char *take_back(const char *at, const char *start, char c)
{
	if (!at)
		return NULL;
	at = skip_blanks_back(at, start);
	return at > start && at[-1] == c ? at - 1 : NULL;
}

/*
 * The last brace closes the answer itself, so the string before it is a member's
 * value. It begins at the next quote to the left: one within a string would stand
 * behind a backslash, and neither ':' nor a blank is one.
 */
static size_t find_at_end(const char *start, const char *body_end, const char **marker)
{
	const char *end = take_back(take_back(body_end, start, '}'), start, '"');
	const char *at = end;
	size_t len;

	if (!end)
		return 0;
	while (at > start && is_plain(at[-1]))
		at--;
	*marker = at;
	len = (size_t)(end - at);
	if (at == start || at[-1] != '"')
		return 0;
	at = take_back(at - 1, start, ':');
	if (!at)
		return 0;
	at = skip_blanks_back(at, start);
	if ((size_t)(at - start) < NAME_LEN ||
	    memcmp(at - NAME_LEN, NAME, NAME_LEN) != 0)
		return 0;
	at -= NAME_LEN;
	return take_back(at, start, ',') || take_back(at, start, '{') ? len : 0;
}

size_t marker_find(const char *body, size_t len, const char **marker)
{
	size_t found = find_at_start(body, body + len, marker);

	return found ? found : find_at_end(body, body + len, marker);
}
