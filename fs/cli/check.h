/*
 * `dmsfs --check`: everything but the mount, for people who look for what is wrong
 * with a set-up.
 */
#ifndef DMSFS_FS_CLI_CHECK_H
#define DMSFS_FS_CLI_CHECK_H

#include <stdio.h>

#include "src/fetcher/fetcher.h"

/* Prints what the first listing came to, in the form of .dmsfs/status. 0 or a
 * negative errno. */
int check_print(struct fetcher *fetcher, FILE *out);

#endif
