#!/bin/sh
# prom-client adds up what the workers of a cluster report, quantiles as well: two workers
# with a median of 1 s and of 3 s have one of 4 s. A gauge of a point in time, as 'last
# success', is the sum of two times and so in the year 2083, unless it was made with an
# aggregator of its own.
# Guess: quantiles are left out or averaged, since there is no right way to add them.
# Hurts: those who start a second worker: latencies double, and an alert on the age of the
# last success can never fire.
# Seen: prom-client 15.1.3: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	prom-client@15.1.3 >/dev/null

cat >sum.js <<'END'
const prom = require('prom-client');
async function worker(seconds) {
	const registers = [new prom.Registry()];
	new prom.Summary({ name: 'latency', help: 'h', percentiles: [0.5], registers })
		.observe(seconds);
	new prom.Gauge({ name: 'last_success', help: 'h', registers }).set(1795900000);
	return registers[0].getMetricsAsJSON();
}
(async () => {
	const all = prom.AggregatorRegistry.aggregate([await worker(1), await worker(3)]);
	console.log((await all.metrics()).split('\n').filter((line) => /^[a-z]/.test(line)).join('\n'));
})();
END
seen=$(node sum.js)
echo "$seen"
[ "$seen" = 'latency{quantile="0.5"} 4
latency_sum 4
latency_count 2
last_success 3591800000' ] || { echo 'this has changed' >&2; exit 1; }
