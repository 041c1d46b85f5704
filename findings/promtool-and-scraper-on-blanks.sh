#!/bin/sh
# promtool and the scraper of one and the same Prometheus release disagree about blanks,
# in both directions. The text format says that leading and trailing blanks are ignored.
# A blank behind a value is taken by the scraper and refused by `promtool check metrics`
# (and, with the same message, by node_exporter 1.5 and Pushgateway 1.5); a blank before
# a name is taken by promtool and costs the scrape.
# Guess: what promtool accepts can be scraped, and what it refuses cannot.
# Hurts: exporters that are tested with promtool alone, and textfile writers (a single
# blank drops the whole file).
# Seen: prometheus 2.42.0+ds-5+deb12u1: promtool refuses 'a 1 ' and takes ' a 1', the
# scraper is up for 'a 1 ' and down for ' a 1'.
set -eu
dir=$(mktemp -d)
pids=
# shellcheck disable=SC2086
trap 'kill $pids 2>/dev/null || :; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	prometheus=2.42.0+ds-5+deb12u1
dpkg -x prometheus_*.deb .

mkdir behind before
printf '# HELP a text\n# TYPE a gauge\na 1 \n' >behind/metrics
printf '# HELP a text\n# TYPE a gauge\n a 1\n' >before/metrics
cat >server.py <<'END'
import http.server
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(server.server_port, flush=True)
server.serve_forever()
END
/usr/bin/python3 server.py >port 2>/dev/null & pids=$!
while ! [ -s port ]; do sleep 0.1; done
target=127.0.0.1:$(cat port)
free=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >prometheus.yml <<END
global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: behind, metrics_path: /behind/metrics, static_configs: [{targets: ['$target']}]}
  - {job_name: before, metrics_path: /before/metrics, static_configs: [{targets: ['$target']}]}
END
usr/bin/prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
	--web.listen-address="127.0.0.1:$free" >log 2>&1 & pids="$pids $!"

cat >health.py <<'END'
import json, sys, time, urllib.request
while True:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/api/v1/targets") as answer:
            targets = json.load(answer)["data"]["activeTargets"]
        health = {t["labels"]["job"]: t["health"] for t in targets}
        if len(health) == 2 and "unknown" not in health.values():
            break
    except OSError:
        pass
    time.sleep(0.2)
print("scraper: behind", health["behind"] + ", before", health["before"])
END
seen=$(
	usr/bin/promtool check metrics <behind/metrics 2>&1 || echo "promtool: status $?"
	usr/bin/promtool check metrics <before/metrics 2>&1 && echo "promtool: status 0"
	timeout 60 /usr/bin/python3 health.py "$free"
)
echo "$seen"
[ "$seen" = 'error while linting: text format parsing error in line 3: expected integer as timestamp, got ""
promtool: status 1
promtool: status 0
scraper: behind up, before down' ] || { echo 'this has changed' >&2; exit 1; }
