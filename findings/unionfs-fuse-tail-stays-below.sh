#!/bin/bash
# A file of the lower, read-only layer that is open through unionfs-fuse (-o cow) stays the
# one of that layer: what is then written to it through the mount goes to a copy, which the
# open descriptor never sees. tail -F does not see it either, and does not open the file anew,
# since its inode number is the same. On the kernel's overlay and fuse-overlayfs it is seen.
# Guess: the same file by the same mount, for whoever has it open, as on those two.
# Hurts: those who follow a log that comes with an image: not a line, for ever.
# Needs: root, fuse3.
# Seen: Linux 6.18, unionfs-fuse 1.0-1+b1, coreutils 9.1-1, fuse-overlayfs 1.10-1: see the
# end.
set -eu
dir=$(mktemp -d)
pid=
clean() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	umount -l "$dir/mnt" 2>/dev/null || :
	wait
	rm -rf --one-file-system "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download unionfs-fuse=1.0-1+b1 \
	fuse-overlayfs=1.10-1 \
	libfuse2=2.9.9-6+b1 \
	libfuse3-3
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu):$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH

# follow NAME COMMAND...: what a reader and tail have of a file that grows
follow() {
	mkdir lower upper work mnt
	echo image >lower/log
	name=$1
	shift
	"$@"
	timeout 10 sh -c 'until mountpoint -q mnt; do sleep 0.1; done'
	tail -n +1 -F mnt/log >followed 2>&1 & pid=$!
	timeout 10 sh -c 'until grep -q image followed; do sleep 0.1; done'
	exec 5<mnt/log
	echo new >>mnt/log
	timeout 15 sh -c 'until grep -q new followed; do sleep 0.2; done' || :
	echo "$name: tail $(xargs <followed), open $(xargs <&5), file $(xargs <mnt/log)"
	exec 5<&-
	kill "$pid"
	wait "$pid" 2>/dev/null || :
	pid=
	umount mnt
	rm -r lower upper work mnt
}
{
	follow unionfs-fuse usr/bin/unionfs -o cow upper=RW:lower=RO mnt
	follow fuse-overlayfs usr/bin/fuse-overlayfs -o lowerdir=lower,upperdir=upper,workdir=work \
		mnt 2>notes
} >seen
seen=$(cat seen)
echo "$seen"
[ "$seen" = 'unionfs-fuse: tail image, open image, file image new
fuse-overlayfs: tail image new, open image new, file image new' ] || { echo 'this has changed' >&2; exit 1; }
