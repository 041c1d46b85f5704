/*
 * The texts of -h and -V.
 */
#ifndef DMSFS_FS_CLI_USAGE_H
#define DMSFS_FS_CLI_USAGE_H

#include <stdio.h>

void usage_print_help(FILE *out);
void usage_print_version(FILE *out);

#endif
