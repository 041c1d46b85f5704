/*
 * The command line of `dmsfs test` and `dmsfs delete`.
 */
#ifndef DMSFS_FS_CLIENT_ARGUMENTS_H
#define DMSFS_FS_CLIENT_ARGUMENTS_H

#include <stdbool.h>
#include <stdio.h>

#define EXIT_USAGE 2

enum client_kind { CLIENT_TEST, CLIENT_DELETE };

struct arguments {
	enum client_kind kind;
	char **paths; /* those of argv */
	int path_count;
	unsigned timeout_s; /* for everything that was asked for */
	bool is_no_wait;
	bool is_restart;
	bool is_quiet;
	bool is_help;
};

/* Whether @word, the first argument of the program, is a command. */
bool arguments_are_meant(const char *word);

/* Reads argv, whose second word is the command, and reorders it. 0, or EXIT_USAGE with
 * a message on @err. For one thread at a time, as getopt_long(3) is. */
int arguments_parse(int argc, char **argv, struct arguments *arguments, FILE *err);

void arguments_print_help(enum client_kind kind, FILE *out);

#endif
