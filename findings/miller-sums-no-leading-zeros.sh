#!/bin/sh
# A whole number with a leading zero is a text to Miller (unless -O is given). A sum leaves it
# out without a word, max prefers it to all numbers, an addition gives (error), and sort -nf
# puts it last. 08.5 and 0xff are numbers, and the status is 0.
# Guess: 007 is 7, or octal; and what cannot be added is an error.
# Hurts: those who reckon with padded fields: months, hours, counters of fixed width.
# Seen: miller 6.6.0-2+b3: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download miller=6.6.0-2+b3
for deb in *.deb; do dpkg -x "$deb" .; done

mlr() { usr/bin/mlr --icsv --ojson --jvstack "$@" | tr -d '\n '; echo; }
printf '%s\n' n 007 10 9 >list
seen=$(mlr stats1 -a sum,max -f n list
	# shellcheck disable=SC2016
	mlr put '$more = $n + 1' list
	mlr sort -nf n list
	mlr -O stats1 -a sum,max -f n list)
echo "$seen"
[ "$seen" = '[{"n_sum":19,"n_max":"007"}]
[{"n":"007","more":(error)},{"n":10,"more":11},{"n":9,"more":10}]
[{"n":9},{"n":10},{"n":"007"}]
[{"n_sum":26,"n_max":10}]' ] || { echo 'this has changed' >&2; exit 1; }
