/*
 * `dmsfs --check`: one listing and its result without a mount, to find a mistake in a
 * configuration.
 */
#ifndef DMSFS_FS_CLI_CHECK_H
#define DMSFS_FS_CLI_CHECK_H

#include <stdio.h>

#include "src/fetcher/fetcher.h"

/* Prints the result of the first listing in the format of .dmsfs/status. 0 or a
 * negative errno. */
int check_print(struct fetcher *fetcher, FILE *out);

#endif
