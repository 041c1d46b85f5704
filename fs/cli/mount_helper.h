/*
 * dmsfs under the name mount.dmsfs, which mount(8) runs for `mount -t dmsfs`:
 *
 *     mount.dmsfs SOURCE DIRECTORY [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]
 *
 * The letters then have the meaning of mount(8). Above all, -f checks the options and
 * mounts nothing.
 */
#ifndef DMSFS_FS_CLI_MOUNT_HELPER_H
#define DMSFS_FS_CLI_MOUNT_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct mount_helper {
	bool is_fake;	       /* -f: check the command line and mount nothing */
	bool is_sloppy;	       /* -s: ignore unknown -o options */
	char *mount_namespace; /* owned: -N, the file of a namespace; or NULL */
	char **argv;	       /* owned, with its strings: for command_line_parse() */
	int argc;
};

/* Whether @program (argv[0]) is the name under which mount(8) starts us. */
bool mount_helper_is_meant(const char *program);

/*
 * Reads a command line of mount(8) into @helper, which need not be initialised, and
 * reorders argv. Results as of command_line_parse(); the caller ends with
 * mount_helper_fini() whatever the result. For one thread at a time, as getopt(3) is.
 */
int mount_helper_read(int argc, char **argv, struct mount_helper *helper, FILE *err);
void mount_helper_fini(struct mount_helper *helper);

/*
 * Enters the mount namespace of the file @path, such as /proc/PID/ns/mnt, before the
 * process has a thread or a child. 0, or a negative errno with one line in @reason
 * (@size bytes).
 */
int mount_helper_enter(const char *path, char *reason, size_t size);

#endif
