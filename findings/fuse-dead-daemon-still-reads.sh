#!/bin/bash
# After a FUSE daemon was killed that lets the kernel keep attributes, a descriptor that
# was open still reads the cached text, stat and flock on it succeed, and inotify watches
# stay without an event; every new open says ENOTCONN. Only the unmount sends UNMOUNT.
# Guess: all calls fail from then on, and watches end.
# Hurts: watchdogs that keep a file open and read it again, and watchers that wait for
# an event: both see nothing wrong.
# Needs: root, fuse3.
# Seen: Linux 6.18, bindfs 1.14.7-1, inotify-tools 3.22.6.0-4: see the end.
set -eu
dir=$(mktemp -d)
pid=
clean() {
	exec 5<&-
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
echo text >source/f
usr/bin/bindfs -f -o attr_timeout=3600 source mnt & daemon=$!
timeout 10 sh -c 'until mountpoint -q mnt; do sleep 0.1; done'
exec 5<mnt/f
cat mnt/f >out
usr/bin/inotifywait -m -e unmount,delete_self,modify mnt/f >events 2>notes 5<&- & pid=$!
timeout 10 sh -c 'until grep -q established notes; do sleep 0.1; done'
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null || :
sleep 1
{
	echo "open descriptor: $(cat <&5), $(stat -L -c '%s bytes' /proc/self/fd/5)"
	flock -n 5 && echo locked
	cat mnt/f 2>&1 || :
	echo "events: $(xargs <events)"
	exec 5<&-
	umount mnt
	timeout 10 sh -c 'until [ -s events ]; do sleep 0.1; done'
	echo "events after the unmount: $(xargs <events)"
} >seen
cat seen
[ "$(cat seen)" = 'open descriptor: text, 5 bytes
locked
cat: mnt/f: Transport endpoint is not connected
events: 
events after the unmount: mnt/f UNMOUNT' ] || { echo 'this has changed' >&2; exit 1; }
