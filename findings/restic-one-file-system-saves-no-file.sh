#!/bin/bash
# On an overlay whose layers lie on different file systems, stat gives files another
# device than their directories. `restic backup --one-file-system` of it saves the
# directories and not one file, with status 0; `du -x` counts nothing and `ncdu -x` calls
# the files of another file system. tar, find and cp look at directories only and are
# right.
# Guess: one mount is one file system, so that nothing is left out.
# Hurts: those who back up a root that is an overlay of a read-only image and a disk or
# memory (live systems, appliances, read-only machines with a writable layer).
# Needs: root.
# Seen: Linux 6.18, restic 0.14.0-1+b5, ncdu 1.18-0.2, coreutils 9.1-1: see the end.
set -eu
dir=$(mktemp -d)
clean() {
	for at in merged upper lower; do umount -l "$dir/$at" 2>/dev/null || :; done
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download restic=0.14.0-1+b5 ncdu=1.18-0.2 \
	coreutils=9.1-1
for deb in *.deb; do dpkg -x "$deb" .; done
mkdir lower upper merged
mount -t tmpfs tmpfs lower
mount -t tmpfs tmpfs upper
mkdir lower/image lower/image/etc upper/new upper/work
echo text | tee lower/image/etc/old >lower/image/top
mount -t overlay -o lowerdir=lower/image,upperdir=upper/new,workdir=upper/work \
	overlay merged
echo text >merged/etc/new
truncate -s 1M merged/large
echo data >>merged/large

files() { grep -cE '/(top|old|new|large)$' || :; }
export RESTIC_PASSWORD=x HOME="$dir"
usr/bin/restic -q init --repo repository
usr/bin/restic -q backup --one-file-system --repo repository merged
{
	echo "restic: $(usr/bin/restic -q ls latest --repo repository | files)"
	usr/bin/restic -q backup --repo repository merged
	echo "restic without it: $(usr/bin/restic -q ls latest --repo repository | files)"
	echo "du: $(usr/bin/du -ax merged 2>/dev/null | files || :)"
	echo "ncdu: $(usr/bin/ncdu -x -o- merged | grep -c othfs) on another file system"
	echo "tar: $(tar --one-file-system -cf - merged | tar -tf - | files)"
	echo "find: $(find merged -xdev -type f | files)"
} >seen
echo "Linux $(uname -r)"
cat seen
[ "$(cat seen)" = 'restic: 0
restic without it: 4
du: 0
ncdu: 4 on another file system
tar: 4
find: 4' ] || { echo 'this has changed' >&2; exit 1; }
