#!/bin/sh
# A Summary of prom-client that has observed nothing yet shows every quantile as 0,
# though the format has NaN for a value that is not there.
# Guess: NaN, or no quantile at all.
# Hurts: dashboards and alerts on latency: a service without traffic has the best one.
# Seen: prom-client 15.1.3: s{quantile="0.5"} 0, s_count 0.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts prom-client@15.1.3 >/dev/null

cat >empty.js <<'END'
const { Registry, Summary } = require('prom-client');
const registry = new Registry();
new Summary({ name: 's', help: 'text', percentiles: [0.5], registers: [registry] });
registry.metrics().then((text) => console.log(text.trim()));
END
seen=$(node empty.js)
echo "$seen"
[ "$seen" = '# HELP s text
# TYPE s summary
s{quantile="0.5"} 0
s_sum 0
s_count 0' ] || { echo 'this has changed' >&2; exit 1; }
