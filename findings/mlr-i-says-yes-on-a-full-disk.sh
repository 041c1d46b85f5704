#!/bin/bash
# On a full disk `mlr -I` leaves an empty file in the place of the one that it was to edit,
# prints nothing, and ends with status 0. `xmlstarlet ed -L` leaves the first pages, prints an
# error, and ends with 0 too; `yq -yi` (the wrapper of jq) leaves the first pages and ends
# with 1. sed -i and perl -i leave the old file and say so.
# Guess: in-place editing writes a new file, and takes it only if it is whole.
# Hurts: those who edit data or settings in place by a script: the file is gone, and the next
# step goes on with an empty one.
# Needs: root.
# Seen: miller 6.6.0-2+b3, xmlstarlet 1.6.1-3, yq 3.1.0-3 with python3-yaml 6.0-3+b2 and jq
# 1.6-2.1+deb12u3, sed 4.9-1, Linux 6.18: see the end.
set -eu
dir=$(mktemp -d)
clean() {
	umount -l "$dir/disk" 2>/dev/null || :
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download miller=6.6.0-2+b3 \
	xmlstarlet=1.6.1-3 \
	libxml2 \
	libxslt1.1 \
	libicu72 \
	liblzma5 \
	libgcrypt20 \
	libgpg-error0 \
	libstdc++6 \
	libgcc-s1 \
	yq=3.1.0-3 \
	python3-yaml=6.0-3+b2 \
	libyaml-0-2=0.2.5-1 \
	python3-argcomplete \
	python3-toml \
	python3-tomlkit \
	python3-xmltodict \
	jq=1.6-2.1+deb12u3 \
	libjq1=1.6-2.1+deb12u3 \
	libonig5
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu):$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH PYTHONPATH="$dir/usr/lib/python3/dist-packages"
export PATH="$dir/usr/bin:$PATH"

mkdir disk
mount -t tmpfs -o size=64k tmpfs disk
# edit NAME COMMAND...: edits a file of 20 kB by the command, with no room beside it
edit() {
	rm -f disk/*
	cp document disk/file
	dd if=/dev/zero of=disk/rest bs=4k 2>/dev/null || :
	name=$1
	shift
	r=0
	"$@" disk/file >out 2>&1 || r=$?
	if cmp -s document disk/file; then
		left='the old one'
	elif [ -s disk/file ]; then
		left='a part'
	else
		left=nothing
	fi
	echo "$name: status $r, left: $left"
}
numbers=$(seq 1 4000 | xargs)
seen=$(echo "$numbers" >document
	edit 'mlr -I' mlr -I --inidx --ojson cat
	edit 'sed -i' sed -i 's/1/2/g'
	echo "<a>$numbers</a>" >document
	edit 'xmlstarlet -L' xmlstarlet ed -L -u /a -v "$numbers $numbers"
	echo "a: $numbers" >document
	edit 'yq -yi' /usr/bin/python3 "$dir/usr/bin/yq" -yi '.b = .a')
echo "$seen"
[ "$seen" = 'mlr -I: status 0, left: nothing
sed -i: status 4, left: the old one
xmlstarlet -L: status 0, left: a part
yq -yi: status 1, left: a part' ] || { echo 'this has changed' >&2; exit 1; }
