#!/bin/bash
# `rm -r --one-file-system` deletes what a bind mount below its argument shows, where that
# is of the same file system; only the mount point itself stays ('Device or resource
# busy'). tar --one-file-system, find -xdev and cp -x go in as well, and so take such
# files twice.
# Guess: these options stop at each mount point.
# Hurts: those who remove the root of a chroot or container while a directory of the
# machine is still bound into it: the originals are gone.
# Needs: root.
# Seen: Linux 6.18, coreutils 9.1-1, findutils 4.9.0-4, tar 1.34+dfsg-1.2+deb12u1: see the
# end.
set -eu
dir=$(mktemp -d)
clean() {
	umount -l "$dir/tree/bound" 2>/dev/null || :
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
mkdir original tree tree/bound
echo text >original/file
mount --bind original tree/bound
{
	echo "find: $(find tree -xdev -name file | wc -l)"
	echo "tar: $(tar --one-file-system -cf - tree | tar -tf - | grep -c file)"
	cp -ax tree copy
	echo "cp: $(find copy -name file | wc -l)"
	rm -r --one-file-system tree 2>message || echo "rm: status $?"
	echo "left of the original: $(find original -name file | wc -l)"
} >seen
cat seen message
[ "$(cat seen)" = 'find: 1
tar: 1
cp: 1
rm: status 1
left of the original: 0' ] || { echo 'this has changed' >&2; exit 1; }
