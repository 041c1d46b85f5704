#!/bin/sh
# ag (the Silver Searcher) passes over a file of size 0 without reading it, though it was
# named: in /proc, and on FUSE file systems that read with direct_io and show no sizes, it
# finds nothing and says nothing. Of a file of /sys it says that it cannot be mapped. From
# a pipe it finds the same text.
# Guess: a file that is named is read, as grep, ripgrep and ugrep do.
# Hurts: those who look for a setting in /proc: status 1 reads like 'it is not there'.
# Seen: silversearcher-ag 2.2.0+git20200805-1+b1, ripgrep 13.0.0-4+b2, Linux 6.18.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download silversearcher-ag=2.2.0+git20200805-1+b1 \
	libpcre3=2:8.39-15 \
	liblzma5 \
	ripgrep=13.0.0-4+b2
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu):$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH

found() { wc -l | xargs echo "$1:"; }
pages=/sys/kernel/mm/transparent_hugepage/enabled
seen=$(usr/bin/ag Linux /proc/version 2>&1 | found 'ag of /proc'
	usr/bin/rg Linux /proc/version | found 'rg of /proc'
	usr/bin/ag Linux </proc/version | found 'ag of stdin'
	usr/bin/ag never "$pages" 2>&1 | grep -o 'failed to load: .*'
	usr/bin/rg never "$pages" | found 'rg of /sys')
echo "$seen"
[ "$seen" = 'ag of /proc: 0
rg of /proc: 1
ag of stdin: 1
failed to load: No such device.
rg of /sys: 1' ] || { echo 'this has changed' >&2; exit 1; }
