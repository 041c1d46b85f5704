#!/bin/sh
# Pygtail hands out lines as str, but as bytes when they come from a copy that was
# compressed before it was read (logrotate with copytruncate, without delaycompress).
# Guess: one type, whichever file a line is in.
# Hurts: programs that split or search a line as text: they end with a TypeError at the
# first rotation that is compressed in time, and never in a test without one.
# Seen: python3-pygtail 0.6.1-3: [b'A3\n', 'B1\n'].
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	python3-pygtail=0.6.1-3
dpkg -x python3-pygtail_*.deb .

read_on() {
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 -c \
		'from pygtail import Pygtail; print(list(Pygtail("log")))'
}
printf '%s\n' A1 A2 >log
read_on >first
printf '%s\n' A3 >>log
cp log log.1
gzip log.1
: >log
printf '%s\n' B1 >>log
read_on >second
cat first second
[ "$(cat second)" = "[b'A3\\n', 'B1\\n']" ] || { echo 'this has changed' >&2; exit 1; }
