#!/bin/bash
# toybox tail -F looks at the name first and drops the old file when another has its
# place: lines written since its last look, up to a second ago, are lost. busybox and
# GNU tail read the old file to its end.
# Guess: every tail -F reads the old file to its end before it goes on to the new one.
# Hurts: users of small systems who follow a log that is rotated as soon as it is full.
# Seen: toybox 0.8.9+dfsg-1 has no A of 20 written right before the rename; busybox
# 1:1.35.0-4+deb12u1+b1 has all 20.
set -eu
dir=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || :; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	toybox=0.8.9+dfsg-1 busybox=1:1.35.0-4+deb12u1+b1
for deb in *.deb; do dpkg -x "$deb" .; done

: >log
bin/toybox tail -n 0 -F log >toybox 2>notes & pids+=($!)
bin/busybox tail -n 0 -F log >busybox 2>notes & pids+=($!)
wait_for() { timeout 20 sh -c "until grep -q $1 $2; do sleep 0.1; done"; }
sleep 1
echo first >>log
wait_for first toybox && wait_for first busybox
printf 'A%s\n' {1..20} >>log
mv log log.1
echo B1 >log
wait_for B1 toybox && wait_for B1 busybox
seen="toybox: $(grep -c A toybox) of 20, busybox: $(grep -c A busybox) of 20"
echo "$seen"
[ "$seen" = 'toybox: 0 of 20, busybox: 20 of 20' ] ||
	{ echo 'this has changed' >&2; exit 1; }
