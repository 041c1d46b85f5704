#include "src/aws/config_sections.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROFILE "profile"
#define DEFAULT_NAME "default"

static size_t count_sections(const struct ini_file *file)
{
	size_t count = 0;

	while (file && ini_file_section(file, count))
		count++;
	return count;
}

int config_sections_name(struct config_sections *sections)
{
	size_t count = count_sections(sections->file);

	sections->names = calloc(count + 1, sizeof(*sections->names));
	if (!sections->names)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (shell_words_split(ini_file_section(sections->file, i),
				      &sections->names[i]) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

void config_sections_fini(struct config_sections *sections)
{
	size_t count = sections->names ? count_sections(sections->file) : 0;

	for (size_t i = 0; i < count; i++)
		shell_words_fini(&sections->names[i]);
	free(sections->names);
	ini_file_free(sections->file);
}

/* Whether section @index is [TYPE NAME], the latter quoted or not. */
static bool is_section(const struct config_sections *sections, size_t index,
		       const char *type, const char *name)
{
	const char *section = ini_file_section(sections->file, index);
	const struct shell_words *words = &sections->names[index];

	return strncmp(section, type, strlen(type)) == 0 && words->count == 2 &&
	       strcmp(words->word[0], type) == 0 && strcmp(words->word[1], name) == 0;
}

const char *config_sections_find(const struct config_sections *sections,
				 const char *type, const char *name)
{
	bool is_default = strcmp(type, PROFILE) == 0 && strcmp(name, DEFAULT_NAME) == 0;
	const char *found = NULL;
	const char *section = NULL;

	for (size_t i = 0; sections->file; i++) {
		section = ini_file_section(sections->file, i);
		if (!section)
			break;
		if ((is_default && strcmp(section, DEFAULT_NAME) == 0) ||
		    is_section(sections, i, type, name))
			found = section;
	}
	return found;
}

const char *config_sections_quotes(const char *name)
{
	if (name[strcspn(name, " \t\"'\\")] == '\0')
		return "";
	return strpbrk(name, "\"\\") ? "'" : "\"";
}

char *config_sections_hint(const struct config_sections *sections, const char *type,
			   const char *name, char *out, size_t size)
{
	size_t type_len = strlen(type);
	const char *quotes = config_sections_quotes(name);
	const char *section = NULL;

	out[0] = '\0';
	for (size_t i = 0; sections->file && *quotes; i++) {
		section = ini_file_section(sections->file, i);
		if (!section)
			break;
		if (strncmp(section, type, type_len) ||
		    !strchr(" \t", section[type_len]) ||
		    strcmp(section + type_len + strspn(section + type_len, " \t"),
			   name))
			continue;
		snprintf(out, size,
			 "; [%s %s] is there without the quotes that such a name "
			 "needs: [%s %s%s%s]",
			 type, name, type, quotes, name, quotes);
		break;
	}
	return out;
}
