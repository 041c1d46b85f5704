#!/bin/sh
# yq (the wrapper of jq) reads its input as YAML, of which JSON is said to be a subset. It
# refuses JSON in which a character beyond the BMP is escaped by a pair of surrogates, as
# Python's json.dumps does by default, and a raw U+007F; a raw U+0085 comes out as a blank,
# without a word.
# Guess: each JSON document is read, and its texts are what jq has.
# Hurts: those who use yq for both formats, or convert JSON by it.
# Seen: yq 3.1.0-3 with python3-yaml 6.0-3+b2 and jq 1.6-2.1+deb12u3.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download jq=1.6-2.1+deb12u3 \
	libjq1=1.6-2.1+deb12u3 libonig5 yq=3.1.0-3 python3-yaml=6.0-3+b2 libyaml-0-2 \
	python3-argcomplete python3-xmltodict python3-toml
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH PATH="$dir/usr/bin:$PATH" LC_ALL=C.UTF-8 \
	PYTHONPATH="$dir/usr/lib/python3/dist-packages"

read_by() {
	r=0
	text=$(printf '%b' "$2" | "$1" -c .a 2>&1) || r=$?
	echo "$1: $(echo "$text" | head -n 1 | grep -o 'ScannerError\|ReaderError\|^".*"$'), status $r"
}
dumped=$(/usr/bin/python3 -c 'import json; print(json.dumps({"a": "\U0001f600"}))')
seen=$(
	for program in jq yq; do
		read_by $program "$(echo "$dumped" | sed 's/\\/\\\\/g')"
		read_by $program '{"a":"x\0177y"}'
		read_by $program '{"a":"x\0302\0205y"}' | sed 's/\xc2\x85/<U+0085>/'
	done
)
echo "$dumped"
echo "$seen"
[ "$seen" = 'jq: "😀", status 0
jq: "x\u007fy", status 0
jq: "x<U+0085>y", status 0
yq: ScannerError, status 1
yq: ReaderError, status 1
yq: "x y", status 0' ] || { echo 'this has changed' >&2; exit 1; }
