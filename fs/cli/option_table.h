/*
 * The one table that long options, letters, -o options and -h are made from.
 */
#ifndef DMSFS_FS_CLI_OPTION_TABLE_H
#define DMSFS_FS_CLI_OPTION_TABLE_H

#include <stddef.h>

#include "fs/cli/options.h"

enum option_kind {
	OPTION_FLAG,   /* bool; no value */
	OPTION_TEXT,   /* char *, not empty; the last one counts */
	OPTION_TEXTS,  /* struct option_values, none empty */
	OPTION_NUMBER, /* unsigned, decimal, min to max; the last one counts */
	OPTION_OCTAL,  /* the same, octal */
};

struct option_entry {
	const char *name; /* without the "--" */
	char letter;	  /* 0: none */
	enum option_kind kind;
	size_t offset; /* of the field in struct options */
	unsigned min;
	unsigned max;
	const char *value; /* what the help calls the value; NULL for a flag */
	const char *help;  /* lines of at most 50 columns */
};

/* Ends with an entry without a name. */
extern const struct option_entry option_table[];

/* The entry of a name, in which '_' may stand for '-'; or NULL. */
const struct option_entry *option_find(const char *name);

/* The entry whose name is meant, most likely, by one that is not there: at most
 * two letters apart; or NULL. What follows a '=' in @name does not count. */
const struct option_entry *option_nearest(const char *name);

/*
 * Puts @value (NULL: none was given) into the field of @entry. @shown is what
 * the user wrote, for the message. Results as of options_parse().
 */
int option_set(const struct option_entry *entry, const char *value, const char *shown,
	       struct options *options, FILE *err);

/* "dmsfs: FORMAT..." and a newline on @err; OPTIONS_EXIT_USAGE. */
int option_error(FILE *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The message for no memory; 1. */
int option_error_memory(FILE *err);

#endif
