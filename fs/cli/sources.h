/*
 * The words of a command line that name sources.
 *
 * fstab(5) and mount(8) have one word for all of them, so commas separate sources as
 * well as blanks do: where each part is PROFILE@REGION, or a word that looks like a
 * Region of AWS (us-east-1). Any other comma is one of a profile's name.
 */
#ifndef DMSFS_FS_CLI_SOURCES_H
#define DMSFS_FS_CLI_SOURCES_H

#include <stdbool.h>
#include <stdio.h>

#include "fs/cli/options.h"

/* Whether @word is one such part, or several with commas. */
bool sources_are_meant(const char *word);

/* Whether what follows the last '@' of @word is a Region, or it is a list with one at
 * its end. */
bool sources_end_in_region(const char *word);

/*
 * Reads @count words, one at least, into @options: profile and region for a single
 * source, which options may give as well; else sources. Results as of
 * command_line_parse().
 */
int sources_parse(int count, char **words, struct options *options, FILE *err);

#endif
