#define FUSE_USE_VERSION 34

#include "fs/cli/usage.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <fuse_lowlevel.h>
#include <openssl/crypto.h>
#include <string.h>

#include "fs/cli/option_table.h"

#define HELP_COLUMN 30

static const char intro[] =
	"Usage: dmsfs [OPTION]... [SOURCE]... MOUNTPOINT\n"
	"       dmsfs test|delete [OPTION]... PATH...   (dmsfs test -h explains them)\n"
	"Mounts the endpoint connections of the AWS Database Migration Service: each\n"
	"replication instance is a directory, each connection on it one file.\n"
	"\n"
	"SOURCE is [PROFILE@]REGION, or none to use the AWS environment and\n"
	"configuration, which is the default. Each of several, given as separate\n"
	"words or with commas between them, is a directory below MOUNTPOINT.\n"
	"\n";

static const char outro[] =
	"  -o OPT[,OPT...]             the options above, with _ for -, such as\n"
	"                              -o region=us-east-1,max_records=50;\n"
	"                              auto_unmount, noatime, nodiratime, context=;\n"
	"                              and the options of fstab(5) that every file\n"
	"                              system has\n"
	"\n"
	"After -o, write a comma inside a value as \\, (with a backslash). nosuid,\n"
	"nodev and noexec are always on.\n"
	"\n"
	"dmsfs lists the connections, mounts, and then goes to the background. Exit\n"
	"status: 0 mounted (with -f: unmounted again), 1 failed to mount, 2 wrong\n"
	"usage. Unmount with fusermount3 -u MOUNTPOINT.\n";

/* The help of an entry, its further lines under the first. */
static void print_help_lines(FILE *out, int column, const char *text)
{
	while (*text) {
		int len = (int)strcspn(text, "\n");

		fprintf(out, "%*s%.*s\n", HELP_COLUMN - column, "", len, text);
		text += len;
		text += *text == '\n';
		column = 0;
	}
}

static void print_option_help(FILE *out, const struct option_entry *entry)
{
	int column = 2;

	if (entry->letter)
		column += fprintf(out, "  -%c, --%s", entry->letter, entry->name) - 2;
	else
		column += fprintf(out, "      --%s", entry->name) - 2;
	if (entry->value)
		column += fprintf(out, " %s", entry->value);
	if (column > HELP_COLUMN - 2) {
		fputc('\n', out);
		column = 0;
	}
	print_help_lines(out, column, entry->help);
}

void usage_print_help(FILE *out)
{
	fputs(intro, out);
	for (const struct option_entry *entry = option_table; entry->name; entry++)
		print_option_help(out, entry);
	fputs(outro, out);
}

void usage_print_version(FILE *out)
{
	fprintf(out, "dmsfs %s\nlibfuse %s, libcurl %s, %s, cJSON %s\n", DMSFS_VERSION,
		fuse_pkgversion(), curl_version_info(CURLVERSION_NOW)->version,
		OpenSSL_version(OPENSSL_VERSION), cJSON_Version());
}
