#!/bin/bash
# inotifywait -m without -e says nothing when the file system that it watches is
# unmounted, and goes on waiting for events that cannot come; without -m it ends with
# status 1 and not a word. Only -e unmount prints UNMOUNT, and with -m it waits on too.
# Guess: no -e means all events, UNMOUNT with them, and -m ends when nothing is left to
# watch.
# Hurts: scripts around `inotifywait -m`: they look alive for ever after the mount went
# away, also when it is mounted again.
# Needs: root, fuse3.
# Seen: inotify-tools 3.22.6.0-4, bindfs 1.14.7-1, Linux 6.18.
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
watch() {
	usr/bin/bindfs source mnt
	: >notes
	usr/bin/inotifywait "$@" mnt >events 2>notes & pid=$!
	timeout 10 sh -c 'until grep -q established notes; do sleep 0.1; done'
	umount mnt
	sleep 2
	r=waits
	kill "$pid" 2>/dev/null || { r=0; wait "$pid" || r=$?; }
	wait "$pid" 2>/dev/null || :
	echo "inotifywait${*:+ $*}: '$(xargs <events)', $r"
}
{ watch; watch -m; watch -m -e unmount; } >seen
cat seen
[ "$(cat seen)" = "inotifywait: '', 1
inotifywait -m: '', waits
inotifywait -m -e unmount: 'mnt/ UNMOUNT,ISDIR', waits" ] ||
	{ echo 'this has changed' >&2; exit 1; }
