#!/bin/bash
# A read lease on a FUSE file (samba's oplocks rest on such) is not broken when the
# daemon has the kernel drop the file's text (notify_inval_inode): the holder gets no
# signal and still has the lease, while a read already gives the new text. An open for
# writing on the mount does break it.
# Guess: dropping the text tells the lease's holder, whose cache it is about.
# Hurts: those who share a FUSE mount whose content changes by samba: clients keep what
# they cached.
# Needs: root, gcc, libfuse3-dev, python3.
# Seen: Linux 6.18, libfuse 3.14.0-4: see the end.
set -eu
dir=$(mktemp -d)
clean() {
	exec 9>&-
	umount -l "$dir/mnt" 2>/dev/null || :
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
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static _Atomic(const char *) text = "old\n";

static struct stat attributes(fuse_ino_t ino)
{
	struct stat st = { .st_ino = ino, .st_nlink = 1, .st_size = 4 };

	st.st_mode = ino == 1 ? S_IFDIR | 0755 : S_IFREG | 0644;
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

static void read_text(fuse_req_t req, fuse_ino_t, size_t size, off_t offset,
		      struct fuse_file_info *)
{
	fuse_reply_buf(req, text, offset == 0 && size >= 4 ? 4 : 0);
}

static void *serve(void *session)
{
	fuse_session_loop(session);
	return NULL;
}

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	struct fuse_lowlevel_ops ops = {
		.lookup = lookup, .getattr = getattr, .read = read_text
	};
	struct fuse_session *session = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	pthread_t thread;

	if (argc != 2 || !session || fuse_session_mount(session, argv[1]))
		return 1;
	pthread_create(&thread, NULL, serve, session);
	while (getchar() != EOF) {
		text = "new\n";
		printf("%d\n", fuse_lowlevel_notify_inval_inode(session, 2, 0, 0));
		fflush(stdout);
	}
	return 0;
}
END
cat >lease.py <<'END'
import fcntl, os, signal, subprocess, sys, time

signals = []
signal.signal(signal.SIGIO, lambda *_: signals.append("SIGIO"))
fd = os.open("mnt/f", os.O_RDONLY)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)


def show(when):
    held = fcntl.fcntl(fd, fcntl.F_GETLEASE) == fcntl.F_RDLCK
    print(f"{when}: {os.pread(fd, 9, 0).decode().strip()}, lease {held}, signals {signals}")


show("before")
os.write(9, b"\n")
while not os.path.getsize("result"):
    time.sleep(0.1)
time.sleep(1)
show("after the daemon's change")
with subprocess.Popen(["sh", "-c", ": >>mnt/f"], close_fds=True):
    while not signals:
        time.sleep(0.1)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
print("after an open for writing:", signals)
END
# shellcheck disable=SC2046
gcc -o fs fs.c $(pkg-config --cflags --libs fuse3) -lpthread
mkdir mnt
mkfifo orders
./fs mnt <orders >result &
exec 9>orders
timeout 10 sh -c 'until mountpoint -q mnt; do sleep 0.1; done'
timeout 60 /usr/bin/python3 lease.py >seen
echo "Linux $(uname -r)"
cat seen
[ "$(cat seen)" = "before: old, lease True, signals []
after the daemon's change: new, lease True, signals []
after an open for writing: ['SIGIO']" ] || { echo 'this has changed' >&2; exit 1; }
