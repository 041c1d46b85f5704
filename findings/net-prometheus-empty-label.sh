#!/bin/sh
# Perl's Net::Prometheus dies on a label whose value is empty, at the call that sets the
# metric. The text format allows such a label; it means the same as none.
# Guess: the series is shown with x="".
# Hurts: exporters that label with a field that is sometimes empty: they end, or lose
# the whole round of values, at the first such record.
# Seen: libnet-prometheus-perl 0.12-1+b2: 'Value for x may not empty'.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	libnet-prometheus-perl=0.12-1+b2 libref-util-perl \
	libstruct-dumb-perl liburi-perl
for deb in *.deb; do dpkg -x "$deb" .; done
PERL5LIB=$dir/usr/share/perl5:$(echo "$dir"/usr/lib/*/perl5/5.*)
export PERL5LIB

cat >label.pl <<'END'
use strict; use warnings; use Net::Prometheus;
my $client = Net::Prometheus->new(disable_process_collector => 1);
my $gauge = $client->new_gauge(name => 'g', help => 'text', labels => ['x']);
$gauge->set('full', 1);
eval { $gauge->set('', 2); 1 } or print "died: ", $@ =~ s/ at .*//sr, "\n";
print grep { /^g/ } map { "$_\n" } split /\n/, $client->render;
END
seen=$(/usr/bin/perl label.pl)
echo "$seen"
[ "$seen" = 'died: Value for x may not empty
g{x="full"} 1' ] || { echo 'this has changed' >&2; exit 1; }
