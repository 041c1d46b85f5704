#!/bin/sh
# node_exporter's textfile collector shows node_textfile_mtime_seconds only of files that
# it could read and parse in that very scrape. Of a file that was removed, or that is
# broken, the series is gone, so that an alert on its age never fires. For a removed file
# node_textfile_scrape_error is 0; for a broken one it is 1, without its name.
# Guess: the mtime of a broken file is shown, since the file is there and was looked at;
# time() - node_textfile_mtime_seconds > 3600 fires for each writer that has stopped.
# Hurts: who trusts that alert: it tells of writers that are late, not of those that are
# gone or write half a file.
# Seen: prometheus-node-exporter 1.5.0-1+b6.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	prometheus-node-exporter=1.5.0-1+b6
dpkg -x prometheus-node-exporter_*.deb .

mkdir text
for name in good removed broken; do printf '%s 1\n' "$name" >text/$name.prom; done
usr/bin/prometheus-node-exporter --web.listen-address=127.0.0.1:0 \
	--collector.disable-defaults --collector.textfile \
	--collector.textfile.directory=text >log 2>&1 & pid=$!
while ! grep -q 'Listening on' log; do sleep 0.1; done
address=$(sed -n 's/.*Listening on.*address=//p' log)
scrape() {
	/usr/bin/python3 -c 'import sys, urllib.request
print(urllib.request.urlopen(f"http://{sys.argv[1]}/metrics").read().decode())' "$address" |
		grep '^node_textfile' | sed 's/[0-9.]*e+09/TIME/'
}
seen=$(
	scrape
	rm text/removed.prom
	echo 'removed:'
	scrape
	echo 'broken {' >text/broken.prom
	echo 'broken:'
	scrape
)
echo "$seen"
[ "$seen" = 'node_textfile_mtime_seconds{file="text/broken.prom"} TIME
node_textfile_mtime_seconds{file="text/good.prom"} TIME
node_textfile_mtime_seconds{file="text/removed.prom"} TIME
node_textfile_scrape_error 0
removed:
node_textfile_mtime_seconds{file="text/broken.prom"} TIME
node_textfile_mtime_seconds{file="text/good.prom"} TIME
node_textfile_scrape_error 0
broken:
node_textfile_mtime_seconds{file="text/good.prom"} TIME
node_textfile_scrape_error 1' ] || { echo 'this has changed' >&2; exit 1; }
