#!/bin/bash
# Perl, awk (mawk) and Python ask of each file they open whether it is a terminal. On a
# FUSE mount this is an ioctl that goes to the daemon for each open, since the kernel
# never keeps the answer, not even that there is none; cat, grep and sed do not ask.
# Guess: reading a file takes the same requests, whoever reads it.
# Hurts: daemons that are slow or remote: a loop in Perl over many small files makes a
# request more for each than one with cat.
# Needs: root, fuse3.
# Seen: Linux 6.18, bindfs 1.14.7-1: ioctls: cat 0, grep 0, sed 0, mawk 1, perl 1,
# python3 1.
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
	"$@" >out
	timeout 10 sh -c 'until grep -q "opcode: RELEASE (" debug; do sleep 0.1; done'
	echo "${1##*/} $(grep -c 'opcode: IOCTL (' debug || :)"
}
{
	count cat mnt/f
	count grep t mnt/f
	count sed p mnt/f
	count mawk 1 mnt/f
	count /usr/bin/perl -ne print mnt/f
	count /usr/bin/python3 -c 'open("mnt/f").read()'
} >seen
seen=$(paste -sd, seen)
echo "Linux $(uname -r): ioctls: $seen"
[ "$seen" = 'cat 0,grep 0,sed 0,mawk 1,perl 1,python3 1' ] ||
	{ echo 'this has changed' >&2; exit 1; }
