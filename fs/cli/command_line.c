#include "fs/cli/command_line.h"

#include <fuse_opt.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/cli/mount_helper.h"
#include "fs/cli/mount_options.h"
#include "fs/cli/option_table.h"
#include "fs/cli/sources.h"

#define ENTRIES_MAX 32
#define LETTERS_MAX (2 * ENTRIES_MAX + 4)
#define LONG_BASE 256 /* beyond the letters, which getopt_long(3) returns as well */

#define LIST_HINT "(dmsfs -h lists all options)"
#define SYNTAX "dmsfs [OPTION]... [SOURCE]... MOUNTPOINT"

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

static int copy_operand(const char *operand, char **field, FILE *err)
{
	*field = strdup(operand);
	return *field ? 0 : option_error_memory(err);
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A profile's name may hold a slash, so the Region at the end of a word decides. */
static bool is_mountpoint(const char *operand)
{
	if (!strchr(operand, '/'))
		return false;
	return (operand[0] == '/' && is_directory(operand)) ||
	       !sources_end_in_region(operand);
}

/*
 * --check takes SOURCES alone, or a whole command line as it stands elsewhere. A single
 * word without a slash is a SOURCE, whatever is wrong with it.
 */
static bool has_mountpoint(int count, char **operands, bool is_check)
{
	const char *last = operands[count - 1];

	if (!is_check || is_mountpoint(last))
		return true;
	return count > 1 && (!sources_are_meant(last) || is_directory(last));
}

static int parse_operands(int count, char **operands, struct options *options,
			  FILE *err)
{
	int r = 0;

	if (options->is_check && count == 0)
		return 0;
	if (count < 1)
		return option_error(err, "MOUNTPOINT is missing; usage: " SYNTAX
					 " (dmsfs -h explains it)");
	if (has_mountpoint(count, operands, options->is_check)) {
		count--;
		if (operands[count][0] == '\0')
			return option_error(err, "MOUNTPOINT is empty");
		r = copy_operand(operands[count], &options->mountpoint, err);
	}
	return r == 0 && count > 0 ? sources_parse(count, operands, options, err) : r;
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
