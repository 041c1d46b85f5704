#!/bin/sh
# jq's `fromdate` of a time in UTC is an hour off where TZ has summer time and the date is
# in summer; in winter and with TZ=UTC it is right.
# Guess: "2026-07-01T00:00:00Z" is one instant, whatever TZ.
# Hurts: those who reckon the age of something from its time, on machines with local time.
# Seen: jq 1.6-2.1+deb12u3: off by 3600 in July in Berlin, else by 0.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download jq=1.6-2.1+deb12u3 \
	libjq1=1.6-2.1+deb12u3 libonig5
for deb in *.deb; do dpkg -x "$deb" .; done
[ -e /usr/share/zoneinfo/Europe/Berlin ] || apt-get -qq install tzdata

off_by() {
	told=$(TZ=$1 LD_LIBRARY_PATH="$(echo "$dir"/usr/lib/*-linux-gnu*)" \
		usr/bin/jq -n "\"$2\"|fromdate")
	echo $((told - $(date -u -d "$2" +%s)))
}
seen=$(for zone in UTC Europe/Berlin America/New_York; do
	echo "$zone: $(off_by "$zone" 2026-01-01T00:00:00Z)" \
		"$(off_by "$zone" 2026-07-01T00:00:00Z)"
done)
echo "$seen"
[ "$seen" = 'UTC: 0 0
Europe/Berlin: 0 3600
America/New_York: 0 3600' ] || { echo 'this has changed' >&2; exit 1; }
