#!/bin/sh
# Where a prerotate script fails, logrotate leaves the log as it is, as its manual says, but
# has moved the old logs on by then: each run renames log.1 to log.2 and so on, and nothing
# comes after. After as many runs as `rotate` says, one of the old logs is left.
# Guess: a rotation that is called off changes nothing.
# Hurts: those whose script tests whether it is a good time (and fails where it is not), or
# calls a service that is down: a few days later the old logs are gone.
# Seen: logrotate 3.21.0-1: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download logrotate=3.21.0-1 \
	libpopt0 \
	libacl1 \
	libselinux1 \
	libpcre2-8-0
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu):$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH

echo now >log
for number in 1 2 3; do echo "old$number" >log.$number; done
cat >config <<END
$dir/log {
	rotate 3
	size 1
	prerotate
		exit 1
	endscript
}
END
chmod 600 config
seen=$(for run in 1 2 3; do
	r=0
	usr/sbin/logrotate -s state config 2>>errors || r=$?
	echo "run $run: $r, $(grep -H . log log.[0-9]* | xargs)"
done)
echo "$seen"
[ "$seen" = 'run 1: 1, log:now log.2:old1 log.3:old2 log.4:old3
run 2: 1, log:now log.3:old1 log.4:old2
run 3: 1, log:now log.4:old1' ] || { echo 'this has changed' >&2; exit 1; }
