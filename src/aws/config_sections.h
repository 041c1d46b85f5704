/*
 * The sections of ~/.aws/config, each of a type and a name: [profile NAME],
 * [sso-session NAME], [services NAME]; and [default]. A name with blanks stands in
 * quotes, as a shell has them. Follows botocore (configloader.py).
 */
#ifndef DMSFS_SRC_AWS_CONFIG_SECTIONS_H
#define DMSFS_SRC_AWS_CONFIG_SECTIONS_H

#include "src/base/shell_words.h"
#include "src/format/ini_file.h"

struct config_sections {
	struct ini_file *file; /* owned; NULL: there is no such file */
	/* Of the names of its sections, by their index: split here and now, so that
	 * looking one up takes no memory. None where the quotes are wrong. */
	struct shell_words *names;
};

/* Splits the names of the sections of the file, which is set and stays so after a
 * failure. 0 or -ENOMEM. */
int config_sections_name(struct config_sections *sections);
void config_sections_fini(struct config_sections *sections);

/* Section [TYPE NAME] as the file spells it, or NULL. The last one counts, whole, if
 * there are two, as [default] and [profile default]. */
const char *config_sections_find(const struct config_sections *sections,
				 const char *type, const char *name);

/* The quotes that @name needs in a section: "", "\"" or "'". */
const char *config_sections_quotes(const char *name);

/* See profile_quotes_hint(). */
char *config_sections_hint(const struct config_sections *sections, const char *type,
			   const char *name, char *out, size_t size);

#endif
