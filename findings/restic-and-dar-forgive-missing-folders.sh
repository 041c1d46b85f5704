#!/bin/sh
# `restic backup` of two folders, of which one is not there, says 'does not exist, skipping'
# and ends with status 0; dar (-g) says nothing, and ends with 0 also where none of them is
# there. tar ends with 2.
# Guess: a status other than 0, as restic has one (3) for a file that cannot be read.
# Hurts: those whose disk was not mounted, or whose folder has another name since: the
# nightly job is green, until the retention removes the last snapshot that has it.
# Seen: restic 0.14.0-1+b5, dar 2.7.8-2+b9, tar 1.34+dfsg-1.2+deb12u1: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download restic=0.14.0-1+b5
dpkg -x restic_*.deb .
[ "$(dpkg-query -W -f '${Version}' dar 2>/dev/null)" = 2.7.8-2+b9 ] ||
	apt-get -qq install --no-install-recommends dar=2.7.8-2+b9 >/dev/null
export RESTIC_PASSWORD=secret RESTIC_REPOSITORY="$dir/store" HOME="$dir"

mkdir here
echo text >here/f
usr/bin/restic -q init
status() {
	name=$1
	shift
	r=0
	"$@" >>log 2>&1 </dev/null || r=$?
	echo "$name: $r"
}
seen=$(status restic usr/bin/restic backup here gone
	status 'restic, none there' usr/bin/restic backup gone
	status dar /usr/bin/dar -Q -c one -R "$dir" -g here -g gone
	status 'dar, none there' /usr/bin/dar -Q -c none -R "$dir" -g gone
	status tar tar -cf archive here gone)
echo "$seen"
[ "$seen" = 'restic: 0
restic, none there: 1
dar: 0
dar, none there: 0
tar: 2' ] || { echo 'this has changed' >&2; exit 1; }
