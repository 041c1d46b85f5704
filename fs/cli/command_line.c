#include "fs/cli/command_line.h"

#include <fuse_opt.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cli/mount_helper.h"
#include "fs/cli/mount_options.h"
#include "fs/cli/option_table.h"
#include "src/aws/region.h"

#define ENTRIES_MAX 32
#define LETTERS_MAX (2 * ENTRIES_MAX + 4)
#define LONG_BASE 256 /* beyond the letters, which getopt_long(3) returns as well */

#define LIST_HINT "(dmsfs -h lists all options)"
#define SYNTAX "dmsfs [OPTION]... [SOURCE] MOUNTPOINT"

/* The tables of getopt_long(3), made from ours. */
struct grammar {
	struct option longs[ENTRIES_MAX + 1];
	char letters[LETTERS_MAX];
};

static void grammar_init(struct grammar *grammar)
{
	size_t letter_count = 0;

	memset(grammar, 0, sizeof(*grammar));
	grammar->letters[letter_count++] = ':'; /* return ':' for a missing value */
	grammar->letters[letter_count++] = 'o';
	grammar->letters[letter_count++] = ':';
	for (size_t i = 0; i < ENTRIES_MAX && option_table[i].name; i++) {
		bool has_value = option_table[i].kind != OPTION_FLAG;

		grammar->longs[i].name = option_table[i].name;
		grammar->longs[i].has_arg = has_value ? required_argument : no_argument;
		grammar->longs[i].val = LONG_BASE + (int)i;
		if (option_table[i].letter)
			grammar->letters[letter_count++] = option_table[i].letter;
	}
}

/* The entry for a value of getopt_long(3), or NULL. */
static const struct option_entry *entry_of(int found)
{
	const struct option_entry *entry = option_table;

	if (found >= LONG_BASE)
		return &option_table[found - LONG_BASE];
	while (entry->name && (!entry->letter || entry->letter != found))
		entry++;
	return entry->name ? entry : NULL;
}

static int refuse_missing_value(FILE *err)
{
	const struct option_entry *entry = entry_of(optopt);

	if (!entry)
		return option_error(err, "-%c: this option needs a value, OPT[,OPT...]",
				    optopt);
	return option_error(err, "--%s: this option needs a value, %s", entry->name,
			    entry->value);
}

static int refuse_option(char **argv, FILE *err)
{
	const char *given = argv[optind - 1];
	const struct option_entry *nearest = NULL;

	if (optopt >= LONG_BASE)
		return option_error(err, "%s: this option takes no value", given);
	if (optopt)
		return option_error(err, "-%c: unknown option " LIST_HINT, optopt);
	nearest = option_nearest(given + strspn(given, "-"));
	if (nearest)
		return option_error(err,
				    "%s: unknown option; did you mean --%s? " LIST_HINT,
				    given, nearest->name);
	return option_error(err, "%s: unknown or ambiguous option " LIST_HINT, given);
}

static int set_long_option(const struct option_entry *entry, struct options *options,
			   FILE *err)
{
	char *shown = NULL;
	int r = 0;

	if (asprintf(&shown, "--%s%s%s", entry->name, optarg && *optarg ? " " : "",
		     optarg ? optarg : "") < 0)
		return option_error_memory(err);
	r = option_set(entry, optarg, shown, options, err);
	free(shown);
	return r;
}

static int apply_option(int found, char **argv, struct options *options, FILE *err)
{
	const struct option_entry *entry = NULL;

	if (found == ':')
		return refuse_missing_value(err);
	if (found == 'o')
		return mount_options_parse(optarg, options, err);
	entry = entry_of(found);
	return entry ? set_long_option(entry, options, err) : refuse_option(argv, err);
}

static int parse_options(int argc, char **argv, struct options *options, FILE *err)
{
	struct grammar grammar;
	int r = 0;

	grammar_init(&grammar);
	optind = 0; /* glibc: forget an earlier command line */
	opterr = 0;
	while (r == 0 && !options->is_help && !options->is_version) {
		int found = getopt_long(argc, argv, grammar.letters, grammar.longs,
					NULL);

		if (found == -1)
			break;
		r = apply_option(found, argv, options, err);
	}
	return r;
}

/* The mount shows SOURCE as its device, so an option that contradicts it would make
 * the mount show one thing and be another. */
static int set_from_source(char **field, const char *name, const char *value, FILE *err)
{
	if (!*field) {
		*field = strdup(value);
		return *field ? 0 : option_error_memory(err);
	}
	if (strcmp(*field, value) == 0)
		return 0;
	return option_error(err, "--%s %s contradicts SOURCE, which says %s; give one",
			    name, *field, value);
}

/* mount(8) makes a SOURCE absolute where the current directory holds a file of that
 * name; what follows the last slash is what was written. */
static int undo_path(struct options *options, FILE *err)
{
	const char *slash = strrchr(options->source, '/');
	char *written = NULL;

	if (options->source[0] != '/' || access(options->source, F_OK) < 0)
		return 0;
	written = strdup(slash + 1);
	if (!written)
		return option_error_memory(err);
	free(options->source);
	options->source = written;
	return 0;
}

static int parse_source(struct options *options, FILE *err)
{
	const char *source = options->source;
	const char *at = strrchr(source, '@'); /* a profile's name may hold one */
	const char *region = at ? at + 1 : source;
	char *profile = NULL;
	int r = 0;

	if (strcmp(source, "none") == 0)
		return 0;
	if (!region_is_valid(region) || at == source)
		return option_error(err,
				    "SOURCE '%s': must be [PROFILE@]REGION, such as "
				    "us-east-1 or prod@us-east-1, or none",
				    source);
	if (at) {
		profile = strndup(source, (size_t)(at - source));
		if (!profile)
			return option_error_memory(err);
		r = set_from_source(&options->profile, "profile", profile, err);
	}
	if (r == 0)
		r = set_from_source(&options->region, "region", region, err);
	free(profile);
	return r;
}

static int copy_operand(const char *operand, char **field, FILE *err)
{
	*field = strdup(operand);
	return *field ? 0 : option_error_memory(err);
}

static bool is_absolute_directory(const char *path)
{
	struct stat status;

	return path[0] == '/' && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A profile's name may hold a slash, so the Region at the end of a word decides. */
static bool is_mountpoint(const char *operand)
{
	const char *at = strrchr(operand, '@');

	if (!strchr(operand, '/'))
		return false;
	return is_absolute_directory(operand) || !region_is_valid(at ? at + 1 : "");
}

/* --check takes SOURCE alone, or a whole command line as it stands elsewhere. */
static int parse_check_operand(const char *operand, struct options *options, FILE *err)
{
	int r = 0;

	if (is_mountpoint(operand))
		return copy_operand(operand, &options->mountpoint, err);
	r = copy_operand(operand, &options->source, err);
	return r == 0 ? parse_source(options, err) : r;
}

static int parse_operands(int count, char **operands, struct options *options,
			  FILE *err)
{
	int r = 0;

	if (options->is_check && count == 0)
		return 0;
	if (options->is_check && count == 1)
		return parse_check_operand(operands[0], options, err);
	if (count < 1)
		return option_error(err, "MOUNTPOINT is missing; usage: " SYNTAX
					 " (dmsfs -h explains it)");
	if (count > 2)
		return option_error(err, "unexpected argument '%s'; usage: " SYNTAX,
				    operands[2]);
	if (operands[count - 1][0] == '\0')
		return option_error(err, "MOUNTPOINT is empty");
	r = copy_operand(operands[count - 1], &options->mountpoint, err);
	if (r == 0 && count == 2)
		r = copy_operand(operands[0], &options->source, err);
	if (r == 0 && count == 2)
		r = undo_path(options, err);
	return r == 0 && count == 2 ? parse_source(options, err) : r;
}

static int pass_to_libfuse(bool is_wanted, const char *option, struct options *options,
			   FILE *err)
{
	if (is_wanted && fuse_opt_add_opt(&options->mount_options, option) != 0)
		return option_error_memory(err);
	return 0;
}

static int finish_options(struct options *options, FILE *err)
{
	int r = 0;

	if (options->is_allow_other && options->is_allow_root)
		return option_error(err, "allow_other and allow_root exclude each "
					 "other; allow_other lets root in, too");
	if (options->is_stale_start && !options->state_directory)
		return option_error(err, "--start-stale: there is nothing to show "
					 "without --state DIR");
	options->is_foreground |= options->is_debug;
	options->is_test_allowed &= !options->is_read_only;
	options->is_deletion_allowed &= !options->is_read_only;
	r = pass_to_libfuse(options->is_allow_other, "allow_other", options, err);
	if (r == 0)
		r = pass_to_libfuse(options->is_allow_root, "allow_root", options, err);
	return r;
}

static int parse_as_dmsfs(int argc, char **argv, struct options *options, FILE *err)
{
	int r = parse_options(argc, argv, options, err);

	if (r != 0 || options->is_help || options->is_version)
		return r;
	r = parse_operands(argc - optind, argv + optind, options, err);
	return r == 0 ? finish_options(options, err) : r;
}

static int parse_as_mount_helper(int argc, char **argv, struct options *options,
				 FILE *err)
{
	struct mount_helper helper;
	int r = mount_helper_read(argc, argv, &helper, err);

	options->is_fake = helper.is_fake;
	options->is_sloppy = helper.is_sloppy;
	options->mount_namespace = helper.mount_namespace;
	helper.mount_namespace = NULL;
	if (r == 0)
		r = parse_as_dmsfs(helper.argc, helper.argv, options, err);
	mount_helper_fini(&helper);
	return r;
}

int command_line_parse(int argc, char **argv, struct options *options, FILE *err)
{
	options_init(options);
	return mount_helper_is_meant(argv[0])
		       ? parse_as_mount_helper(argc, argv, options, err)
		       : parse_as_dmsfs(argc, argv, options, err);
}
