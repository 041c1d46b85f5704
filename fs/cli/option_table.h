/*
 * The one table from which long options, letters, -o options and -h are made, and the
 * values that options take.
 */
#ifndef DMSFS_FS_CLI_OPTION_TABLE_H
#define DMSFS_FS_CLI_OPTION_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "fs/cli/options.h"

enum option_kind {
	OPTION_FLAG,   /* bool; no value */
	OPTION_TEXT,   /* char *, not empty; the last one wins */
	OPTION_TEXTS,  /* struct option_values, none empty */
	OPTION_NUMBER, /* unsigned, decimal, min to max; the last one wins */
	OPTION_OCTAL,  /* the same, octal */
};

struct option_entry {
	const char *name; /* without the "--" */
	char letter;	  /* 0: none */
	enum option_kind kind;
	size_t offset; /* of the field in struct options */
	unsigned min;
	unsigned max;
	const char *value; /* its name in the help; NULL for a flag */
	const char *help;  /* lines of at most 50 columns */
};

/* Ends with an entry without a name. */
extern const struct option_entry option_table[];

/* The entry of a name, in which '_' may stand for '-'; or NULL. */
const struct option_entry *option_find(const char *name);

/* The entry that an unknown @name most likely means: at most two letters apart; or
 * NULL. A '=' ends the name. */
const struct option_entry *option_nearest(const char *name);

/*
 * Puts @value (NULL: none was given) into the field of @entry. A message quotes
 * @shown, the user's own spelling. Results as of command_line_parse().
 */
int option_set(const struct option_entry *entry, const char *value, const char *shown,
	       struct options *options, FILE *err);

/* Writes "dmsfs: FORMAT..." and a newline to @err; OPTIONS_EXIT_USAGE. */
int option_error(FILE *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes that memory ran out; 1. */
int option_error_memory(FILE *err);

#endif
