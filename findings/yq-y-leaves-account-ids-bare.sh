#!/bin/sh
# yq -y (the wrapper of jq) puts quotes around a text only where YAML 1.1 would take it for
# something else. An account id as "012345678908", which has an 8 or 9 in it and so is no
# octal number, it writes bare, and so "1e5" and "0o17". Readers of YAML 1.2 (js-yaml, Go's,
# as in gojq) take all three for numbers. A text that looks like a number to both has quotes.
# Guess: what is a text in JSON is one for whoever reads the YAML.
# Hurts: those who turn JSON into files for Kubernetes, Helm or CI by it: a few account ids
# and short commit ids are numbers, and the leading zero is gone; most are not.
# Seen: yq 3.1.0-3 with python3-yaml 6.0-3+b2; js-yaml 4.1.0, gojq 0.12.11-1.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download yq=3.1.0-3 \
	python3-yaml=6.0-3+b2 \
	libyaml-0-2=0.2.5-1 \
	python3-argcomplete \
	python3-toml \
	python3-tomlkit \
	python3-xmltodict \
	jq=1.6-2.1+deb12u3 \
	libjq1=1.6-2.1+deb12u3 \
	libonig5 \
	gojq=0.12.11-1
for deb in *.deb; do dpkg -x "$deb" .; done
npm install --silent --no-audit --no-fund --ignore-scripts \
	js-yaml@4.1.0 >/dev/null
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH PYTHONPATH=usr/lib/python3/dist-packages PATH="$dir/usr/bin:$PATH"

echo '["012345678908", "012345670123", "1e5", "0o17"]' >json
/usr/bin/python3 usr/bin/yq -y . json >yaml
cat >read.js <<'END'
console.log(JSON.stringify(require('js-yaml').load(require('fs').readFileSync('yaml', 'utf8'))));
END
seen=$(cat yaml
	node read.js
	gojq -c --yaml-input . yaml)
echo "$seen"
[ "$seen" = '- 012345678908
- '\''012345670123'\''
- 1e5
- 0o17
[12345678908,"012345670123",100000,15]
[12345678908,"012345670123",100000,15]' ] || { echo 'this has changed' >&2; exit 1; }
