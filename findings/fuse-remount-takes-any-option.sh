#!/bin/sh
# A remount of a FUSE file system takes options that it cannot change, and some that
# would matter (allow_other, user_id=, max_read=), with status 0, and changes nothing.
# Guess: the kernel refuses them, as it does most options of most file systems; or
# allow_other takes effect.
# Hurts: administrators who add allow_other so: mount says yes, the users still get
# EACCES.
# Needs: root, fuse3.
# Seen: Linux 6.18, mount of util-linux 2.38.1, bindfs 1.14.7-1: status 0, same options.
set -eu
dir=$(mktemp -d)
trap 'umount -l "$dir/mnt" 2>/dev/null || :; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download bindfs=1.14.7-1 \
	libfuse2=2.9.9-6+b1
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH

mkdir source mnt
usr/bin/bindfs --no-allow-other source mnt
options() { grep " $dir/mnt " /proc/self/mounts | cut -d ' ' -f 4; }
before=$(options)
r=0
mount -i -o remount,allow_other,user_id=1234,max_read=4096 mnt || r=$?
echo "Linux $(uname -r): status $r; before: $before; after: $(options)"
if [ "$r" -ne 0 ] || [ "$(options)" != "$before" ]; then
	echo 'this has changed' >&2
	exit 1
fi
