#include "fs/cli/options.h"

#include <ctype.h>
#include <fuse_opt.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cli/mount_helper.h"
#include "fs/cli/mount_options.h"
#include "fs/cli/option_table.h"

#define ENTRIES_MAX 32
#define LETTERS_MAX (2 * ENTRIES_MAX + 4)
#define LONG_BASE 256 /* beyond the letters, which getopt_long(3) returns as well */

/* What getopt_long(3) wants to know, made from the table. */
struct grammar {
	struct option longs[ENTRIES_MAX + 1];
	char letters[LETTERS_MAX];
};

static void grammar_init(struct grammar *grammar)
{
	size_t letter_count = 0;
	size_t i;

	memset(grammar, 0, sizeof(*grammar));
	grammar->letters[letter_count++] = ':'; /* tell a missing value apart */
	grammar->letters[letter_count++] = 'o';
	grammar->letters[letter_count++] = ':';
	for (i = 0; i < ENTRIES_MAX && option_table[i].name != NULL; i++) {
		bool has_value = option_table[i].kind != OPTION_FLAG;

		grammar->longs[i].name = option_table[i].name;
		grammar->longs[i].has_arg = has_value ? required_argument : no_argument;
		grammar->longs[i].val = LONG_BASE + (int)i;
		if (option_table[i].letter != 0)
			grammar->letters[letter_count++] = option_table[i].letter;
	}
}

/* The entry that getopt_long(3) speaks of by @found, or NULL. */
static const struct option_entry *entry_of(int found)
{
	const struct option_entry *entry;

	if (found >= LONG_BASE)
		return &option_table[found - LONG_BASE];
	for (entry = option_table; entry->name != NULL; entry++) {
		if (entry->letter != 0 && entry->letter == found)
			return entry;
	}
	return NULL;
}

static int refuse_missing_value(FILE *err)
{
	const struct option_entry *entry = entry_of(optopt);

	if (entry == NULL)
		return option_error(err, "-%c: needs a value, OPT[,OPT...]", optopt);
	return option_error(err, "--%s: needs a value, %s", entry->name, entry->value);
}

static int refuse_unknown(char **argv, FILE *err)
{
	const char *given = argv[optind - 1];
	const struct option_entry *nearest;

	if (optopt >= LONG_BASE)
		return option_error(err, "%s: takes no value", given);
	if (optopt != 0)
		return option_error(err,
				    "-%c: there is no such option (dmsfs -h lists all)",
				    optopt);
	nearest = option_nearest(given + strspn(given, "-"));
	if (nearest != NULL)
		return option_error(err,
				    "%s: there is no such option; is --%s meant? "
				    "(dmsfs -h lists all)",
				    given, nearest->name);
	return option_error(
		err, "%s: there is no such option, or several (dmsfs -h lists all)",
		given);
}

static int set_long(const struct option_entry *entry, struct options *options,
		    FILE *err)
{
	char *shown = NULL;
	int result;

	if (asprintf(&shown, "--%s%s%s", entry->name,
		     optarg != NULL && *optarg != '\0' ? " " : "",
		     optarg != NULL ? optarg : "") < 0)
		return option_error_memory(err);
	result = option_set(entry, optarg, shown, options, err);
	free(shown);
	return result;
}

/* One finding of getopt_long(3). */
static int take(int found, char **argv, struct options *options, FILE *err)
{
	const struct option_entry *entry = NULL;

	if (found == ':')
		return refuse_missing_value(err);
	if (found == 'o')
		return mount_options_parse(optarg, options, err);
	entry = entry_of(found);
	return entry != NULL ? set_long(entry, options, err)
			     : refuse_unknown(argv, err);
}

static int parse_options(int argc, char **argv, struct options *options, FILE *err)
{
	struct grammar grammar;
	int result = 0;

	grammar_init(&grammar);
	optind = 0; /* glibc: forget an earlier command line */
	opterr = 0;
	while (result == 0 && !options->is_help && !options->is_version) {
		int found = getopt_long(argc, argv, grammar.letters, grammar.longs,
					NULL);

		if (found == -1)
			break;
		result = take(found, argv, options, err);
	}
	return result;
}

/* A label of a host name, which a region becomes part of. */
static bool is_region(const char *text)
{
	size_t len = strlen(text);
	size_t i;

	if (len == 0 || len > 63 || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && text[i] != '-')
			return false;
	}
	return true;
}

/* The mount shows SOURCE as its device, so an option that says otherwise would
 * make it show one thing and be another. */
static int set_from_source(char **field, const char *name, const char *value, FILE *err)
{
	if (*field == NULL) {
		*field = strdup(value);
		return *field != NULL ? 0 : option_error_memory(err);
	}
	if (strcmp(*field, value) == 0)
		return 0;
	return option_error(err, "--%s %s: but SOURCE says %s; give only one of them",
			    name, *field, value);
}

static int parse_source(struct options *options, FILE *err)
{
	const char *source = options->source;
	const char *at = strrchr(source, '@'); /* a profile's name may hold one */
	const char *region = at != NULL ? at + 1 : source;
	char *profile = NULL;
	int result = 0;

	if (strcmp(source, "none") == 0)
		return 0;
	if (!is_region(region) || at == source)
		return option_error(err,
				    "SOURCE '%s': neither [PROFILE@]REGION, like "
				    "us-east-1 or prod@us-east-1, nor none",
				    source);
	if (at != NULL) {
		profile = strndup(source, (size_t)(at - source));
		if (profile == NULL)
			return option_error_memory(err);
		result = set_from_source(&options->profile, "profile", profile, err);
	}
	if (result == 0)
		result = set_from_source(&options->region, "region", region, err);
	free(profile);
	return result;
}

/* --check takes SOURCE alone, or a whole command line as it stands elsewhere. */
static int parse_check_operand(char **operands, struct options *options, FILE *err)
{
	bool is_path = strchr(operands[0], '/') != NULL;
	char **field = is_path ? &options->mountpoint : &options->source;

	*field = strdup(operands[0]);
	if (*field == NULL)
		return option_error_memory(err);
	return is_path ? 0 : parse_source(options, err);
}

static int parse_operands(int count, char **operands, struct options *options,
			  FILE *err)
{
	if (options->is_check && count == 0)
		return 0;
	if (options->is_check && count == 1)
		return parse_check_operand(operands, options, err);
	if (count < 1)
		return option_error(
			err,
			"no MOUNTPOINT; usage: dmsfs [OPTION]... [SOURCE] MOUNTPOINT "
			"(dmsfs -h tells more)");
	if (count > 2)
		return option_error(err,
				    "%s: one argument too many; usage: dmsfs "
				    "[OPTION]... [SOURCE] MOUNTPOINT",
				    operands[2]);
	if (operands[count - 1][0] == '\0')
		return option_error(err, "MOUNTPOINT is empty");
	options->mountpoint = strdup(operands[count - 1]);
	if (options->mountpoint == NULL)
		return option_error_memory(err);
	if (count == 1)
		return 0;
	options->source = strdup(operands[0]);
	if (options->source == NULL)
		return option_error_memory(err);
	return parse_source(options, err);
}

static int pass_on(bool is_wanted, const char *option, struct options *options,
		   FILE *err)
{
	if (is_wanted && fuse_opt_add_opt(&options->mount_options, option) != 0)
		return option_error_memory(err);
	return 0;
}

static int finish(struct options *options, FILE *err)
{
	int result;

	if (options->is_allow_other && options->is_allow_root)
		return option_error(err, "allow_other and allow_root: give only one, "
					 "allow_other lets root in too");
	options->is_foreground |= options->is_debug;
	result = pass_on(options->is_allow_other, "allow_other", options, err);
	if (result == 0)
		result = pass_on(options->is_allow_root, "allow_root", options, err);
	return result;
}

static int parse(int argc, char **argv, struct options *options, FILE *err)
{
	int result = parse_options(argc, argv, options, err);

	if (result != 0 || options->is_help || options->is_version)
		return result;
	result = parse_operands(argc - optind, argv + optind, options, err);
	return result == 0 ? finish(options, err) : result;
}

static int parse_as_helper(int argc, char **argv, struct options *options, FILE *err)
{
	struct mount_helper helper;
	int result = mount_helper_read(argc, argv, &helper, err);

	options->is_fake = helper.is_fake;
	options->is_sloppy = helper.is_sloppy;
	options->mount_namespace = helper.mount_namespace;
	helper.mount_namespace = NULL;
	if (result == 0)
		result = parse(helper.argc, helper.argv, options, err);
	mount_helper_fini(&helper);
	return result;
}

int options_parse(int argc, char **argv, struct options *options, FILE *err)
{
	*options = (struct options){
		.max_records = 100,
		.refresh_s = 60,
		.refresh_active_s = 5,
		.max_warm_files = 20000,
		.connect_timeout_s = 10,
		.read_timeout_s = 30,
		.umask = 022,
		.uid = getuid(),
		.gid = getgid(),
	};
	return mount_helper_is_meant(argv[0])
		       ? parse_as_helper(argc, argv, options, err)
		       : parse(argc, argv, options, err);
}

static void values_fini(struct option_values *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->values[i]);
	free(list->values);
}

void options_fini(struct options *options)
{
	free(options->mountpoint);
	free(options->source);
	free(options->region);
	free(options->profile);
	free(options->endpoint_url);
	free(options->mount_options);
	free(options->log_file);
	free(options->mount_namespace);
	values_fini(&options->endpoint_arns);
	values_fini(&options->replication_instance_arns);
	*options = (struct options){0};
}
