#!/bin/sh
# The reader of the Python client appends `_total` to the samples of a counter whose
# name does not end so, which the text format allows; written out again, the series has
# another name.
# Guess: the reader gives the names that the text has.
# Hurts: proxies and tests that read metrics with it and look for, or pass on, a name.
# Seen: python3-prometheus-client 0.16.0-0.1: 'reads 5' is read, and written, as
# reads_total.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	python3-prometheus-client=0.16.0-0.1 python3-decorator
for deb in *.deb; do dpkg -x "$deb" .; done

cat >read.py <<'END'
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

families = list(text_string_to_metric_families("# HELP reads text\n# TYPE reads counter\nreads 5\n"))
print(families[0].samples[0].name)


class Proxy:
    def collect(self):
        return families


registry = CollectorRegistry()
registry.register(Proxy())
print(generate_latest(registry).decode(), end="")
END
seen=$(PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 read.py)
echo "$seen"
[ "$seen" = 'reads_total
# HELP reads_total text
# TYPE reads_total counter
reads_total 5.0' ] || { echo 'this has changed' >&2; exit 1; }
