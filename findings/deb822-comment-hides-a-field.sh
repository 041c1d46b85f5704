#!/bin/sh
# use_apt_pkg of python3-debian's Deb822.iter_paragraphs, which is there to be quicker (and is
# the default of Packages and Sources), changes what is read. A comment hides the field below
# it, and one that stands alone the whole next stanza; a line of a blank between two stanzas
# makes one of them, in which later fields replace those before.
# Guess: the same stanzas, sooner.
# Hurts: those who switch it on for large files, or read a hand-written list as Packages:
# fields and entries are missing, without an error.
# Seen: python3-debian 0.1.49, python3-apt 2.6.0: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' python3-apt 2>/dev/null)" = 2.6.0 ] ||
	apt-get -qq install --no-install-recommends python3-apt=2.6.0 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download python3-debian=0.1.49 \
	python3-chardet
for deb in *.deb; do dpkg -x "$deb" .; done

cat >read.py <<'END'
from debian.deb822 import Deb822
for use in (False, True):
    for name in ("field", "stanza", "blank"):
        with open(name) as file:
            found = Deb822.iter_paragraphs(file, use_apt_pkg=use)
            print("use_apt_pkg" if use else "alone", f"{name}:",
                  *({key: one[key].strip() for key in one} for one in found))
END
printf '%s\n' 'A: 1' '# a note' 'B: 2' >field
printf '%s\n' 'A: 1' '' '# a note' '' 'A: 2' >stanza
printf '%s\n' 'A: 1' 'B: 1' ' ' 'A: 2' >blank
seen=$(PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 -W ignore read.py | tr -d "'")
echo "$seen"
[ "$seen" = 'alone field: {A: 1, B: 2}
alone stanza: {A: 1} {A: 2}
alone blank: {A: 1, B: 1} {A: 2}
use_apt_pkg field: {A: 1}
use_apt_pkg stanza: {A: 1}
use_apt_pkg blank: {A: 2, B: 1}' ] || { echo 'this has changed' >&2; exit 1; }
