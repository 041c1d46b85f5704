/*
 * The AWS set-up of the user: the AWS_* variables, the two files
 * (~/.aws/config, ~/.aws/credentials), and the profile that is in force.
 * Follows botocore (configprovider.py, configloader.py, session.py).
 */
#ifndef DMSFS_SRC_AWS_PROFILE_H
#define DMSFS_SRC_AWS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/environment.h"
#include "src/base/error.h"

struct profile;
struct settings_cache;

struct profile_options {
	const char *name;   /* --profile, or NULL */
	const char *region; /* --region, or NULL */
	struct environment environment;
	struct settings_cache *cache; /* shared with other profiles, or NULL */
};

/*
 * Reads the files. Missing default files are empty ones, and so are, with a
 * profile_warning(), those that cannot be read while no profile was chosen. -EINVAL
 * with the name of what was looked for and where: a profile that was asked for and is
 * in neither file, a file that cannot be read or parsed (with its line).
 */
int profile_load(const struct profile_options *options, struct profile **profile,
		 struct error *error);
void profile_free(struct profile *profile);

/*
 * Reads the files of @profile again, of the same paths and for the same name: a
 * daemon outlives the keys in them. Results as of profile_load(), but -EACCES for a
 * file that cannot be read.
 */
int profile_reload(const struct profile *profile, struct profile **fresh,
		   struct error *error);

/* Whether a file of @profile is another one now than when it was read: replaced,
 * changed, gone or new. Costs two calls of stat(2). */
bool profile_is_outdated(const struct profile *profile);

/* The reasons why a file is left out, as "cannot read FILE: ...", for @index 0 and 1,
 * and why HOME is not where they were looked for, for 2; NULL where there is none. */
#define PROFILE_WARNINGS 3
const char *profile_warning(const struct profile *profile, size_t index);

/* The name in force; "default" when none was chosen. */
const char *profile_name(const struct profile *profile);

/* Whether the name came from --profile (then environment keys do not count). */
bool profile_is_explicit(const struct profile *profile);

/* A variable that is set and not empty, or NULL. */
const char *profile_env(const struct profile *profile, const char *name);

/*
 * Key @key (lower-case) of the profile in force, or NULL if it is absent or empty;
 * a nested one is "s3.addressing_style". profile_get() sees the merged view
 * (the credentials file wins), profile_get_config() and
 * profile_get_credentials() one file alone.
 */
const char *profile_get(const struct profile *profile, const char *key);
const char *profile_get_config(const struct profile *profile, const char *key);
const char *profile_get_credentials(const struct profile *profile, const char *key);

/* The same three for profile @name. */
const char *profile_get_of(const struct profile *profile, const char *name,
			   const char *key);
const char *profile_get_config_of(const struct profile *profile, const char *name,
				  const char *key);
const char *profile_get_credentials_of(const struct profile *profile, const char *name,
				       const char *key);
/* Whether profile @name is in either file. */
bool profile_exists(const struct profile *profile, const char *name);

/*
 * Key @key of another section of the config file, as ("sso-session", "corp",
 * "sso_region"), or NULL; a nested value as ("services", "x",
 * "database_migration_service.endpoint_url").
 */
const char *profile_section_get(const struct profile *profile, const char *type,
				const char *name, const char *key);
bool profile_section_exists(const struct profile *profile, const char *type,
			    const char *name);

/* For messages about a section that is missing: how [TYPE NAME], which the config file
 * has without the quotes that its blanks or quotes need, must be written; else nothing.
 * Writes @size bytes at most to @out and returns it. */
char *profile_quotes_hint(const struct profile *profile, const char *type,
			  const char *name, char *out, size_t size);

/* The paths of the two files, as found, for messages. */
const char *profile_config_path(const struct profile *profile);
const char *profile_credentials_path(const struct profile *profile);

/* The directory that the profile was loaded in first, which a daemon leaves later, or
 * NULL. Whatever is relative counts from there. */
const char *profile_directory(const struct profile *profile);

/* @path as it counts from there, and @text as path_expand() expands it with the
 * variables of @profile. For the caller to free; NULL without memory. */
char *profile_file(const struct profile *profile, const char *path);
char *profile_path(const struct profile *profile, const char *text);

/*
 * A setting by the common order: variable @env, then config key @key; either may
 * be NULL. A boolean is "true", case ignored; all else is false, as in botocore.
 */
const char *profile_setting(const struct profile *profile, const char *env,
			    const char *key);
bool profile_setting_bool(const struct profile *profile, const char *env,
			  const char *key);

/* For messages: where profile_setting() takes the value from, "AWS_X" or "x of
 * profile NAME in FILE". Writes @size bytes at most to @out and returns it. */
char *profile_describe(const struct profile *profile, const char *env, const char *key,
		       char *out, size_t size);

/*
 * --region, AWS_REGION, AWS_DEFAULT_REGION, then the profile's region. -EINVAL
 * with the places that were looked at if there is none, or if it is no valid
 * host label.
 */
int profile_region(const struct profile *profile, const char **region,
		   struct error *error);

/* Whether any of these places names one, valid or not. */
bool profile_has_region(const struct profile *profile);

/* Sets the region of a profile that has none, as if by --region. 0 or -ENOMEM. */
int profile_set_region(struct profile *profile, const char *region);

#endif
