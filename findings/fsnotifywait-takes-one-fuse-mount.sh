#!/bin/bash
# fsnotifywait watches a directory of a FUSE mount, though such a mount has no fsid; but
# beside it no other file system: the second watch, a FUSE mount or not, ends it with
# 'Invalid cross-device link', in either order.
# Guess: either all of it works or, as with -S, nothing ('No such device').
# Hurts: those who try it on one directory and then give it the list of theirs.
# Needs: root, fuse3.
# Seen: Linux 6.18, inotify-tools 3.22.6.0-4, bindfs 1.14.7-1: see the end.
set -eu
dir=$(mktemp -d)
pid=
clean() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	umount -l "$dir/mnt" 2>/dev/null || :
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download inotify-tools=3.22.6.0-4 \
	libinotifytools0=3.22.6.0-4 bindfs=1.14.7-1 \
	libfuse2=2.9.9-6+b1
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu):$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH

mkdir source mnt
usr/bin/bindfs source mnt
watch() {
	: >notes
	usr/bin/fsnotifywait "$@" >events 2>notes & pid=$!
	timeout 20 sh -c "until grep -qE \"established|Couldn't\" notes; do sleep 0.1; done"
	kill "$pid" 2>/dev/null || :
	wait "$pid" 2>/dev/null || :
	echo "$*: $(grep -E "established|Couldn't" notes)"
}
{ watch -m mnt; watch -m mnt source; watch -m source mnt; watch -m -S mnt; } >seen
echo "Linux $(uname -r)"
cat seen
[ "$(cat seen)" = "-m mnt: Watches established.
-m mnt source: Couldn't watch source: Invalid cross-device link
-m source mnt: Couldn't watch mnt: Invalid cross-device link
-m -S mnt: Couldn't add filesystem watch mnt: No such device" ] ||
	{ echo 'this has changed' >&2; exit 1; }
