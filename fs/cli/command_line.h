/*
 * The command line: dmsfs [OPTION]... [SOURCE]... MOUNTPOINT.
 *
 * Every long option is a -o option too, with '_' for '-'. mount(8) calls
 * `dmsfs SOURCE MOUNTPOINT -o OPTIONS`, so options may stand anywhere. Under the name
 * mount.dmsfs the command line is mount(8)'s own, see mount_helper.h.
 */
#ifndef DMSFS_FS_CLI_COMMAND_LINE_H
#define DMSFS_FS_CLI_COMMAND_LINE_H

#include <stdio.h>

#include "fs/cli/options.h"

/*
 * Reads the command line into @options, which need not be initialised, and reorders
 * argv. 0; OPTIONS_EXIT_USAGE with a message on @err; or 1 with a message if there is
 * no memory. Ends at the first -h or -V and ignores the rest. The caller ends with
 * options_fini() whatever the result. For one thread at a time, as getopt_long(3) is.
 */
int command_line_parse(int argc, char **argv, struct options *options, FILE *err);

#endif
