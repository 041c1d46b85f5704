#include "fs/cli/sources.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cli/option_table.h"
#include "src/aws/region.h"
#include "src/snapshot/names.h"

static bool is_region(const char *text, size_t len)
{
	char region[REGION_MAX + 1] = "";

	if (len > REGION_MAX)
		return false;
	memcpy(region, text, len);
	return region_is_valid(region);
}

static bool is_like_region_of_aws(const char *text, size_t len)
{
	return is_region(text, len) && memchr(text, '-', len) &&
	       isdigit((unsigned char)text[len - 1]);
}

static bool is_part(const char *part, size_t len)
{
	const char *at = memrchr(part, '@', len);

	if (at)
		return at > part && is_region(at + 1, (size_t)(part + len - at - 1));
	return is_like_region_of_aws(part, len) ||
	       (len == strlen("none") && memcmp(part, "none", len) == 0);
}

bool sources_are_meant(const char *word)
{
	for (const char *part = word;; part++) {
		size_t len = strcspn(part, ",");

		if (!is_part(part, len))
			return false;
		part += len;
		if (!*part)
			return true;
	}
}

bool sources_end_in_region(const char *word)
{
	const char *at = strrchr(word, '@'); /* a profile's name may hold one */

	return (at && region_is_valid(at + 1)) || sources_are_meant(word);
}

static int add_name(struct option_values *names, const char *name, size_t len,
		    FILE *err)
{
	if (option_values_add(names, name, len) < 0)
		return option_error_memory(err);
	return 0;
}

/*
 * mount(8) makes a word absolute where the current directory holds a file of that name;
 * what follows that directory, or the last slash, is what was written. It gives one
 * word, so of several a path to anything is a mistake.
 */
static const char *undo_path(const char *word, bool is_only)
{
	char *directory = NULL;
	const char *written = strrchr(word, '/') + 1;
	size_t len = 0;

	if (access(word, F_OK) < 0)
		return word;
	directory = getcwd(NULL, 0);
	len = directory ? strlen(directory) : 0;
	if (len > 1 && strncmp(word, directory, len) == 0 && word[len] == '/')
		written = word + len + 1;
	free(directory);
	return is_only || sources_are_meant(written) ? written : word;
}

static int add_names(struct option_values *names, const char *word, bool is_only,
		     FILE *err)
{
	int r = 0;

	if (word[0] == '/')
		word = undo_path(word, is_only);
	if (!sources_are_meant(word))
		return add_name(names, word, strlen(word), err);
	while (r == 0) {
		size_t len = strcspn(word, ",");

		r = add_name(names, word, len, err);
		if (!word[len])
			break;
		word += len + 1;
	}
	return r;
}

/* "A,B,C" */
static int join_names(const struct option_values *names, char **joined, FILE *err)
{
	size_t size = 1;
	char *end = NULL;

	for (size_t i = 0; i < names->count; i++)
		size += strlen(names->values[i]) + 1;
	*joined = calloc(1, size);
	if (!*joined)
		return option_error_memory(err);
	end = *joined;
	for (size_t i = 0; i < names->count; i++)
		end = stpcpy(stpcpy(end, i > 0 ? "," : ""), names->values[i]);
	return 0;
}

/* Sets @profile, which may be NULL after that, and @region from the @name of a
 * source. */
static int split_name(const char *name, char **profile, char **region, FILE *err)
{
	const char *at = strrchr(name, '@'); /* a profile's name may hold one */

	if (!region_is_valid(at ? at + 1 : name) || at == name)
		return option_error(err,
				    "SOURCE '%s': must be [PROFILE@]REGION, such as "
				    "us-east-1 or prod@us-east-1, or none",
				    name);
	*profile = at ? strndup(name, (size_t)(at - name)) : NULL;
	*region = strdup(at ? at + 1 : name);
	return (at && !*profile) || !*region ? option_error_memory(err) : 0;
}

/* The mount shows SOURCE as its device, so an option that contradicts it would make
 * the mount show one thing and be another. */
static int set_from_source(char **field, const char *name, char **value, FILE *err)
{
	if (!*field) {
		*field = *value;
		*value = NULL;
		return 0;
	}
	if (!*value || strcmp(*field, *value) == 0)
		return 0;
	return option_error(err, "--%s %s contradicts SOURCE, which says %s; give one",
			    name, *field, *value);
}

static int set_only_source(const char *name, struct options *options, FILE *err)
{
	char *profile = NULL;
	char *region = NULL;
	int r = 0;

	if (strcmp(name, "none") == 0)
		return 0;
	r = split_name(name, &profile, &region, err);
	if (r == 0)
		r = set_from_source(&options->profile, "profile", &profile, err);
	if (r == 0)
		r = set_from_source(&options->region, "region", &region, err);
	free(profile);
	free(region);
	return r;
}

static int refuse_beside_several(const char *option, FILE *err)
{
	return option_error(err,
			    "--%s: cannot stand beside several SOURCES, as each has "
			    "its own: PROFILE@REGION, and endpoint_url in its profile",
			    option);
}

static int check_several(const struct options *options, FILE *err)
{
	if (options->region)
		return refuse_beside_several("region", err);
	if (options->profile)
		return refuse_beside_several("profile", err);
	if (options->endpoint_url)
		return refuse_beside_several("endpoint-url", err);
	return 0;
}

static bool has_control_characters(const char *text)
{
	while (*text && !iscntrl((unsigned char)*text))
		text++;
	return *text != '\0';
}

static int check_name(const char *name, FILE *err)
{
	if (strcmp(name, "none") == 0)
		return option_error(err,
				    "SOURCE 'none': stands for the defaults and cannot "
				    "be one of several; name its Region");
	if (has_control_characters(name))
		return option_error(err, "SOURCE: a profile's name with control "
					 "characters cannot be one of several");
	/* By itself it may be a Region of another service's; here it is a profile. */
	if (!strchr(name, '@') && !is_like_region_of_aws(name, strlen(name)))
		return option_error(err,
				    "SOURCE '%s': must be PROFILE@REGION, such as "
				    "prod@us-east-1, or a Region, such as us-east-1",
				    name);
	return 0;
}

static int set_directory(struct source_option *source, FILE *err)
{
	char directory[NAME_SIZE];

	if (name_escape(source->name, directory) > 0)
		source->directory = strdup(directory);
	return source->directory ? 0 : option_error_memory(err);
}

/* Names that differ have directories that do, so the names need no look. */
static int check_directory(const struct options *options, FILE *err)
{
	const struct source_option *last = &options->sources[options->source_count - 1];

	for (const struct source_option *other = options->sources; other < last;
	     other++)
		if (strcmp(other->directory, last->directory) == 0)
			return option_error(err,
					    "SOURCE '%s' is given twice; each must be "
					    "another PROFILE@REGION",
					    last->name);
	return 0;
}

/* Takes the name over. */
static int add_source(char **name, struct options *options, FILE *err)
{
	struct source_option *source = &options->sources[options->source_count++];
	int r = 0;

	source->name = *name;
	*name = NULL;
	r = check_name(source->name, err);
	if (r == 0)
		r = split_name(source->name, &source->profile, &source->region, err);
	if (r == 0)
		r = set_directory(source, err);
	return r == 0 ? check_directory(options, err) : r;
}

static int set_several(struct option_values *names, struct options *options, FILE *err)
{
	int r = check_several(options, err);

	if (r != 0)
		return r;
	options->sources = calloc(names->count, sizeof(*options->sources));
	if (!options->sources)
		return option_error_memory(err);
	for (size_t i = 0; r == 0 && i < names->count; i++)
		r = add_source(&names->values[i], options, err);
	return r;
}

int sources_parse(int count, char **words, struct options *options, FILE *err)
{
	struct option_values names = {.count = 0};
	int r = 0;

	for (int i = 0; r == 0 && i < count; i++)
		r = add_names(&names, words[i], count == 1, err);
	if (r == 0)
		r = join_names(&names, &options->source, err);
	if (r == 0 && names.count > 1)
		r = set_several(&names, options, err);
	else if (r == 0)
		r = set_only_source(options->source, options, err);
	option_values_fini(&names);
	return r;
}
