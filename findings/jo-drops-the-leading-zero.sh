#!/bin/sh
# jo takes every value that looks like a number for one, and a leading zero is no hindrance,
# though JSON has no such numbers: account=012345678901 becomes 12345678901, 007 becomes 7,
# 0x10 becomes 16, and 20 digits become a rounded number. -s makes a text of one value.
# Guess: what is no number in JSON stays a text; long ones are texts or whole.
# Hurts: those who build requests and tags with it: one account in ten has an id with a
# leading zero.
# Seen: jo 1.9-1.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download jo=1.9-1
for deb in *.deb; do dpkg -x "$deb" .; done

seen=$(usr/bin/jo account=012345678901 agent=007 mask=0x10 id=12345678901234567890
	usr/bin/jo -- -s account=012345678901)
echo "$seen"
[ "$seen" = '{"account":12345678901,"agent":7,"mask":16,"id":1.234567890123457e+19}
{"account":"012345678901"}' ] || { echo 'this has changed' >&2; exit 1; }
