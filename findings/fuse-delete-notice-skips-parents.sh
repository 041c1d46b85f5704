#!/bin/bash
# When a FUSE daemon tells the kernel that a file was deleted (notify_delete), a watch
# on the file gets DELETE_SELF, and a watch on its directory gets nothing.
# Guess: the directory's watchers get DELETE, as after an unlink; the call exists to
# tell of deletions.
# Hurts: file systems that count on it to wake watchers of a directory, which is how
# nearly all tools watch.
# Needs: root, gcc, libfuse3-dev.
# Seen: Linux 6.18, libfuse 3.14.0-4, inotify-tools 3.22.6.0-4: DELETE_SELF alone.
set -eu
dir=$(mktemp -d)
pid=
clean() {
	[ -z "$pid" ] || kill "$pid"
	exec 9>&-
	umount -l "$dir/mnt" 2>/dev/null || :
	wait
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	inotify-tools=3.22.6.0-4 libinotifytools0=3.22.6.0-4
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH

cat >fs.c <<'END'
#define FUSE_USE_VERSION 35
#include <errno.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct stat attributes(fuse_ino_t ino)
{
	struct stat st = { .st_ino = ino, .st_nlink = 1 };

	st.st_mode = ino == 1 ? S_IFDIR | 0755 : S_IFREG | 0444;
	return st;
}

static void lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = { .ino = 2, .entry_timeout = 60, .attr_timeout = 60 };

	entry.attr = attributes(2);
	if (parent == 1 && !strcmp(name, "f"))
		fuse_reply_entry(req, &entry);
	else
		fuse_reply_err(req, ENOENT);
}

static void getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *)
{
	struct stat st = attributes(ino);

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
		printf("%d\n", fuse_lowlevel_notify_delete(session, 1, 2, "f", 1));
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

usr/bin/inotifywait -m -e delete,delete_self mnt mnt/f >events 2>notes 9>&- & pid=$!
timeout 10 sh -c 'until grep -q established notes; do sleep 0.1; done'
echo >&9
timeout 10 sh -c 'until [ -s result ] && [ -s events ]; do sleep 0.1; done'
sleep 1
seen="result $(cat result); $(xargs <events)"
echo "Linux $(uname -r): $seen"
[ "$seen" = 'result 0; mnt/f DELETE_SELF' ] || { echo 'this has changed' >&2; exit 1; }
