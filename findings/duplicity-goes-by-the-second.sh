#!/bin/sh
# An incremental backup of duplicity passes over a file whose time of change, in whole
# seconds, is that of the last backup, though its size differs (and its ctime, and the
# fraction of the second). The restored file is the old one, and `duplicity verify`, which
# compares in the same way, finds 0 differences.
# Guess: another size is a change, as for rsync, tar -g, restic and borg.
# Hurts: those who back up what comes with a fixed time: trees of reproducible builds (each
# file of 1970 or of the commit), what rsync -t or an unpacked archive replaced.
# Seen: duplicity 0.8.22-1+b3: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download duplicity=0.8.22-1+b3 \
	librsync2 \
	libb2-1 \
	libgomp1 \
	libpopt0 \
	python3-fasteners \
	python3-future \
	python3-lockfile \
	python3-monotonic \
	python3-six
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH PYTHONPATH="$dir/usr/lib/python3/dist-packages" HOME="$dir"
[ -x /usr/bin/gpg ] || apt-get -qq install --no-install-recommends gpg >/dev/null
duplicity() {
	/usr/bin/python3 usr/bin/duplicity "$@" --no-encryption --archive-dir "$dir/cache" >>log 2>&1
}

mkdir source
write() { printf '%s' "$1" >source/f; touch -d '2026-01-01 12:00:00' source/f; }
write old
duplicity full source "file://$dir/store"
write 'new and longer'
sleep 1
duplicity incr source "file://$dir/store"
: >log
duplicity verify "file://$dir/store" source
duplicity restore "file://$dir/store" restored
seen=$(grep -o '[0-9]* differences found' log
	echo "source: $(cat source/f), restored: $(cat restored/f)")
echo "$seen"
[ "$seen" = '0 differences found
source: new and longer, restored: old' ] || { echo 'this has changed' >&2; exit 1; }
