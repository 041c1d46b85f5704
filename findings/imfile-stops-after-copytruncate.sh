#!/bin/bash
# After a log was copied and truncated (logrotate's copytruncate), rsyslog's imfile
# reads nothing of it until it has outgrown its old size, and then goes on at that
# place: the new lines before it are lost. Only reopenOnTruncate="on", which is not the
# default, makes it begin anew.
# Guess: a file that is shorter than what was read is read from its start, as tail does.
# Hurts: those who ship a log that is rotated so: hours of lines are missing each time.
# Seen: rsyslog 8.2302.0-1+deb12u2: of B1 to B9 after the truncation come B7, B8 and B9;
# with the option all.
set -eu
dir=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || :; wait; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download rsyslog=8.2302.0-1+deb12u2 \
	libestr0 libfastjson4 liblognorm5 libsystemd0 libuuid1 zlib1g
for deb in *.deb; do dpkg -x "$deb" .; done
lib=$(echo "$dir"/usr/lib/*-linux-gnu)

ship() {
	mkdir "$1"
	cat >"$1.conf" <<-END
		global(workDirectory="$dir/$1")
		module(load="imfile")
		input(type="imfile" file="$dir/log" tag="t" $2)
		template(name="line" type="string" string="%msg%\n")
		action(type="omfile" file="$dir/$1.out" template="line")
	END
	LD_LIBRARY_PATH=$lib usr/sbin/rsyslogd -n -f "$1.conf" -i "$dir/$1.pid" \
		-M "$lib/rsyslog" & pids+=($!)
}
wait_for() { timeout 30 sh -c "until grep -qs $1 $2; do sleep 0.1; done"; }
printf '%s\n' A1 A2 A3 A4 A5 A6 >log
ship default ''
ship reopen 'reopenOnTruncate="on"'
wait_for A6 default.out && wait_for A6 reopen.out
cp log log.1
: >log
sleep 1
for i in {1..9}; do
	echo "B$i" >>log
	sleep 0.2
done
wait_for B9 default.out && wait_for B9 reopen.out
for name in default reopen; do
	echo "$name: $(grep B $name.out | xargs)"
done >seen
cat seen
[ "$(cat seen)" = 'default: B7 B8 B9
reopen: B1 B2 B3 B4 B5 B6 B7 B8 B9' ] || { echo 'this has changed' >&2; exit 1; }
