#!/bin/sh
# Where compression fails (a full disk, a compressor that is not there), logrotate leaves the
# rotated log as log.1, not compressed, and looks at the next run for log.1.gz alone: log is
# renamed over log.1. Whatever `rotate` says, one old log is kept, and the others are lost.
# Guess: what could not be compressed is kept as it is and rotated on, or compressed later.
# Hurts: those whose disk was full for a few days: of the days that they want to look at the
# last one alone is there. (status 1, and an error, each time)
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

printf '#!/bin/sh\nexit 1\n' >fails
chmod +x fails
# rotate COMPRESSOR: what is there after three days
rotate() {
	rm -f log*
	cat >config <<-END
	$dir/log {
		rotate 3
		size 1
		compress
		compresscmd $1
	}
	END
	chmod 600 config
	for day in 1 2 3; do
		echo "day$day" >log
		r=0
		usr/sbin/logrotate -s state config 2>>errors || r=$?
	done
	echo "$(basename "$1"): $r, $(zgrep -H . log.* | xargs)"
}
seen=$(rotate /bin/gzip
	rotate "$dir/fails")
echo "$seen"
[ "$seen" = 'gzip: 0, log.1.gz:day3 log.2.gz:day2 log.3.gz:day1
fails: 1, log.1:day3' ] || { echo 'this has changed' >&2; exit 1; }
