#!/bin/sh
# mksquashfs makes an empty file of one that it cannot read, by its mode or otherwise, says so
# in a line among its many, and ends with 0. Only -exit-on-error, which is not the default,
# makes it end with 1. tar leaves such a file out and ends with 2.
# Guess: it ends with an error, or leaves the file out.
# Hurts: those who build images as a user, or from a FUSE mount on which a read fails: the
# image has an empty file in the place of a key, a configuration, a library.
# Needs: root (to run it as another user).
# Seen: squashfs-tools 1:4.5.1-1: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download squashfs-tools=1:4.5.1-1 \
	liblzo2-2 \
	liblz4-1 \
	liblzma5 \
	libzstd1 \
	zlib1g
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu):$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH

mkdir source
chmod 755 "$dir"
echo text >source/readable
echo text >source/secret
chmod 600 source/secret
status() {
	name=$1
	shift
	r=0
	setpriv --reuid=65534 --clear-groups "$@" >out 2>&1 || r=$?
	echo "$name: $r, $(grep -o 'creating empty file' out | head -n 1)"
}
mkdir made
chown 65534 made
seen=$(status mksquashfs usr/bin/mksquashfs source made/image -no-progress
	status 'with -exit-on-error' usr/bin/mksquashfs source made/other -no-progress -exit-on-error
	status tar tar -cf made/tar source
	usr/bin/unsquashfs -ll made/image | awk '/readable|secret/ { print $NF, $3 }')
echo "$seen"
[ "$seen" = 'mksquashfs: 0, creating empty file
with -exit-on-error: 1, 
tar: 2, 
squashfs-root/readable 5
squashfs-root/secret 0' ] || { echo 'this has changed' >&2; exit 1; }
