#!/bin/bash
# GNU tail -F with inotify closes a log file at the moment it is renamed: what its
# writer adds before opening the new file is lost. With ---disable-inotify, as on
# network and FUSE file systems, tail goes on reading the old file for five quiet
# seconds.
# Guess: -F shows the rest of the old file either way; inotify is the better one.
# Hurts: those who watch a log that is rotated as logrotate's `create` does it (rename
# first, signal later): the lines in between are missing.
# Seen: coreutils 9.1-1: inotify A1 B1, polling A1 late B1.
set -eu
dir=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || :; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	coreutils=9.1-1
dpkg -x coreutils_*.deb .

: >log
usr/bin/tail -n0 -F log >inotify 2>notes & pids+=($!)
usr/bin/tail -n0 ---disable-inotify -F log >polling 2>notes & pids+=($!)
sleep 1
exec 7>>log
wait_for() { timeout 20 sh -c "until grep -q $1 $2; do sleep 0.1; done"; }
echo A1 >&7
wait_for A1 inotify && wait_for A1 polling
mv log log.1
sleep 1
echo late >&7
sleep 1
echo B1 >log
wait_for B1 inotify && wait_for B1 polling
seen="inotify: $(xargs <inotify), polling: $(xargs <polling)"
echo "$seen"
[ "$seen" = 'inotify: A1 B1, polling: A1 late B1' ] ||
	{ echo 'this has changed' >&2; exit 1; }
