#!/bin/sh
# Two files of node_exporter's textfile collector have the same gauge, with other labels
# and another HELP text. The series of the second file are not exported, yet its mtime
# is shown, node_textfile_scrape_error is 0 and the answer is 200.
# Guess: the HELP of one of them is shown, or the collector reports an error.
# Hurts: those who change a HELP text in a new version while an old writer runs beside
# it, and alerts that trust node_textfile_scrape_error.
# Seen: prometheus-node-exporter 1.5.0-1+b6: a{x="1"} is there, a{x="2"} is not.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	prometheus-node-exporter=1.5.0-1+b6
dpkg -x prometheus-node-exporter_*.deb .

mkdir text
printf '# HELP a text\n# TYPE a gauge\na{x="1"} 1\n' >text/1.prom
printf '# HELP a other text\n# TYPE a gauge\na{x="2"} 2\n' >text/2.prom
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
usr/bin/prometheus-node-exporter --web.listen-address="127.0.0.1:$port" \
	--collector.disable-defaults --collector.textfile \
	--collector.textfile.directory=text >log 2>&1 & pid=$!
cat >get.py <<'END'
import sys, time, urllib.request
while True:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/metrics") as answer:
            print(answer.status)
            print(answer.read().decode())
        break
    except OSError:
        time.sleep(0.1)
END
timeout 30 /usr/bin/python3 get.py "$port" >answer
seen=$(grep -E '^(200$|a\{|node_textfile)' answer | sed 's/[0-9.]*e+09/TIME/')
echo "$seen"
[ "$seen" = '200
a{x="1"} 1
node_textfile_mtime_seconds{file="text/1.prom"} TIME
node_textfile_mtime_seconds{file="text/2.prom"} TIME
node_textfile_scrape_error 0' ] || { echo 'this has changed' >&2; exit 1; }
