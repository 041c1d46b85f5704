#!/bin/sh
# The npm package parse-prometheus-text-format makes one histogram of all label sets of
# a labelled histogram: the last one's buckets are left, labels, sums and counts vanish.
# Guess: one entry for each set of labels, as for the counters of the same text.
# Hurts: dashboards that read an exporter with it: they show one route's latency as
# everybody's, without an error.
# Seen: parse-prometheus-text-format 1.1.1: two label sets give
# {"buckets":{"1":"5","+Inf":"6"}}.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	parse-prometheus-text-format@1.1.1 >/dev/null

cat >parse.js <<'END'
const parse = require('parse-prometheus-text-format');
const text = `# HELP h text
# TYPE h histogram
h_bucket{route="a",le="1"} 1
h_bucket{route="a",le="+Inf"} 2
h_sum{route="a"} 3
h_count{route="a"} 2
h_bucket{route="b",le="1"} 5
h_bucket{route="b",le="+Inf"} 6
h_sum{route="b"} 7
h_count{route="b"} 6
# TYPE c counter
c{route="a"} 1
c{route="b"} 2
`;
for (const family of parse(text)) console.log(JSON.stringify(family.metrics));
END
seen=$(node parse.js)
echo "$seen"
[ "$seen" = '[{"buckets":{"1":"5","+Inf":"6"}}]
[{"value":"1","labels":{"route":"a"}},{"value":"2","labels":{"route":"b"}}]' ] ||
	{ echo 'this has changed' >&2; exit 1; }
