#!/bin/sh
# gron, jo, jshon, jp, Miller and grep-dctrl end with status 0, and without a word, where what
# they print cannot be written; jq and gojq tell, and do not.
# Guess: none of them says yes, as no tool of coreutils does.
# Hurts: scripts of the form `gron old | ... | gron -u >new && mv new old`: on a full disk the
# new file is cut short or empty, and takes the old one's place.
# Seen: gron 0.7.1-1+b6, jo 1.9-1, jshon 20131010-3+b1, jp 0.2.1+ds1-1+b5, miller 6.6.0-2+b3,
# dctrl-tools 2.24-3+b1, jq 1.6-2.1+deb12u3, gojq 0.12.11-1: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download gron=0.7.1-1+b6 \
	jo=1.9-1 \
	jshon=20131010-3+b1 \
	libjansson4 \
	jp=0.2.1+ds1-1+b5 \
	miller=6.6.0-2+b3 \
	dctrl-tools=2.24-3+b1 \
	jq=1.6-2.1+deb12u3 \
	libjq1=1.6-2.1+deb12u3 \
	libonig5 \
	gojq=0.12.11-1
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH PATH="$dir/usr/bin:$PATH"

echo '{"a": 1}' >json
echo 'Package: a' >stanza
full() {
	r=0
	"$@" >/dev/full 2>told || r=$?
	echo "$1 $r $([ -s told ] && echo tells || echo silent)"
}
seen=$(full gron json
	full jo a=1
	full jshon -F json
	full jp -f json a
	full mlr --json cat json
	full grep-dctrl -F Package a stanza
	full jq . json
	full gojq . json)
echo "$seen"
[ "$seen" = 'gron 0 silent
jo 0 silent
jshon 0 silent
jp 0 silent
mlr 0 silent
grep-dctrl 0 silent
jq 2 tells
gojq 5 tells' ] || { echo 'this has changed' >&2; exit 1; }
