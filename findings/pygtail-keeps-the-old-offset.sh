#!/bin/sh
# Where Pygtail does not find the renamed file (compressed already, or moved to another
# folder), it knows by the inode that the log is a new one, and still begins to read it
# at the old file's offset: the head of the new log is passed over, without a warning.
# Guess: what was in the renamed file is lost, and the new file is read from its start.
# Hurts: jobs that look for errors since the last run, beside logrotate without
# delaycompress or with olddir.
# Seen: python3-pygtail 0.6.1-3: of B1 B2 B3 in the new file comes B3 alone.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	python3-pygtail=0.6.1-3
dpkg -x python3-pygtail_*.deb .

read_on() {
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 -c \
		'from pygtail import Pygtail; print([line.strip() for line in Pygtail("log")])'
}
printf '%s\n' A1 A2 >log
read_on >first
mkdir old
mv log old/log
printf '%s\n' B1 B2 B3 >log
read_on >second
cat first second
[ "$(cat second)" = "['B3']" ] || { echo 'this has changed' >&2; exit 1; }
