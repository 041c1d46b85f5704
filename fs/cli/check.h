/*
 * `dmsfs --check`: one listing of each source and its result without a mount, to find a
 * mistake in a configuration.
 */
#ifndef DMSFS_FS_CLI_CHECK_H
#define DMSFS_FS_CLI_CHECK_H

#include <stdio.h>

#include "fs/cli/options.h"
#include "fs/process/log.h"

/*
 * Lists all sources and prints to @out the results in the format of .dmsfs/status, and
 * what a mount with these options would allow: of several a paragraph for each, that
 * begins with its name. 0; or a negative errno after a message where one failed, and
 * the others are printed nevertheless.
 */
int check_run(const struct options *options, struct log *log, FILE *out);

#endif
