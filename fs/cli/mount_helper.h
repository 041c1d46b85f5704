/*
 * dmsfs in the guise of mount.dmsfs, the program that mount(8) runs for
 * `mount -t dmsfs`:
 *
 *     mount.dmsfs SOURCE DIRECTORY [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]
 *
 * There the letters mean what mount(8) says, -f above all: not the foreground, but
 * that nothing is to be mounted.
 */
#ifndef DMSFS_FS_CLI_MOUNT_HELPER_H
#define DMSFS_FS_CLI_MOUNT_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct mount_helper {
	bool is_fake;	       /* -f: check the command line and mount nothing */
	bool is_sloppy;	       /* -s: ignore -o options that are not known */
	char *mount_namespace; /* owned: -N, the file of the one to mount in; or NULL */
	char **argv;	       /* owned, with its strings: for options_parse() */
	int argc;
};

/* Whether mount(8) is meant to have started a program of this name (argv[0]). */
bool mount_helper_is_meant(const char *program);

/*
 * Reads a command line of mount(8) into @helper, which need not be initialised; argv
 * is put in another order. Results as of options_parse(); mount_helper_fini() is for
 * every one of them. Not for two threads at once, since getopt(3) is not.
 */
int mount_helper_read(int argc, char **argv, struct mount_helper *helper, FILE *err);
void mount_helper_fini(struct mount_helper *helper);

/*
 * Enters the mount namespace of the file @path (/proc/PID/ns/mnt, as mount(8) gives
 * it), for this process alone: before there is a thread or a child. 0, or a negative
 * errno with one line in @reason (@size bytes).
 */
int mount_helper_enter(const char *path, char *reason, size_t size);

#endif
