#!/bin/bash
# umount of a FUSE mount succeeds, and is no end of its daemon, while a mount namespace
# with private propagation has a copy (a container, a service with PrivateMounts=):
# there the files are read on. The daemon ends when that namespace does.
# Guess: unmounting where it was mounted ends the daemon, and the copy says ENOTCONN.
# Hurts: those who unmount to have the daemon gone: a credential, a lock or a port that
# it holds stays held, and findmnt shows nothing.
# Needs: root, fuse3.
# Seen: Linux 6.18, bindfs 1.14.7-1: see the end.
set -eu
dir=$(mktemp -d)
copy=
clean() {
	exec 9>&-
	[ -z "$copy" ] || kill "$copy" 2>/dev/null || :
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
usr/bin/bindfs -f source mnt & daemon=$!
timeout 10 sh -c 'until mountpoint -q mnt; do sleep 0.1; done'
mkfifo end
unshare -m --propagation private sh -c 'echo >there; read -r _ <end; cat mnt/f >read' &
copy=$!
timeout 10 sh -c 'until [ -s there ]; do sleep 0.1; done'
state() { kill -0 "$daemon" 2>/dev/null && echo runs || echo ended; }
umount mnt && echo unmounted >seen
sleep 1
echo "here $(grep -c " $dir/mnt " /proc/self/mountinfo || :), daemon $(state)" >>seen
echo >end
wait "$copy"
timeout 10 tail --pid="$daemon" -f /dev/null
echo "the copy read: $(cat read); at its end, daemon $(state)" >>seen
cat seen
[ "$(cat seen)" = 'unmounted
here 0, daemon runs
the copy read: text; at its end, daemon ended' ] || { echo 'this has changed' >&2; exit 1; }
