#include "fs/cli/option_table.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name) offsetof(struct options, name)
#define DAY_S 86400u
#define TIMEOUT_MAX_S 3600u

const struct option_entry option_table[] = {
	{"region", 0, OPTION_TEXT, FIELD(region), 0, 0, "NAME",
	 "AWS Region (default: AWS_REGION,\n"
	 "AWS_DEFAULT_REGION, then the profile's, then\n"
	 "that of the EC2 instance)"},
	{"profile", 0, OPTION_TEXT, FIELD(profile), 0, 0, "NAME",
	 "profile in ~/.aws/config and ~/.aws/credentials\n"
	 "(default: AWS_PROFILE, then \"default\")"},
	{"endpoint-url", 0, OPTION_TEXT, FIELD(endpoint_url), 0, 0, "URL",
	 "URL of the service (default: AWS_ENDPOINT_URL*,\n"
	 "else that of the Region)"},
	{"allow-http", 0, OPTION_FLAG, FIELD(is_http_allowed), 0, 0, NULL,
	 "allow plain http to other hosts than loopback"},
	{"endpoint-arn", 0, OPTION_TEXTS, FIELD(endpoint_arns), 0, 0, "ARN",
	 "show only connections of this endpoint;\n"
	 "may be repeated"},
	{"replication-instance-arn", 0, OPTION_TEXTS, FIELD(replication_instance_arns),
	 0, 0, "ARN",
	 "show only connections of this replication\n"
	 "instance; may be repeated"},
	{"max-records", 0, OPTION_NUMBER, FIELD(max_records), 20, 100, "N",
	 "connections per page, 20 to 100 (default: 100)"},
	{"refresh", 0, OPTION_NUMBER, FIELD(refresh_s), 1, 7 * DAY_S, "SECONDS",
	 "list the connections this often (default: 60)"},
	{"refresh-active", 0, OPTION_NUMBER, FIELD(refresh_active_s), 1, 7 * DAY_S,
	 "SECONDS",
	 "ask this often about connections that are\n"
	 "testing or deleting (default: 5)"},
	{"allow-test", 0, OPTION_FLAG, FIELD(is_test_allowed), 0, 0, NULL,
	 "let dmsfs test start tests through the mount"},
	{"allow-delete", 0, OPTION_FLAG, FIELD(is_deletion_allowed), 0, 0, NULL,
	 "let dmsfs delete remove connections"},
	{"test-interval", 0, OPTION_NUMBER, FIELD(test_interval_s), 0, 7 * DAY_S,
	 "SECONDS",
	 "test the same connection at most this often\n"
	 "(default: 60, 0: no limit)"},
	{"warm", 0, OPTION_NUMBER, FIELD(max_warm_files), 0, UINT_MAX, "FILES",
	 "have the kernel read up to this many files before\n"
	 "dmsfs is ready (default: 20000)"},
	{"connect-timeout", 0, OPTION_NUMBER, FIELD(connect_timeout_s), 1,
	 TIMEOUT_MAX_S, "SECONDS", "limit for connecting to the service (default: 10)"},
	{"read-timeout", 0, OPTION_NUMBER, FIELD(read_timeout_s), 1, TIMEOUT_MAX_S,
	 "SECONDS", "limit for the response after that (default: 30)"},
	{"wait", 0, OPTION_NUMBER, FIELD(wait_s), 0, DAY_S, "SECONDS",
	 "keep retrying a temporary failure of the first\n"
	 "listing for up to SECONDS (default: 0)"},
	{"state", 0, OPTION_TEXT, FIELD(state_directory), 0, 0, "DIR",
	 "keep the changes and times in DIR across restarts"},
	{"start-stale", 0, OPTION_FLAG, FIELD(is_stale_start), 0, 0, NULL,
	 "if the first listing fails for the time being,\n"
	 "show what DIR has of the last one"},
	{"partial", 0, OPTION_FLAG, FIELD(is_partial), 0, 0, NULL,
	 "of several SOURCES, mount those that can be\n"
	 "listed; the others follow once they can"},
	{"umask", 0, OPTION_OCTAL, FIELD(umask), 0, 0777, "MASK",
	 "permission bits to remove, octal (default: 022)"},
	/* UINT_MAX is (uid_t)-1, which stands for no user. */
	{"uid", 0, OPTION_NUMBER, FIELD(uid), 0, UINT_MAX - 1, "NUMBER",
	 "owner of all files (default: you)"},
	{"gid", 0, OPTION_NUMBER, FIELD(gid), 0, UINT_MAX - 1, "NUMBER",
	 "group of all files (default: yours)"},
	{"allow-other", 0, OPTION_FLAG, FIELD(is_allow_other), 0, 0, NULL,
	 "let other users in (user_allow_other in fuse(8))"},
	{"allow-root", 0, OPTION_FLAG, FIELD(is_allow_root), 0, 0, NULL, "let root in"},
	{"clean-stale", 0, OPTION_FLAG, FIELD(is_stale_cleared), 0, 0, NULL,
	 "unmount a dead mount from MOUNTPOINT first"},
	{"check", 0, OPTION_FLAG, FIELD(is_check), 0, 0, NULL,
	 "do not mount; list once and print the result;\n"
	 "MOUNTPOINT is optional"},
	{"log-file", 0, OPTION_TEXT, FIELD(log_file), 0, 0, "FILE",
	 "append messages to FILE instead of writing them\n"
	 "to the terminal and syslog"},
	{"foreground", 'f', OPTION_FLAG, FIELD(is_foreground), 0, 0, NULL,
	 "stay in the foreground"},
	{"debug", 'd', OPTION_FLAG, FIELD(is_debug), 0, 0, NULL,
	 "show every request and response; implies -f;\n"
	 "SIGUSR2 turns it on and off"},
	{"quiet", 'q', OPTION_FLAG, FIELD(is_quiet), 0, 0, NULL, "print errors only"},
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
	while (*name && fold(*name) == *wanted) {
		name++;
		wanted++;
	}
	return *name == '\0' && *wanted == '\0';
}

const struct option_entry *option_find(const char *name)
{
	const struct option_entry *entry = option_table;

	while (entry->name && !is_name(name, entry->name))
		entry++;
	return entry->name ? entry : NULL;
}

#define NAME_MAX_LEN 31

static size_t smaller_distance(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, one row of its table at a time. @a ends at a '=' too. */
static size_t name_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1];
	size_t b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 0; a[i] && a[i] != '='; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= b_len; j++) {
			size_t replaced = diagonal + (fold(a[i]) != b[j - 1]);

			diagonal = row[j];
			row[j] = smaller_distance(
				replaced, smaller_distance(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_len];
}

const struct option_entry *option_nearest(const char *name)
{
	const struct option_entry *nearest = NULL;
	size_t best = 3;

	for (const struct option_entry *entry = option_table; entry->name; entry++) {
		size_t apart = strlen(entry->name) > NAME_MAX_LEN
				       ? SIZE_MAX
				       : name_distance(name, entry->name);

		/* A name of three letters is two apart from too many others. */
		if (apart < best && apart < strlen(entry->name) - 1) {
			best = apart;
			nearest = entry;
		}
	}
	return nearest;
}

int option_error(FILE *err, const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text)
		return option_error_memory(err);
	fprintf(err, "dmsfs: %s\n", text);
	free(text);
	return OPTIONS_EXIT_USAGE;
}

int option_error_memory(FILE *err)
{
	fputs("dmsfs: out of memory\n", err);
	return 1;
}

/* strtoull(3) alone would accept blanks, signs and a text after the digits. */
static bool parse_number(const char *text, int base, unsigned min, unsigned max,
			 unsigned *number)
{
	unsigned long long value = 0;
	char *end = NULL;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	value = strtoull(text, &end, base);
	if (errno != 0 || *end || value < min || value > max)
		return false;
	*number = (unsigned)value;
	return true;
}

static int set_number_option(const struct option_entry *entry, const char *value,
			     const char *shown, unsigned *number, FILE *err)
{
	if (entry->kind == OPTION_OCTAL) {
		if (parse_number(value, 8, entry->min, entry->max, number))
			return 0;
		return option_error(err, "%s: must be an octal number from %o to %o",
				    shown, entry->min, entry->max);
	}
	if (parse_number(value, 10, entry->min, entry->max, number))
		return 0;
	return option_error(err, "%s: must be a number from %u to %u", shown,
			    entry->min, entry->max);
}

static int set_text_option(const char *value, char **text, FILE *err)
{
	char *copy = strdup(value);

	if (!copy)
		return option_error_memory(err);
	free(*text);
	*text = copy;
	return 0;
}

static int add_option_value(const char *value, struct option_values *list, FILE *err)
{
	if (option_values_add(list, value, strlen(value)) < 0)
		return option_error_memory(err);
	return 0;
}

int option_set(const struct option_entry *entry, const char *value, const char *shown,
	       struct options *options, FILE *err)
{
	void *field = (char *)options + entry->offset;

	if (entry->kind == OPTION_FLAG) {
		if (value)
			return option_error(err, "%s: this option takes no value",
					    shown);
		*(bool *)field = true;
		return 0;
	}
	if (!value || !value[0])
		return option_error(err, "%s: this option needs a value, %s", shown,
				    entry->value);
	if (entry->kind == OPTION_TEXT)
		return set_text_option(value, field, err);
	if (entry->kind == OPTION_TEXTS)
		return add_option_value(value, field, err);
	return set_number_option(entry, value, shown, field, err);
}
