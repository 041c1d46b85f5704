#!/bin/bash
# `tar -S` takes a file that has a size and no blocks for one large hole, and does not read
# it. `casync mount` (FUSE) shows no blocks of any file, and neither does /sys: the archive has
# zeros in the place of each file, the right sizes, and the status is 0. Without -S casync's
# files are right, and of a file of /sys tar says that it shrank.
# Guess: tar looks for holes by SEEK_HOLE, which says that there are none.
# Hurts: those who copy from such a mount by tar -S, as many backup scripts have it: all data
# is lost, and sizes and times are as they should be. FUSE daemons that leave st_blocks at 0,
# as their authors may, are all read so.
# Needs: root, fuse3.
# Seen: Linux 6.18, tar 1.34+dfsg-1.2+deb12u1, casync 2+20201210-1+b1: see the end.
set -eu
dir=$(mktemp -d)
pid=
clean() {
	umount -l "$dir/mnt" 2>/dev/null || :
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || :
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' casync 2>/dev/null)" = 2+20201210-1+b1 ] ||
	apt-get -qq install --no-install-recommends casync=2+20201210-1+b1 >/dev/null

mkdir source mnt
seq 1 3000 >source/file
/usr/bin/casync make source.caidx source >log
/usr/bin/casync mount source.caidx mnt >>log 2>&1 & pid=$!
timeout 20 sh -c 'until mountpoint -q mnt; do sleep 0.1; done'
in_archive() { tar -xOf archive | tr -d '\0' | wc -c; }
seen=$(stat -c '%s bytes, %b blocks' mnt/file
	tar -cf archive -C mnt file
	echo "tar: $?, bytes that are not 0: $(in_archive)"
	tar -cSf archive -C mnt file
	echo "tar -S: $?, bytes that are not 0: $(in_archive)"
	r=0
	tar -cf archive -C /sys/kernel/mm/transparent_hugepage enabled 2>told || r=$?
	echo "tar of /sys: $r, $(grep -o 'File shrank' told)"
	r=0
	tar -cSf archive -C /sys/kernel/mm/transparent_hugepage enabled 2>told || r=$?
	echo "tar -S of /sys: $r, bytes that are not 0: $(in_archive)")
echo "$seen"
[ "$seen" = '13893 bytes, 0 blocks
tar: 0, bytes that are not 0: 13893
tar -S: 0, bytes that are not 0: 0
tar of /sys: 1, File shrank
tar -S of /sys: 0, bytes that are not 0: 0' ] || { echo 'this has changed' >&2; exit 1; }
