#!/bin/sh
# JMESPath's < and > are for numbers alone. Python (so `aws --query`) and the older library
# of npm compare texts as well, so that [?t > '2026-11'] finds by date; jp, which is in Go
# as are most tools that took JMESPath over, and the newer library of npm make null of each
# such comparison, and so find nothing, without an error.
# Guess: one expression, one answer; or an error.
# Hurts: those who carry a query over from the CLI: an empty list reads like 'none since'.
# Seen: python3-jmespath 1.0.1-1, jmespath 0.16.0; jp 0.2.1+ds1-1+b5,
# @jmespath-community/jmespath 1.3.0.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	jmespath@0.16.0 \
	@jmespath-community/jmespath@1.3.0 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download python3-jmespath=1.0.1-1 \
	jp=0.2.1+ds1-1+b5
for deb in *.deb; do dpkg -x "$deb" .; done

query="[?t > '2026-11'].t"
echo '[{"t": "2025-12-31"}, {"t": "2026-11-29"}]' >list
cat >ask.js <<'END'
const [, , name, query] = process.argv;
console.log(JSON.stringify(require(name).search(require('./list.json'), query)));
END
cp list list.json
cat >ask.py <<'END'
import jmespath, json, sys
with open("list") as file:
    print(json.dumps(jmespath.search(sys.argv[1], json.load(file))))
END
seen=$(printf 'Python '
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 ask.py "$query"
	for name in jmespath @jmespath-community/jmespath; do
		printf '%s ' "$name"
		node ask.js "$name" "$query"
	done
	printf 'jp '
	usr/bin/jp "$query" <list)
echo "$seen"
[ "$seen" = 'Python ["2026-11-29"]
jmespath ["2026-11-29"]
@jmespath-community/jmespath []
jp []' ] || { echo 'this has changed' >&2; exit 1; }
