#!/bin/sh
# A series that stands twice in a scrape, with two values, and a sample whose timestamp is in
# seconds instead of milliseconds (and so of January 1970): Prometheus takes the first of the
# twins and drops the other sample. `up` is 1, scrape_samples_scraped counts them; only
# the log tells, of the second case alone; promtool check metrics passes both.
# Guess: the scrape fails, or promtool refuses the text.
# Hurts: exporters that are written by hand: a value that stays at that of another device,
# a metric that never appears, and everything green.
# Seen: prometheus 2.42.0+ds-5+deb12u1: see the end.
set -eu
dir=$(mktemp -d)
pids=
clean() {
	for pid in $pids; do
		kill "$pid"
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download prometheus=2.42.0+ds-5+deb12u1
dpkg -x prometheus_*.deb .
export no_proxy=127.0.0.1

cat >server.js <<'END'
require('http').createServer((request, response) => {
	response.setHeader('Content-Type', 'text/plain; version=0.0.4');
	response.end(require('fs').readFileSync('exposed'));
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
cat >ask.js <<'END'
const query = encodeURIComponent('{__name__=~"twin|seconds|good|up|scrape_samples_scraped"}');
fetch(`http://127.0.0.1:${process.argv[2]}/api/v1/query?query=${query}`)
	.then((response) => response.json())
	.then(({ data }) => console.log(data.result.map(({ metric, value }) =>
		`${metric.__name__} ${value[1]}`).sort().join(', ')));
END
printf '%s\n' 'good 1' 'twin 2' 'twin 3' "seconds 4 $(date +%s)" >exposed
usr/bin/promtool check metrics <exposed >lint 2>&1 || :
node server.js 2>port & pids=$!
until [ -s port ]; do sleep 0.1; done
cat >config <<END
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: j, static_configs: [{targets: ['127.0.0.1:$(cat port)']}]}]
END
free=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
usr/bin/prometheus --config.file=config --storage.tsdb.path=data --log.level=warn \
	--web.listen-address="127.0.0.1:$free" >log 2>&1 & pids="$pids $!"
touch answer
timeout 60 sh -c "until grep -q good answer; do sleep 0.5; node ask.js $free >answer; done" \
	2>failure
timeout 60 sh -c 'until grep -q "too old" log; do sleep 0.5; done'
seen=$(cat answer
	echo "errors of promtool: $(grep -c error lint || :)"
	echo "in the log: $(grep -o 'msg=.*' log | sort -u)")
echo "$seen"
[ "$seen" = 'good 1, scrape_samples_scraped 4, twin 2, up 1
errors of promtool: 0
in the log: msg="Error on ingesting samples that are too old or are too far into the future" num_dropped=1' ] || { echo 'this has changed' >&2; exit 1; }
