#define FUSE_USE_VERSION 34

#include <fuse_lowlevel.h>
#include <string.h>

#include "fs/cli/option_table.h"
#include "src/aws/versions.h"

#define HELP_COLUMN 30

static const char intro[] =
	"Usage: dmsfs [OPTION]... [SOURCE] MOUNTPOINT\n"
	"Mounts the endpoint connections of the AWS Database Migration Service: each\n"
	"replication instance is a directory, each connection on it one file.\n"
	"\n"
	"SOURCE is [PROFILE@]REGION, or none for what the AWS environment says.\n"
	"\n";

static const char outro[] =
	"  -o OPT[,OPT...]             all of these options, with _ for -, as in\n"
	"                              -o region=us-east-1,max_records=50; also\n"
	"                              auto_unmount, noatime, nodiratime, context=,\n"
	"                              and fstab(5)'s for every file system\n"
	"\n"
	"After -o, a comma in a value is written \\, (with a backslash). nosuid,\n"
	"nodev, noexec and default_permissions are always on.\n"
	"\n"
	"The connections are listed first; dmsfs mounts and goes to the background\n"
	"after that. Exit status: 0 mounted (with -f: unmounted again), 1 it could\n"
	"not be mounted, 2 wrong usage. Unmount with fusermount3 -u MOUNTPOINT.\n";

/* The help of an entry, its further lines under the first. */
static void print_lines(FILE *out, int column, const char *text)
{
	while (*text != '\0') {
		int len = (int)strcspn(text, "\n");

		fprintf(out, "%*s%.*s\n", HELP_COLUMN - column, "", len, text);
		text += len;
		text += *text == '\n';
		column = 0;
	}
}

static void print_entry(FILE *out, const struct option_entry *entry)
{
	int column = 2;

	if (entry->letter != 0)
		column += fprintf(out, "  -%c, --%s", entry->letter, entry->name) - 2;
	else
		column += fprintf(out, "      --%s", entry->name) - 2;
	if (entry->value != NULL)
		column += fprintf(out, " %s", entry->value);
	if (column > HELP_COLUMN - 2) {
		fputc('\n', out);
		column = 0;
	}
	print_lines(out, column, entry->help);
}

void options_print_help(FILE *out)
{
	const struct option_entry *entry;

	fputs(intro, out);
	for (entry = option_table; entry->name != NULL; entry++)
		print_entry(out, entry);
	fputs(outro, out);
}

void options_print_version(FILE *out)
{
	char versions[VERSIONS_SIZE];

	fprintf(out, "dmsfs %s\nlibfuse %s, %s\n", DMSFS_VERSION, fuse_pkgversion(),
		versions_format(versions));
}
