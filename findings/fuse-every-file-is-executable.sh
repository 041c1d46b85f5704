#!/bin/sh
# On a FUSE mount without default_permissions whose daemon has no access handler, test
# -x, test -w and find -executable say yes to every file, mode 0444 or not; running it
# fails.
# Guess: access(2) goes by the mode that stat shows, as the kernel does when it runs the
# file.
# Hurts: run-parts, shells' completion and scripts that ask before they run or write.
# Needs: root, gcc, libfuse3-dev.
# Seen: Linux 6.18, libfuse 3.14.0-4: mode 444, executable, writable, 'Permission
# denied'.
set -eu
dir=$(mktemp -d)
trap 'umount -l "$dir/mnt" 2>/dev/null || :; rm -rf "$dir"' EXIT
cd "$dir"

cat >fs.c <<'END'
#define FUSE_USE_VERSION 35
#include <errno.h>
#include <fuse.h>
#include <string.h>
#include <sys/stat.h>

static int getattr(const char *path, struct stat *st, struct fuse_file_info *)
{
	int is_root = !strcmp(path, "/");

	if (!is_root && strcmp(path, "/f") != 0)
		return -ENOENT;
	st->st_mode = is_root ? S_IFDIR | 0755 : S_IFREG | 0444;
	st->st_nlink = 1;
	return 0;
}

static int readdir(const char *, void *buf, fuse_fill_dir_t fill, off_t,
		   struct fuse_file_info *, enum fuse_readdir_flags)
{
	return fill(buf, "f", NULL, 0, 0);
}

int main(int argc, char **argv)
{
	struct fuse_operations ops = { .getattr = getattr, .readdir = readdir };

	return fuse_main(argc, argv, &ops, NULL);
}
END
# shellcheck disable=SC2046
gcc -o fs fs.c $(pkg-config --cflags --libs fuse3)
mkdir mnt
./fs mnt
{
	stat -c 'mode %a' mnt/f
	find mnt -type f -executable -printf 'executable %f\n'
	find mnt -type f -writable -printf 'writable %f\n'
	mnt/f 2>&1 | sed 's/.*: //'
} >seen
echo "Linux $(uname -r): $(xargs <seen)"
[ "$(cat seen)" = 'mode 444
executable f
writable f
Permission denied' ] || { echo 'this has changed' >&2; exit 1; }
