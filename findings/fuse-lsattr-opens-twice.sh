#!/bin/bash
# lsattr on a FUSE file makes the daemon open it twice: once for lsattr's own
# descriptor, and once by the kernel, for the ioctl that reads the flags (FUSE passes
# ioctls on with a file handle, and reading flags has none).
# Guess: one open, whose handle the ioctl is passed on with.
# Hurts: daemons for which an open costs something or is counted (a download, an audit
# line), and tools that read flags of each file they copy.
# Needs: root, fuse3.
# Seen: Linux 6.18, bindfs 1.14.7-1, e2fsprogs: open 2, release 2; for cat 1, 1.
set -eu
dir=$(mktemp -d)
clean() {
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
count() {
	: >debug
	"$@" >out 2>&1 || :
	timeout 10 sh -c 'until grep -q "opcode: RELEASE (" debug; do sleep 0.1; done'
	sleep 1
	echo "$1: open $(grep -c 'opcode: OPEN (' debug)," \
		"release $(grep -c 'opcode: RELEASE (' debug)"
}
{ count cat mnt/f; count lsattr mnt/f; } >seen
echo "Linux $(uname -r)"
cat seen
[ "$(cat seen)" = 'cat: open 1, release 1
lsattr: open 2, release 2' ] || { echo 'this has changed' >&2; exit 1; }
