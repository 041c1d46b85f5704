#!/bin/sh
# A counter of prom-client refuses a text and a negative number, and takes NaN: from then on
# it is NaN, whatever is added, until the process ends. It is written as `Nan`.
# Guess: what is no number is refused, as the text is.
# Hurts: those who count bytes by a header (Number(undefined) is NaN): one answer without it,
# and rate() of the counter is NaN for as long as the service runs.
# Seen: prom-client 15.1.3: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	prom-client@15.1.3 >/dev/null

cat >count.js <<'END'
const prom = require('prom-client');
const counter = new prom.Counter({ name: 'bytes_total', help: 'h' });
const add = (value) => {
	try {
		counter.inc(value);
	} catch (error) {
		console.log(error.message);
	}
};
[1, '5', -1, NaN, 7].forEach(add);
prom.register.metrics().then((text) => console.log(text.trim().split('\n').pop()));
END
seen=$(node count.js)
echo "$seen"
[ "$seen" = 'Value is not a valid number: 5
It is not possible to decrease a counter
bytes_total Nan' ] || { echo 'this has changed' >&2; exit 1; }
