/*
 * `dmsfs --check`: one listing and its result without a mount, to find a mistake in a
 * configuration.
 */
#ifndef DMSFS_FS_CLI_CHECK_H
#define DMSFS_FS_CLI_CHECK_H

#include <stdio.h>

#include "fs/cli/options.h"
#include "src/fetcher/fetcher.h"

/* Prints the result of the first listing in the format of .dmsfs/status, and what a
 * mount with these options would allow. 0 or a negative errno. */
int check_print(struct fetcher *fetcher, const struct options *options, FILE *out);

#endif
