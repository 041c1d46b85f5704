#!/bin/sh
# Perl's File::Tail looks at the name it was given again only when nothing was read for
# `reset_after` seconds, which is ten times `maxinterval`: by default 600 seconds. Until
# then it watches the renamed file.
# Guess: a new file under the name is found within `maxinterval`.
# Hurts: log watchers built on it : after a rotation, ten minutes of lines arrive up to
# ten minutes late.
# Seen: libfile-tail-perl 1.3-7+deb12u1: with maxinterval 1 the line comes after more
# than 5 seconds, and by default reset_after is 600.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	libfile-tail-perl=1.3-7+deb12u1
dpkg -x libfile-tail-perl_*.deb .
PERL5LIB=$dir/usr/share/perl5
export PERL5LIB

: >log
/usr/bin/perl -MFile::Tail -e \
	'print File::Tail->new(name => "log")->{resetafter}, "\n"' >default
cat >follow.pl <<'END'
use File::Tail; $| = 1;
my $file = File::Tail->new(name => 'log', interval => 1, maxinterval => 1);
while (defined(my $line = $file->read)) { print time, " $line" }
END
/usr/bin/perl follow.pl >out & pid=$!
sleep 1
echo A1 >>log
timeout 20 sh -c 'until grep -q A1 out; do sleep 0.1; done'
mv log log.1
echo B1 >log
written=$(date +%s)
timeout 60 sh -c 'until grep -q B1 out; do sleep 0.2; done'
late=$(($(sed -n 's/ B1$//p' out) - written))
echo "reset_after by default: $(cat default) s; with maxinterval 1: $late s late"
if [ "$(cat default)" != 600 ] || [ "$late" -le 5 ]; then
	echo 'this has changed' >&2
	exit 1
fi
