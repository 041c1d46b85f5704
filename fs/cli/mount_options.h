/*
 * The value of -o: options separated by commas, as mount(8), fstab(5) and people write
 * them. A backslash escapes a comma and itself.
 */
#ifndef DMSFS_FS_CLI_MOUNT_OPTIONS_H
#define DMSFS_FS_CLI_MOUNT_OPTIONS_H

#include <stdio.h>

#include "fs/cli/options.h"

/* Adds the options of @list to @options. Results as of command_line_parse(). */
int mount_options_parse(const char *list, struct options *options, FILE *err);

#endif
