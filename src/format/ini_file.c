#include "src/format/ini_file.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/array.h"
#include "src/base/buffer.h"
#include "src/base/regular_file.h"
#include "src/base/secret.h"

#define INHERITED "DEFAULT"

struct setting {
	const char *section;
	const char *key;   /* NULL: the section itself */
	const char *child; /* NULL: not nested */
	char *value;	   /* NULL: a section, or a key with nested lines */
	unsigned line;
};

struct ini_file {
	/* The text, cut into strings in place: all that entries point to. */
	char *text;
	size_t len;
	char *values; /* as long as the text, and so long enough for all values */
	size_t values_used;
	void *entries;	       /* a tree of tsearch(3) */
	const char **sections; /* array.h */
	size_t section_count;
};

struct parser {
	struct ini_file *file;
	const char *name;
	struct error *error;
	unsigned line;
	const char *section; /* NULL before the first one */
	size_t indent;	     /* of the last line that was not a continuation */
	/* The key whose value may go on, or NULL. */
	const char *key;
	unsigned key_line;
	/* The lines so far, joined by newlines, at the end of the file's values. */
	char *value;
	char *value_end;
};

static int compare_names(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_entries(const void *a, const void *b)
{
	const struct setting *x = a;
	const struct setting *y = b;
	int order = strcmp(x->section, y->section);

	if (order == 0)
		order = compare_names(x->key, y->key);
	return order ? order : compare_names(x->child, y->child);
}

/* The entry of that name, made if there was none; NULL without memory. */
static struct setting *insert_setting(struct ini_file *file,
				      const struct setting *wanted)
{
	struct setting *copy = malloc(sizeof(*copy));
	struct setting **found = NULL;

	if (!copy)
		return NULL;
	*copy = *wanted;
	found = tsearch(copy, &file->entries, compare_entries);
	if (!found || *found != copy)
		free(copy);
	return found ? *found : NULL;
}

static int fail_line(struct parser *parser, unsigned line, const char *reason)
{
	return error_set(parser->error, ERROR_CONFIG, "%s, line %u: %s", parser->name,
			 line, reason);
}

static int fail_memory(struct parser *parser)
{
	return error_set(parser->error, ERROR_MEMORY, "no memory for %s", parser->name);
}

static int fail_repeated(struct parser *parser, unsigned line, const char *what,
			 const char *name, unsigned first)
{
	return error_set(parser->error, ERROR_CONFIG,
			 "%s, line %u: %s %s was already given in line %u; keep one",
			 parser->name, line, what, name, first);
}

static char *strip_blanks(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

static int add_child(struct parser *parser, char *line)
{
	struct setting entry = {.section = parser->section, .key = parser->key};
	char *separator = strchr(line, '=');
	struct setting *added = NULL;

	if (!separator)
		return fail_line(parser, parser->key_line,
				 "an indented line below this key is not KEY = VALUE");
	*separator = '\0';
	entry.child = strip_blanks(line);
	added = insert_setting(parser->file, &entry);
	if (!added)
		return fail_memory(parser);
	/* Nested keys may repeat; the last one counts. */
	added->value = strip_blanks(separator + 1);
	return 0;
}

static int add_children(struct parser *parser)
{
	char *rest = parser->value;
	int r = 0;

	while (r == 0 && rest) {
		char *line = strip_blanks(strsep(&rest, "\n"));

		if (*line != '\0')
			r = add_child(parser, line);
	}
	return r;
}

/* The value of the key is whole: nothing more continues it. */
static int end_key(struct parser *parser)
{
	struct setting entry = {
		.section = parser->section,
		.key = parser->key,
		.line = parser->key_line,
	};
	struct setting *added = NULL;
	char *end = parser->value_end;

	if (!parser->key)
		return 0;
	while (end > parser->value && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	parser->file->values_used += (size_t)(end - parser->value) + 1;
	added = insert_setting(parser->file, &entry);
	if (!added)
		return fail_memory(parser);
	if (added->line != parser->key_line)
		return fail_repeated(parser, parser->key_line, "key", parser->key,
				     added->line);
	if (*parser->value == '\n')
		return add_children(parser);
	added->value = parser->value;
	return 0;
}

static void append_value(struct parser *parser, const char *line)
{
	size_t len = strlen(line);

	memcpy(parser->value_end, line, len + 1);
	parser->value_end += len;
}

static int begin_section(struct parser *parser, const char *name)
{
	struct ini_file *file = parser->file;
	struct setting entry = {.section = name, .line = parser->line};
	struct setting *added = insert_setting(file, &entry);
	const char **sections = NULL;

	parser->section = name;
	parser->key = NULL;
	if (!added)
		return fail_memory(parser);
	if (strcmp(name, INHERITED) == 0)
		return 0;
	if (added->line != parser->line)
		return fail_repeated(parser, parser->line, "section", name,
				     added->line);
	sections = array_grow(file->sections, file->section_count, sizeof(*sections));
	if (!sections)
		return fail_memory(parser);
	file->sections = sections;
	sections[file->section_count++] = name;
	return 0;
}

static int begin_key(struct parser *parser, char *line)
{
	char *separator = strpbrk(line, "=:");

	if (!separator)
		return fail_line(
			parser, parser->line,
			"expected [SECTION] or KEY = VALUE; a line that continues "
			"a value is indented further than its key");
	*separator = '\0';
	parser->key = strip_blanks(line);
	if (*parser->key == '\0')
		return fail_line(parser, parser->line, "no key in front of the value");
	for (char *c = line; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	parser->key_line = parser->line;
	parser->value = parser->file->values + parser->file->values_used;
	parser->value_end = parser->value;
	append_value(parser, strip_blanks(separator + 1));
	return 0;
}

/* The name of a section reaches to the last bracket of the line. */
static char *section_name(char *line)
{
	char *end = strrchr(line, ']');

	if (*line != '[' || !end || end == line + 1)
		return NULL;
	*end = '\0';
	return line + 1;
}

static int parse_line(struct parser *parser, char *line)
{
	size_t indent = 0;
	char *name = NULL;
	int r;

	while (isspace((unsigned char)line[indent]))
		indent++;
	line = strip_blanks(line);
	if (*line == '#' || *line == ';')
		return 0;
	if (parser->key && (*line == '\0' || indent > parser->indent)) {
		append_value(parser, "\n");
		append_value(parser, line);
		return 0;
	}
	if (*line == '\0')
		return 0;
	r = end_key(parser);
	if (r < 0)
		return r;
	parser->key = NULL;
	parser->indent = indent;
	name = section_name(line);
	if (name)
		return begin_section(parser, name);
	if (!parser->section)
		return fail_line(parser, parser->line,
				 "the first key has no [SECTION] before it");
	return begin_key(parser, line);
}

/* Ends the line at @text and returns where the next one begins, or NULL. */
static char *cut_line(char *text)
{
	char *end = text + strcspn(text, "\r\n");

	if (*end == '\0')
		return NULL;
	if (end[0] == '\r' && end[1] == '\n')
		*end++ = '\0';
	*end = '\0';
	return end + 1;
}

static int parse_lines(struct parser *parser)
{
	char *line = parser->file->text;
	int r = 0;

	/* A NUL ends strings; files in UTF-16 are full of them. */
	if (strlen(line) != parser->file->len)
		return error_set(parser->error, ERROR_CONFIG,
				 "%s contains a NUL byte; it must be text in UTF-8",
				 parser->name);
	if (strncmp(line, "\xEF\xBB\xBF", 3) == 0)
		line += 3;
	while (r == 0 && line) {
		char *next = cut_line(line);

		parser->line++;
		r = parse_line(parser, line);
		line = next;
	}
	return r < 0 ? r : end_key(parser);
}

static char *copy_text(const char *text, size_t len)
{
	char *copy = calloc(1, len + 1);

	if (!copy)
		return NULL;
	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

int ini_file_parse(const char *text, size_t len, const char *name,
		   struct ini_file **file, struct error *error)
{
	struct ini_file *made = calloc(1, sizeof(*made));
	struct parser parser = {.file = made, .name = name, .error = error};
	int r;

	*file = NULL;
	if (!made)
		return fail_memory(&parser);
	made->len = len;
	made->text = copy_text(text, len);
	/* A value is shorter than its lines. */
	made->values = malloc(len + 1);
	if (made->text && made->values)
		r = parse_lines(&parser);
	else
		r = fail_memory(&parser);
	if (r < 0)
		ini_file_free(made);
	else
		*file = made;
	return r;
}

int ini_file_read(const char *path, struct ini_file **file, struct error *error)
{
	struct buffer text = {.max_bytes = INI_FILE_MAX_BYTES};
	struct error reason = {0};
	int r = regular_file_read(path, &text, &reason);

	*file = NULL;
	if (r == 0)
		r = ini_file_parse(text.data, text.len, path, file, error);
	else if (r != -ENOENT)
		error_set(error, reason.kind, "cannot read %s", reason.text);
	if (r == -EINVAL && reason.kind == ERROR_CONFIG)
		r = -EACCES;
	buffer_fini(&text);
	return r;
}

void ini_file_free(struct ini_file *file)
{
	if (!file)
		return;
	tdestroy(file->entries, free);
	secret_free_bytes(file->text, file->len);
	secret_free_bytes(file->values, file->len);
	free(file->sections);
	free(file);
}

const char *ini_file_section(const struct ini_file *file, size_t index)
{
	return index < file->section_count ? file->sections[index] : NULL;
}

static const struct setting *find_setting(const struct ini_file *file,
					  const char *section, const char *key,
					  const char *child)
{
	const struct setting wanted = {.section = section, .key = key, .child = child};
	void *found = tfind(&wanted, &file->entries, compare_entries);

	return found ? *(struct setting *const *)found : NULL;
}

const char *ini_file_get(const struct ini_file *file, const char *section,
			 const char *key, const char *child)
{
	const struct setting *entry = NULL;

	if (!find_setting(file, section, NULL, NULL))
		return NULL;
	/* A section's own key hides the inherited one, nested lines and all. */
	if (!find_setting(file, section, key, NULL))
		section = INHERITED;
	entry = find_setting(file, section, key, child);
	return entry ? entry->value : NULL;
}
