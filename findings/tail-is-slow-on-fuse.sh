#!/bin/bash
# On a FUSE mount tail -F polls, and looks at the name again only when the file it has
# open was quiet for five rounds. Where another file has taken the name, its lines come
# more than five seconds late, and not at all while somebody still writes to the old
# one.
# Guess: a new file is noticed in the next round, a second later.
# Hurts: those who follow a rotated log on such a mount.
# Needs: root, fuse3.
# Seen: coreutils 9.1-1, bindfs 1.14.7-1: nothing of the new file in 8 seconds in which
# the old one grew; then it came.
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
apt-get -qq -o APT::Sandbox::User=root download \
	coreutils=9.1-1 bindfs=1.14.7-1 \
	libfuse2=2.9.9-6+b1
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH

mkdir source mnt
: >source/log
usr/bin/bindfs source mnt
usr/bin/tail -n0 -F mnt/log >out 2>notes & pid=$!
sleep 1
exec 7>>mnt/log
echo A1 >&7
timeout 20 sh -c 'until grep -q A1 out; do sleep 0.1; done'
mv mnt/log mnt/log.1
echo B1 >mnt/log
for _ in {1..40}; do
	echo A2 >&7
	sleep 0.2
done
exec 7>&-
early=$(grep -c B1 out || :)
start=$EPOCHREALTIME
timeout 60 sh -c 'until grep -q B1 out; do sleep 0.1; done'
late=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
echo "new file seen while the old one grew: $early; after its last line: $late ms"
if [ "$early" -ne 0 ] || [ "$late" -lt 4000 ]; then
	echo 'this has changed' >&2
	exit 1
fi
