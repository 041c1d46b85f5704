#!/bin/bash
# When a FUSE daemon tells the kernel to forget a name (notify_inval_entry), whatever
# somebody has mounted there is detached, files and all, without an error for the daemon
# and without a message for anybody.
# Guess: a name that is a mount point is left alone, or the daemon gets EBUSY, as rmdir
# does.
# Hurts: those who bind or mount something below a FUSE mount (containers do) whose
# daemon invalidates names as its source changes.
# Needs: root, gcc, libfuse3-dev.
# Seen: Linux 6.18, libfuse 3.14.0-4: result 0; the tmpfs is gone.
set -eu
dir=$(mktemp -d)
clean() {
	exec 9>&-
	umount -l "$dir/mnt/d" "$dir/mnt" 2>/dev/null || :
	wait
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"

cat >fs.c <<'END'
#define FUSE_USE_VERSION 35
#include <errno.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = { .ino = 2, .entry_timeout = 60, .attr_timeout = 60 };

	entry.attr = (struct stat){ .st_ino = 2, .st_mode = S_IFDIR | 0755, .st_nlink = 2 };
	if (parent == 1 && !strcmp(name, "d"))
		fuse_reply_entry(req, &entry);
	else
		fuse_reply_err(req, ENOENT);
}

static void getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *)
{
	struct stat st = { .st_ino = ino, .st_mode = S_IFDIR | 0755, .st_nlink = 2 };

	fuse_reply_attr(req, &st, 60);
}

static void *serve(void *session)
{
	fuse_session_loop(session);
	return NULL;
}

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	struct fuse_lowlevel_ops ops = { .lookup = lookup, .getattr = getattr };
	struct fuse_session *session = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	pthread_t thread;

	if (argc != 2 || !session || fuse_session_mount(session, argv[1]))
		return 1;
	pthread_create(&thread, NULL, serve, session);
	while (getchar() != EOF) {
		printf("%d\n", fuse_lowlevel_notify_inval_entry(session, 1, "d", 1));
		fflush(stdout);
	}
	return 0;
}
END
# shellcheck disable=SC2046
gcc -o fs fs.c $(pkg-config --cflags --libs fuse3) -lpthread
mkdir mnt
mkfifo orders
./fs mnt <orders >result &
exec 9>orders
timeout 10 sh -c 'until mountpoint -q mnt; do sleep 0.1; done'

mount -t tmpfs none mnt/d
touch mnt/d/precious
before=$(grep -c " $dir/mnt/d " /proc/self/mountinfo)
echo >&9
timeout 10 sh -c 'until [ -s result ]; do sleep 0.1; done'
after=$(grep -c " $dir/mnt/d " /proc/self/mountinfo || :)
seen="mounts at the name: $before, then $after; result $(cat result)"
echo "Linux $(uname -r): $seen"
[ "$seen" = 'mounts at the name: 1, then 0; result 0' ] ||
	{ echo 'this has changed' >&2; exit 1; }
