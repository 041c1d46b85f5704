#!/bin/sh
# cmp -s and Python's filecmp go by the size of two files before they read any. A file of
# /proc has size 0 and one of /sys 4096, whatever is in it; so both say that such a file and
# a copy of it differ. diff -q is wrong on /sys alone. cmp and diff without the option say
# that they are alike, with status 0.
# Guess: -s and -q change what is printed, and not the answer.
# Hurts: scripts of the form `cmp -s /sys/... saved || ...`, which see a change each time;
# FUSE file systems with direct_io and no sizes are of that kind as well.
# Seen: diffutils 1:3.8-4, Python 3.11, Linux 6.18: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download diffutils=1:3.8-4
for deb in *.deb; do dpkg -x "$deb" .; done

cat >same.py <<'END'
import filecmp, sys
sys.exit(not filecmp.cmp(sys.argv[1], sys.argv[2], shallow=False))
END
compare() {
	cat "$1" >copy
	echo "$1"
	for command in usr/bin/cmp 'usr/bin/cmp -s' usr/bin/diff 'usr/bin/diff -q' \
		'/usr/bin/python3 same.py'; do
		r=0
		$command "$1" copy >out || r=$?
		echo "$(basename "$command"): $r"
	done
}
seen=$(compare /proc/version
	compare /sys/kernel/mm/transparent_hugepage/enabled)
echo "$seen"
[ "$seen" = '/proc/version
cmp: 0
cmp -s: 1
diff: 0
diff -q: 0
python3 same.py: 1
/sys/kernel/mm/transparent_hugepage/enabled
cmp: 0
cmp -s: 1
diff: 0
diff -q: 1
python3 same.py: 1' ] || { echo 'this has changed' >&2; exit 1; }
