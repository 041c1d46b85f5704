#include "src/aws/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "src/aws/config_sections.h"
#include "src/aws/region.h"
#include "src/aws/settings_file.h"
#include "src/base/path.h"
#include "src/format/ini_file.h"

#define PROFILE "profile"
#define DEFAULT_NAME "default"
#define KEY_MAX 128
#define HINT_SIZE 320

/* In the order of their reading. */
enum settings_kind {
	SETTINGS_CONFIG,
	SETTINGS_CREDENTIALS,
	SETTINGS_FILES,
};

#define WARNING_OF_HOME SETTINGS_FILES

static const char *const settings_variables[] = {"AWS_CONFIG_FILE",
						 "AWS_SHARED_CREDENTIALS_FILE"};

/* Set once, by profile_load(). */
struct profile {
	char *name;
	const char *name_source; /* "--profile" or a variable; NULL: not chosen */
	bool is_explicit;
	char *region; /* of the command line, or NULL */
	struct environment environment;
	char *directory; /* that the program was started in; NULL: nobody knows */
	char *config_path;
	char *credentials_path;
	struct settings_cache *cache;		     /* borrowed; or NULL */
	struct settings_file *files[SETTINGS_FILES]; /* a reference each, or NULL */
	struct file_stamp stamps[SETTINGS_FILES];
	struct config_sections config;	  /* of these, borrowed */
	struct ini_file *credentials;	  /* the same; NULL: there is no such file */
	char *warnings[PROFILE_WARNINGS]; /* by file, and one of HOME; NULL: none */
};

static int fail_memory(struct error *error)
{
	return error_set(error, ERROR_MEMORY, "no memory for the AWS configuration");
}

const char *profile_env(const struct profile *profile, const char *name)
{
	const char *value = environment_get(&profile->environment, name);

	return value && *value != '\0' ? value : NULL;
}

/* --profile, AWS_PROFILE (first, as in the AWS CLI v2 and most SDKs; botocore has
 * them the other way round), AWS_DEFAULT_PROFILE. */
static void choose_name(struct profile *profile, const char *option)
{
	static const char *const variables[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
	const char *name = option;

	profile->is_explicit = option != NULL;
	if (option)
		profile->name_source = "--profile";
	for (size_t i = 0; !name && i < sizeof(variables) / sizeof(*variables); i++) {
		name = profile_env(profile, variables[i]);
		if (name)
			profile->name_source = variables[i];
	}
	profile->name = strdup(name ? name : DEFAULT_NAME);
}

static char *find_file(const struct profile *profile, const char *env,
		       const char *standard)
{
	const char *text = profile_env(profile, env);

	return path_expand(text ? text : standard, profile->directory,
			   &profile->environment);
}

/* Nobody asked for it, by a variable or by the name of a profile, and nothing of it is
 * in use. As to the AWS CLI it is as good as none then, if it cannot be read. */
static bool is_optional(const struct profile *profile, enum settings_kind which,
			const struct profile *before)
{
	bool is_asked_for = profile->name_source ||
			    profile_env(profile, settings_variables[which]);

	return !is_asked_for && (!before || before->warnings[which]);
}

/* The stamp comes first: what is changed while it is read counts as changed. */
static int read_file(struct profile *profile, enum settings_kind which,
		     const struct profile *before, struct error *error)
{
	const char *path = which == SETTINGS_CONFIG ? profile->config_path
						    : profile->credentials_path;
	struct error reason = {0};
	int r;

	profile->stamps[which] = file_stamp_take(path);
	r = settings_file_read(profile->cache, path, &profile->stamps[which],
			       &profile->files[which], &reason);
	if (r == -EACCES && is_optional(profile, which, before)) {
		profile->warnings[which] = strdup(reason.text);
		return profile->warnings[which] ? 0 : fail_memory(error);
	}
	if (r == 0 || r == -ENOENT)
		return 0;
	if (error)
		*error = reason;
	return before && r == -EACCES ? r : error_result(&reason);
}

static int fail_unknown(const struct profile *profile, struct error *error)
{
	const char *quotes = config_sections_quotes(profile->name);
	char hint[HINT_SIZE];

	return error_set(
		error, ERROR_CONFIG,
		"the profile '%s' (%s) is neither in %s%s (as [%s%s%s%s]) nor in %s%s "
		"(as [%s])%s",
		profile->name, profile->name_source, profile->config_path,
		profile->config.file ? "" : " (no such file)",
		strcmp(profile->name, DEFAULT_NAME) ? PROFILE " " : "", quotes,
		profile->name, quotes, profile->credentials_path,
		profile->credentials ? "" : " (no such file)", profile->name,
		config_sections_hint(&profile->config, PROFILE, profile->name, hint,
				     sizeof(hint)));
}

static int read_files(struct profile *profile, const struct profile *before,
		      struct error *error)
{
	struct settings_file *const *files = profile->files;
	int r = read_file(profile, SETTINGS_CONFIG, before, error);

	if (r == 0)
		r = read_file(profile, SETTINGS_CREDENTIALS, before, error);
	if (r < 0)
		return r;
	if (files[SETTINGS_CONFIG])
		profile->config = files[SETTINGS_CONFIG]->sections;
	if (files[SETTINGS_CREDENTIALS])
		profile->credentials = files[SETTINGS_CREDENTIALS]->sections.file;
	if (profile->name_source && !profile_exists(profile, profile->name))
		return fail_unknown(profile, error);
	return 0;
}

/* Reads the files of @made, whose strings are set, and hands it over. */
static int finish(struct profile *made, const char *region,
		  const struct profile *before, struct profile **profile,
		  struct error *error)
{
	int r;

	made->region = region ? strdup(region) : NULL;
	if (!made->name || (region && !made->region) || !made->config_path ||
	    !made->credentials_path)
		r = fail_memory(error);
	else
		r = read_files(made, before, error);
	if (r < 0)
		profile_free(made);
	else
		*profile = made;
	return r;
}

/* mount.fuse3 sets HOME=/root, and sudo -E keeps it. */
static int warn_of_home(struct profile *profile)
{
	const char *home = environment_get(&profile->environment, "HOME");
	char *own = NULL;
	int r = 0;

	if (!path_is_home_foreign(&profile->environment))
		return 0;
	own = profile_path(profile, "~");
	if (!own || (strcmp(own, home) != 0 &&
		     asprintf(&profile->warnings[WARNING_OF_HOME],
			      "HOME is %s, which belongs to another user and cannot be "
			      "entered; reading %s/.aws",
			      home, own) < 0))
		r = -ENOMEM;
	free(own);
	return r;
}

int profile_load(const struct profile_options *options, struct profile **profile,
		 struct error *error)
{
	struct profile *made = calloc(1, sizeof(*made));

	*profile = NULL;
	if (!made)
		return fail_memory(error);
	made->environment = options->environment;
	made->cache = options->cache;
	made->directory = getcwd(NULL, 0);
	choose_name(made, options->name);
	made->config_path = find_file(made, settings_variables[SETTINGS_CONFIG],
				      "~/.aws/config");
	made->credentials_path = find_file(
		made, settings_variables[SETTINGS_CREDENTIALS], "~/.aws/credentials");
	if (warn_of_home(made) < 0) {
		profile_free(made);
		return fail_memory(error);
	}
	return finish(made, options->region, NULL, profile, error);
}

int profile_reload(const struct profile *profile, struct profile **fresh,
		   struct error *error)
{
	struct profile *made = calloc(1, sizeof(*made));

	*fresh = NULL;
	if (!made)
		return fail_memory(error);
	made->environment = profile->environment;
	made->cache = profile->cache;
	made->name_source = profile->name_source;
	made->is_explicit = profile->is_explicit;
	made->name = strdup(profile->name);
	made->directory = profile->directory ? strdup(profile->directory) : NULL;
	made->config_path = strdup(profile->config_path);
	made->credentials_path = strdup(profile->credentials_path);
	return finish(made, profile->region, profile, fresh, error);
}

bool profile_is_outdated(const struct profile *profile)
{
	struct file_stamp config = file_stamp_take(profile->config_path);
	struct file_stamp credentials = file_stamp_take(profile->credentials_path);

	return !file_stamp_is_same(&config, &profile->stamps[SETTINGS_CONFIG]) ||
	       !file_stamp_is_same(&credentials,
				   &profile->stamps[SETTINGS_CREDENTIALS]);
}

void profile_free(struct profile *profile)
{
	if (!profile)
		return;
	for (size_t i = 0; i < SETTINGS_FILES; i++)
		settings_file_unref(profile->files[i]);
	for (size_t i = 0; i < PROFILE_WARNINGS; i++)
		free(profile->warnings[i]);
	free(profile->directory);
	free(profile->config_path);
	free(profile->credentials_path);
	free(profile->name);
	free(profile->region);
	free(profile);
}

const char *profile_warning(const struct profile *profile, size_t index)
{
	return index < PROFILE_WARNINGS ? profile->warnings[index] : NULL;
}

const char *profile_name(const struct profile *profile)
{
	return profile->name;
}

bool profile_is_explicit(const struct profile *profile)
{
	return profile->is_explicit;
}

const char *profile_config_path(const struct profile *profile)
{
	return profile->config_path;
}

const char *profile_credentials_path(const struct profile *profile)
{
	return profile->credentials_path;
}

static const char *find_profile(const struct profile *profile, const char *name)
{
	return config_sections_find(&profile->config, PROFILE, name);
}

/* A key, or a nested one written PARENT.CHILD; an empty value counts as none. */
static const char *get_key(const struct ini_file *file, const char *section,
			   const char *key)
{
	const char *dot = strchr(key, '.');
	const char *value = NULL;
	char parent[KEY_MAX];

	if (!file || !section)
		return NULL;
	value = ini_file_get(file, section, key, NULL);
	if (!value && dot && (size_t)(dot - key) < sizeof(parent)) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(dot - key), key);
		value = ini_file_get(file, section, parent, dot + 1);
	}
	return value && *value != '\0' ? value : NULL;
}

char *profile_path(const struct profile *profile, const char *text)
{
	return path_expand(text, profile->directory, &profile->environment);
}

char *profile_file(const struct profile *profile, const char *path)
{
	return path_resolve(path, profile->directory);
}

const char *profile_directory(const struct profile *profile)
{
	return profile->directory;
}

const char *profile_get_config_of(const struct profile *profile, const char *name,
				  const char *key)
{
	return get_key(profile->config.file, find_profile(profile, name), key);
}

const char *profile_get_of(const struct profile *profile, const char *name,
			   const char *key)
{
	const char *value = get_key(profile->credentials, name, key);

	return value ? value : profile_get_config_of(profile, name, key);
}

const char *profile_get(const struct profile *profile, const char *key)
{
	return profile_get_of(profile, profile->name, key);
}

const char *profile_get_config(const struct profile *profile, const char *key)
{
	return profile_get_config_of(profile, profile->name, key);
}

const char *profile_get_credentials_of(const struct profile *profile, const char *name,
				       const char *key)
{
	return get_key(profile->credentials, name, key);
}

const char *profile_get_credentials(const struct profile *profile, const char *key)
{
	return profile_get_credentials_of(profile, profile->name, key);
}

static bool is_in_credentials(const struct profile *profile, const char *name)
{
	const char *section = NULL;

	for (size_t i = 0; profile->credentials; i++) {
		section = ini_file_section(profile->credentials, i);
		if (!section || strcmp(section, name) == 0)
			break;
	}
	return section != NULL;
}

bool profile_exists(const struct profile *profile, const char *name)
{
	return find_profile(profile, name) || is_in_credentials(profile, name);
}

const char *profile_section_get(const struct profile *profile, const char *type,
				const char *name, const char *key)
{
	return get_key(profile->config.file,
		       config_sections_find(&profile->config, type, name), key);
}

bool profile_section_exists(const struct profile *profile, const char *type,
			    const char *name)
{
	return config_sections_find(&profile->config, type, name) != NULL;
}

char *profile_quotes_hint(const struct profile *profile, const char *type,
			  const char *name, char *out, size_t size)
{
	return config_sections_hint(&profile->config, type, name, out, size);
}

const char *profile_setting(const struct profile *profile, const char *env,
			    const char *key)
{
	const char *value = env ? profile_env(profile, env) : NULL;

	return value || !key ? value : profile_get(profile, key);
}

bool profile_setting_bool(const struct profile *profile, const char *env,
			  const char *key)
{
	const char *value = profile_setting(profile, env, key);

	return value && strcasecmp(value, "true") == 0;
}

char *profile_describe(const struct profile *profile, const char *env, const char *key,
		       char *out, size_t size)
{
	bool is_in_config = !key || !profile_get_credentials(profile, key);

	if (env && (!key || profile_env(profile, env)))
		snprintf(out, size, "%s", env);
	else
		snprintf(out, size, "%s of profile %s in %s", key, profile->name,
			 is_in_config ? profile->config_path
				      : profile->credentials_path);
	return out;
}

static int check_region(const struct profile *profile, const char *region,
			const char *env, struct error *error)
{
	char source[512] = "--region";

	if (region_is_valid(region))
		return 0;
	if (!profile->region)
		profile_describe(profile, env, "region", source, sizeof(source));
	return error_set(error, ERROR_CONFIG,
			 "'%s' (%s) is not a region name, which has letters, digits "
			 "and hyphens only, such as us-east-1",
			 region, source);
}

/* The region and, where it is none of the command line, the variable to name. */
static const char *find_region(const struct profile *profile, const char **env)
{
	*env = profile_env(profile, "AWS_REGION") ? "AWS_REGION" : "AWS_DEFAULT_REGION";
	return profile->region ? profile->region
			       : profile_setting(profile, *env, "region");
}

bool profile_has_region(const struct profile *profile)
{
	const char *env = NULL;

	return find_region(profile, &env) != NULL;
}

int profile_set_region(struct profile *profile, const char *region)
{
	profile->region = strdup(region);
	return profile->region ? 0 : -ENOMEM;
}

int profile_region(const struct profile *profile, const char **region,
		   struct error *error)
{
	const char *env = NULL;

	*region = find_region(profile, &env);
	if (*region)
		return check_region(profile, *region, env, error);
	return error_set(error, ERROR_CONFIG,
			 "no region: give --region, or set AWS_REGION, "
			 "AWS_DEFAULT_REGION, or region of profile %s in %s%s",
			 profile->name, profile->config_path,
			 profile->config.file ? "" : " (no such file)");
}
