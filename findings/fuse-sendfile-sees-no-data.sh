#!/bin/sh
# A FUSE file that is read with direct_io and shows size 0 (made on the fly, as those of
# /proc are) has its text for read(2), and none for sendfile(2), which returns 0 and
# does not even ask the daemon. On /proc itself sendfile works. So cat and cp of
# coreutils are right, and busybox cat, Python's shutil.copyfile and Node's copyFile see
# an empty file.
# Guess: direct_io means that the size does not matter, for sendfile as for read.
# Hurts: those who copy or serve such a file: the copy is empty and there is no error.
# Needs: root, fuse3, node.
# Seen: Linux 6.18, mergerfs 2.33.5-1 with cache.files=off, busybox
# 1:1.35.0-4+deb12u1+b1, Python 3.11, Node 20: see the end.
set -eu
dir=$(mktemp -d)
trap 'umount -l "$dir/mnt" 2>/dev/null || :; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	mergerfs=2.33.5-1 busybox=1:1.35.0-4+deb12u1+b1
for deb in *.deb; do dpkg -x "$deb" .; done

cat >sendfile.py <<'END'
import os, sys
with open(sys.argv[1]) as source, open("sent", "w") as sink:
    print(os.sendfile(sink.fileno(), source.fileno(), 0, 100))
END
mkdir mnt
usr/bin/mergerfs -o cache.files=off /proc/sys/kernel mnt
for file in /proc/sys/kernel/ostype mnt/ostype; do
	echo "$file: size $(stat -c %s "$file"), cat $(cat "$file")," \
		"busybox cat $(bin/busybox cat "$file")," \
		"sendfile $(/usr/bin/python3 sendfile.py "$file")"
done >seen
/usr/bin/python3 -c 'import shutil; shutil.copyfile("mnt/ostype", "python")'
node -e 'require("fs").copyFileSync("mnt/ostype", "node")'
cp mnt/ostype cp
echo "copies: cp $(stat -c %s cp), Python $(stat -c %s python), Node $(stat -c %s node)" >>seen
cat seen
[ "$(cat seen)" = '/proc/sys/kernel/ostype: size 0, cat Linux, busybox cat Linux, sendfile 6
mnt/ostype: size 0, cat Linux, busybox cat , sendfile 0
copies: cp 6, Python 0, Node 0' ] || { echo 'this has changed' >&2; exit 1; }
