#!/bin/sh
# duplicity and rdiff-backup end with status 0 where a file could not be read, and the backup
# is without it; duplicity counts it ('Errors 1') among its figures, rdiff-backup prints a
# warning. tar ends with 2; borg, restic, rsync and bup end with other than 0 as well.
# Guess: a status other than 0, since a backup that is not whole is what one wants to know.
# Hurts: those whose job looks at the status, after the mode or owner of a file has changed.
# Needs: root (to run them as another user).
# Seen: duplicity 0.8.22-1+b3, rdiff-backup 2.2.2-1: see the end.
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
	python3-six \
	rdiff-backup=2.2.2-1 \
	python3-yaml \
	libyaml-0-2 \
	python3-pkg-resources
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH PYTHONPATH="$dir/usr/lib/python3/dist-packages"
[ -x /usr/bin/gpg ] || apt-get -qq install --no-install-recommends gpg >/dev/null

mkdir source made
chmod 755 "$dir"
chown 65534 made
echo text >source/readable
echo text >source/secret
chmod 600 source/secret
status() {
	name=$1
	shift
	r=0
	setpriv --reuid=65534 --clear-groups env HOME="$dir/made" "$@" >>log 2>&1 </dev/null || r=$?
	echo "$name: $r"
}
seen=$(status duplicity /usr/bin/python3 usr/bin/duplicity full --no-encryption \
		source "file://$dir/made/duplicity"
	grep '^Errors' log
	status rdiff-backup /usr/bin/python3 usr/bin/rdiff-backup source made/rdiff
	ls made/rdiff
	status tar tar -cf made/tar source)
echo "$seen"
[ "$seen" = 'duplicity: 0
Errors 1
rdiff-backup: 0
rdiff-backup-data
readable
tar: 2' ] || { echo 'this has changed' >&2; exit 1; }
