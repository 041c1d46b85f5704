#!/bin/bash
# `sync -f FILE` and `sync` end with success on a FUSE mount and ask the daemon nothing
# about what was written: neither FSYNC nor SYNCFS comes. Only `sync FILE` sends FSYNC.
# Guess: after sync(1) the file system has stored what was written, as 'sync -f' says:
# 'sync the file systems that contain the files'.
# Hurts: those who write to a daemon that stores later (s3fs, rclone, sshfs with a cache)
# and power off, or take a snapshot, after sync.
# Needs: root, fuse3.
# Seen: Linux 6.18, bindfs 1.14.7-1: sync -f: none; sync: none; sync FILE: FSYNC.
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
apt-get -qq -o APT::Sandbox::User=root download bindfs=1.14.7-1 \
	libfuse2=2.9.9-6+b1
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH

mkdir source mnt
echo text >source/f
usr/bin/bindfs -f -d source mnt >debug 2>&1 &
timeout 10 sh -c 'until mountpoint -q mnt; do sleep 0.1; done'
exec 9>>mnt/f
tell() {
	echo more >&9
	: >debug
	"$@"
	# This request comes later, so what was asked before it stands above it.
	stat mnt/none 2>/dev/null || :
	timeout 10 sh -c 'until grep -aq "none" debug; do sleep 0.1; done'
	asked=$(grep -aoE 'opcode: (FSYNC|FSYNCDIR|SYNCFS) ' debug |
		sort -u | cut -d ' ' -f 2 | xargs)
	echo "${*//mnt\/f/FILE}: ${asked:-none}"
}
echo "Linux $(uname -r)"
{ tell sync -f mnt/f; tell sync; tell sync mnt/f; } >seen
cat seen
[ "$(cat seen)" = 'sync -f FILE: none
sync: none
sync FILE: FSYNC' ] || { echo 'this has changed' >&2; exit 1; }
