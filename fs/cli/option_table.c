#include "fs/cli/option_table.h"

#include <limits.h>
#include <string.h>

#define FIELD(name) offsetof(struct options, name)
#define DAY_S 86400u
#define TIMEOUT_MAX_S 3600u

const struct option_entry option_table[] = {
	{"region", 0, OPTION_TEXT, FIELD(region), 0, 0, "NAME",
	 "the AWS region (default: AWS_REGION,\n"
	 "AWS_DEFAULT_REGION, then the profile's)"},
	{"profile", 0, OPTION_TEXT, FIELD(profile), 0, 0, "NAME",
	 "the profile in ~/.aws/config, ~/.aws/credentials\n"
	 "(default: AWS_PROFILE, then \"default\")"},
	{"endpoint-url", 0, OPTION_TEXT, FIELD(endpoint_url), 0, 0, "URL",
	 "another address of the service (default:\n"
	 "AWS_ENDPOINT_URL*, else from the region)"},
	{"allow-http", 0, OPTION_FLAG, FIELD(is_http_allowed), 0, 0, NULL,
	 "take a plain http URL beyond loopback too"},
	{"endpoint-arn", 0, OPTION_TEXTS, FIELD(endpoint_arns), 0, 0, "ARN",
	 "only connections of this endpoint;\n"
	 "may be repeated"},
	{"replication-instance-arn", 0, OPTION_TEXTS, FIELD(replication_instance_arns),
	 0, 0, "ARN",
	 "only connections of this replication instance;\n"
	 "may be repeated"},
	{"max-records", 0, OPTION_NUMBER, FIELD(max_records), 20, 100, "N",
	 "connections a page, 20 to 100 (default: 100)"},
	{"refresh", 0, OPTION_NUMBER, FIELD(refresh_s), 1, 7 * DAY_S, "SECONDS",
	 "time between listings (default: 60)"},
	{"refresh-active", 0, OPTION_NUMBER, FIELD(refresh_active_s), 1, 7 * DAY_S,
	 "SECONDS",
	 "the same while something is testing or deleting\n"
	 "(default: 5)"},
	{"warm", 0, OPTION_NUMBER, FIELD(max_warm_files), 0, UINT_MAX, "FILES",
	 "files at most that the kernel reads before dmsfs\n"
	 "is ready (default: 20000)"},
	{"connect-timeout", 0, OPTION_NUMBER, FIELD(connect_timeout_s), 1,
	 TIMEOUT_MAX_S, "SECONDS", "for a request to be connected (default: 10)"},
	{"read-timeout", 0, OPTION_NUMBER, FIELD(read_timeout_s), 1, TIMEOUT_MAX_S,
	 "SECONDS", "for the whole answer after that (default: 30)"},
	{"wait", 0, OPTION_NUMBER, FIELD(wait_s), 0, DAY_S, "SECONDS",
	 "try a first listing again for so long where it\n"
	 "fails for what may pass, such as no network at\n"
	 "boot (default: 0)"},
	{"umask", 0, OPTION_OCTAL, FIELD(umask), 0, 0777, "MASK",
	 "permissions to take away, octal (default: 022)"},
	/* UINT_MAX is (uid_t)-1, which stands for no user. */
	{"uid", 0, OPTION_NUMBER, FIELD(uid), 0, UINT_MAX - 1, "NUMBER",
	 "owner of all files (default: you)"},
	{"gid", 0, OPTION_NUMBER, FIELD(gid), 0, UINT_MAX - 1, "NUMBER",
	 "group of all files (default: yours)"},
	{"allow-other", 0, OPTION_FLAG, FIELD(is_allow_other), 0, 0, NULL,
	 "let other users in (see fuse(8), user_allow_other)"},
	{"allow-root", 0, OPTION_FLAG, FIELD(is_allow_root), 0, 0, NULL, "let root in"},
	{"clean-stale", 0, OPTION_FLAG, FIELD(is_stale_cleared), 0, 0, NULL,
	 "clear a dead mount that is on MOUNTPOINT"},
	{"check", 0, OPTION_FLAG, FIELD(is_check), 0, 0, NULL,
	 "do everything but mount, and print what came of\n"
	 "it; MOUNTPOINT may be left out"},
	{"log-file", 0, OPTION_TEXT, FIELD(log_file), 0, 0, "FILE",
	 "append messages to FILE, not to the terminal and\n"
	 "syslog"},
	{"foreground", 'f', OPTION_FLAG, FIELD(is_foreground), 0, 0, NULL,
	 "stay in the foreground"},
	{"debug", 'd', OPTION_FLAG, FIELD(is_debug), 0, 0, NULL,
	 "show what is asked and answered; implies -f;\n"
	 "SIGUSR2 turns it on and off"},
	{"quiet", 'q', OPTION_FLAG, FIELD(is_quiet), 0, 0, NULL,
	 "print nothing but errors"},
	{"help", 'h', OPTION_FLAG, FIELD(is_help), 0, 0, NULL, "print this help"},
	{"version", 'V', OPTION_FLAG, FIELD(is_version), 0, 0, NULL,
	 "print the version"},
	{NULL, 0, OPTION_FLAG, 0, 0, 0, NULL, NULL},
};

static int fold(int c)
{
	return c == '_' ? '-' : c;
}

static bool is_name(const char *name, const char *wanted)
{
	while (*name != '\0' && fold(*name) == *wanted) {
		name++;
		wanted++;
	}
	return *name == '\0' && *wanted == '\0';
}

const struct option_entry *option_find(const char *name)
{
	const struct option_entry *entry;

	for (entry = option_table; entry->name != NULL; entry++) {
		if (is_name(name, entry->name))
			return entry;
	}
	return NULL;
}

#define NAME_MAX_LEN 31

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, one row of its table at a time. @a ends at a '=' too. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1];
	size_t b_len = strlen(b);
	size_t i;
	size_t j;

	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0' && a[i] != '='; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (j = 1; j <= b_len; j++) {
			size_t replaced = diagonal + (fold(a[i]) != b[j - 1]);

			diagonal = row[j];
			row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_len];
}

const struct option_entry *option_nearest(const char *name)
{
	const struct option_entry *nearest = NULL;
	const struct option_entry *entry;
	size_t best = 3;

	for (entry = option_table; entry->name != NULL; entry++) {
		size_t apart;

		if (strlen(entry->name) > NAME_MAX_LEN)
			continue;
		apart = distance(name, entry->name);
		/* A name of three letters is two apart from too many others. */
		if (apart < best && apart < strlen(entry->name) - 1) {
			best = apart;
			nearest = entry;
		}
	}
	return nearest;
}
