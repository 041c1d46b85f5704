#!/bin/sh
# A summary that is pushed with quantiles alone comes back with a `_sum` and a `_count`
# of 0, which nobody sent. (node_exporter's textfile collector does the same.)
# Guess: the Pushgateway shows what was pushed.
# Hurts: those who compute a rate or a mean from `_sum` and `_count`: no sample and no
# knowledge of the number of samples look alike.
# Seen: prometheus-pushgateway 1.5.1-2+b5: s{quantile="0.5"} brings s_sum 0, s_count 0.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	prometheus-pushgateway=1.5.1-2+b5
dpkg -x prometheus-pushgateway_*.deb .

port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
usr/bin/prometheus-pushgateway --web.listen-address="127.0.0.1:$port" >log 2>&1 & pid=$!
cat >push.py <<'END'
import sys, time, urllib.request
base = f"http://127.0.0.1:{sys.argv[1]}/metrics"
text = b'# TYPE s summary\ns{quantile="0.5"} 7\n'
while True:
    try:
        urllib.request.urlopen(urllib.request.Request(base + "/job/j", text, method="PUT"))
        break
    except OSError:
        time.sleep(0.1)
with urllib.request.urlopen(base) as answer:
    lines = answer.read().decode().splitlines()
print("\n".join(l for l in lines if l.startswith(("s{", "s_"))))
END
seen=$(timeout 30 /usr/bin/python3 push.py "$port")
echo "$seen"
[ "$seen" = 's{instance="",job="j",quantile="0.5"} 7
s_sum{instance="",job="j"} 0
s_count{instance="",job="j"} 0' ] || { echo 'this has changed' >&2; exit 1; }
