/*
 * The value of -o: a list of options between commas, as mount(8), fstab(5) and
 * people write it. A backslash takes the meaning from a comma (and itself).
 */
#ifndef DMSFS_FS_CLI_MOUNT_OPTIONS_H
#define DMSFS_FS_CLI_MOUNT_OPTIONS_H

#include "fs/cli/options.h"

/* Adds what @list says to @options. Results as of options_parse(). */
int mount_options_parse(const char *list, struct options *options, FILE *err);

#endif
