#!/bin/sh
# `jq -e .ok FILE` ends with status 0 on a file of no bytes or blanks alone. On null and
# false it ends with 1, as it should.
# Guess: 4, by the manual: 'or 4 if no valid result was ever produced'.
# Hurts: health checks of the form `curl ... | jq -e .ok`, which pass while the server
# sends nothing.
# Seen: jq 1.6-2.1+deb12u3: empty 0, blank 0, null 1, false 1, cut short 4.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download jq=1.6-2.1+deb12u3 \
	libjq1=1.6-2.1+deb12u3 libonig5
for deb in *.deb; do dpkg -x "$deb" .; done

status() {
	r=0
	printf %b "$1" | LD_LIBRARY_PATH="$(echo "$dir"/usr/lib/*-linux-gnu*)" \
		usr/bin/jq -e .ok >out 2>&1 || r=$?
	echo "$r"
}
seen="empty $(status ''), blank $(status '\n'), null $(status '{}'), \
false $(status '{"ok":false}'), cut short $(status '{"ok":')"
echo "$seen"
[ "$seen" = 'empty 0, blank 0, null 1, false 1, cut short 4' ] ||
	{ echo 'this has changed' >&2; exit 1; }
