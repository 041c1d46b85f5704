#!/bin/sh
# A text that was cut within a character beyond the BMP ends with half of a surrogate
# pair, and JavaScript's JSON.stringify writes that as \ud83d, which is valid JSON. jq 1.6
# ends with a parse error there: this document and all that come after it are lost. A
# second half alone, or bytes that are not UTF-8, it shows as U+FFFD.
# Guess: U+FFFD in each case, as gojq has it, and the rest is read.
# Hurts: those who pipe logs of JavaScript programs, or answers of services that cut
# messages, through jq: one cut emoji ends the stream.
# Seen: jq 1.6-2.1+deb12u3, gojq 0.12.11-1.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download jq=1.6-2.1+deb12u3 \
	libjq1=1.6-2.1+deb12u3 libonig5 gojq=0.12.11-1
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH

# read_by PROGRAM TEXT: what it makes of a document, and of another one after it
read_by() {
	r=0
	text=$(printf '{"a":"%b"}\n{"a":"next"}\n' "$2" | "usr/bin/$1" -r .a 2>&1) || r=$?
	echo "$1: $(echo "$text" | tr '\n' '|') status $r"
}
seen=$(
	for program in jq gojq; do
		read_by $program 'cut \\ud83d'
		read_by $program 'cut \\ude00'
		read_by $program 'cut \377'
	done
)
echo "$seen"
[ "$seen" = 'jq: parse error: Invalid \uXXXX\uXXXX surrogate pair escape at line 1, column 17| status 4
jq: cut �|next| status 0
jq: cut �|next| status 0
gojq: cut �|next| status 0
gojq: cut �|next| status 0
gojq: cut �|next| status 0' ] || { echo 'this has changed' >&2; exit 1; }
