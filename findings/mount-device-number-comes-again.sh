#!/bin/bash
# The device number that stat and /proc/self/mountinfo show of a mount without a disk
# (tmpfs, FUSE, overlay) is given to the next such mount as soon as the first one is
# gone, and so is its mount id.
# Guess: either tells a mount from all others, at least for a while.
# Hurts: daemons and backups that know a mount by its device: they find another one.
# Needs: root.
# Seen: Linux 6.18.44, bindfs 1.14.7-1: FUSE, then tmpfs: the same device and mount id.
set -eu
dir=$(mktemp -d)
pid=
clean() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	umount -l "$dir/fuse" 2>/dev/null || :
	umount -l "$dir/tmpfs" 2>/dev/null || :
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download bindfs=1.14.7-1 \
	libfuse2=2.9.9-6+b1
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH
mkdir source fuse tmpfs

# Mount id and device of a mountpoint.
shown() { awk -v at="$dir/$1" '$5 == at { print $1, $3 }' /proc/self/mountinfo; }

# Somebody else may mount something at the same moment.
for _ in 1 2 3 4 5; do
	usr/bin/bindfs -f source fuse & pid=$!
	timeout 20 sh -c 'until mountpoint -q fuse; do sleep 0.1; done'
	first=$(shown fuse)
	umount fuse
	wait "$pid" || :
	pid=
	mount -t tmpfs tmpfs tmpfs
	second=$(shown tmpfs)
	umount tmpfs
	echo "FUSE: $first, then tmpfs: $second"
	[ "$first" != "$second" ] || break
done
[ "$first" = "$second" ] || { echo 'this has changed' >&2; exit 1; }
