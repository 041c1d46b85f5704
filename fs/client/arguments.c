#include "fs/client/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_DEFAULT_S 300
#define TIMEOUT_MAX_S 604800

enum { OPTION_TIMEOUT = 256, OPTION_NO_WAIT, OPTION_RESTART };

static const char *const kind_words[] = {
	[CLIENT_TEST] = "test",
	[CLIENT_DELETE] = "delete",
};

/* The first is for tests alone. */
static const struct option long_options[] = {
	{"restart", no_argument, NULL, OPTION_RESTART},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"no-wait", no_argument, NULL, OPTION_NO_WAIT},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const char test_intro[] = "Usage: dmsfs test [OPTION]... PATH...\n"
				 "Tests connections through a mount of dmsfs that has "
				 "--allow-test, waits for the\n"
				 "results, and prints a line for each.\n"
				 "\n"
				 "PATH is the file of a connection; a directory stands "
				 "for all connections in it.\n"
				 "To test an endpoint for the first time on a "
				 "replication instance, name the file\n"
				 "that is to come: MOUNTPOINT/INSTANCE/ENDPOINT, or "
				 "with several sources\n"
				 "MOUNTPOINT/SOURCE/INSTANCE/ENDPOINT.\n"
				 "\n";

static const char delete_intro[] =
	"Usage: dmsfs delete [OPTION]... PATH...\n"
	"Deletes connections through a mount of dmsfs that has --allow-delete, waits "
	"until\n"
	"they are gone, and prints a line for each. The endpoints stay.\n"
	"\n"
	"PATH is the file of a connection; a directory stands for all connections in "
	"it.\n"
	"\n";

static const char options_help[] =
	"      --timeout SECONDS       give up after so long in all, 1 to 604800;\n"
	"                              default: 300\n"
	"      --no-wait               end once the service has taken every command\n";

static const char restart_help[] =
	"      --restart               where a test runs already, test once more when\n"
	"                              that one has ended\n";

static const char outro[] =
	"  -q, --quiet                 print nothing about successes\n"
	"  -h, --help                  print this help\n"
	"\n"
	"Exit status: 0 all succeeded, 1 a connection failed, 2 wrong usage, 3 "
	"something\n"
	"could not be done, 4 the time is up; of several, 3 before 4 before 1.\n";

bool arguments_are_meant(const char *word)
{
	return strcmp(word, kind_words[CLIENT_TEST]) == 0 ||
	       strcmp(word, kind_words[CLIENT_DELETE]) == 0;
}

void arguments_print_help(enum client_kind kind, FILE *out)
{
	fputs(kind == CLIENT_TEST ? test_intro : delete_intro, out);
	fputs(options_help, out);
	if (kind == CLIENT_TEST)
		fputs(restart_help, out);
	fputs(outro, out);
}

static __attribute__((format(printf, 3, 4))) int refuse(FILE *err,
							enum client_kind kind,
							const char *format, ...)
{
	va_list values;

	fprintf(err, "dmsfs %s: ", kind_words[kind]);
	va_start(values, format);
	vfprintf(err, format, values);
	va_end(values);
	fprintf(err, " (dmsfs %s -h explains it)\n", kind_words[kind]);
	return EXIT_USAGE;
}

static int set_timeout(const char *text, struct arguments *arguments, FILE *err)
{
	char *end = NULL;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value < 1 ||
	    value > TIMEOUT_MAX_S)
		return refuse(err, arguments->kind,
			      "--timeout %s: must be a number from 1 to %d", text,
			      TIMEOUT_MAX_S);
	arguments->timeout_s = (unsigned)value;
	return 0;
}

static int refuse_option(char **argv, const struct arguments *arguments, FILE *err)
{
	const char *given = argv[optind - 1];

	if (optopt >= OPTION_TIMEOUT || (optopt && strncmp(given, "--", 2) == 0))
		return refuse(err, arguments->kind, "%s: this option takes no value",
			      given);
	if (optopt)
		return refuse(err, arguments->kind, "-%c: unknown option", optopt);
	return refuse(err, arguments->kind, "%s: unknown or ambiguous option", given);
}

static int apply_option(int found, char **argv, struct arguments *arguments, FILE *err)
{
	switch (found) {
	case OPTION_TIMEOUT:
		return set_timeout(optarg, arguments, err);
	case OPTION_NO_WAIT:
		arguments->is_no_wait = true;
		return 0;
	case OPTION_RESTART:
		arguments->is_restart = true;
		return 0;
	case 'q':
		arguments->is_quiet = true;
		return 0;
	case 'h':
		arguments->is_help = true;
		return 0;
	case ':':
		return refuse(err, arguments->kind,
			      "%s: this option needs a value, SECONDS",
			      argv[optind - 1]);
	default:
		return refuse_option(argv, arguments, err);
	}
}

static int check_paths(const struct arguments *arguments, FILE *err)
{
	const char *word = kind_words[arguments->kind];

	if (arguments->path_count == 0)
		return refuse(err, arguments->kind,
			      "PATH is missing; a mountpoint of that name is ./%s",
			      word);
	for (int i = 0; i < arguments->path_count; i++) {
		if (arguments->paths[i][0] == '\0')
			return refuse(err, arguments->kind, "a PATH is empty");
	}
	return 0;
}

int arguments_parse(int argc, char **argv, struct arguments *arguments, FILE *err)
{
	bool is_test = strcmp(argv[1], kind_words[CLIENT_TEST]) == 0;
	const struct option *options = is_test ? long_options : long_options + 1;
	int r = 0;

	*arguments = (struct arguments){
		.kind = is_test ? CLIENT_TEST : CLIENT_DELETE,
		.timeout_s = TIMEOUT_DEFAULT_S,
	};
	argc--;
	argv++;
	optind = 0; /* glibc: forget an earlier command line */
	opterr = 0;
	while (r == 0 && !arguments->is_help) {
		int found = getopt_long(argc, argv, ":qh", options, NULL);

		if (found == -1)
			break;
		r = apply_option(found, argv, arguments, err);
	}
	if (r != 0 || arguments->is_help)
		return r;
	arguments->paths = argv + optind;
	arguments->path_count = argc - optind;
	return check_paths(arguments, err);
}
