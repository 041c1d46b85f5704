#!/bin/bash
# On a FUSE mount without allow_other a process must be its owner by all three user ids,
# the real, the effective and the saved one. So a set-uid program that the owner runs,
# and a server that took the owner's identity by seteuid(2), get EACCES on the owner's
# own mount; even root on root's.
# Guess: the effective user id counts, as for every permission.
# Hurts: file servers that change to the user by seteuid (FTP, NFS, samba), and set-uid
# helpers: they are refused where the user is not.
# Needs: root, fuse3.
# Seen: Linux 6.18, bindfs 1.14.7-1: 0 0 0: f; 65534 0 0, 0 0 65534, 0 65534 0: EACCES.
set -eu
dir=$(mktemp -d)
clean() {
	umount -l "$dir/mnt" 2>/dev/null || :
	wait
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download bindfs=1.14.7-1 \
	libfuse2=2.9.9-6+b1
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH

mkdir source mnt
chmod 755 . source
echo text >source/f
usr/bin/bindfs -f --no-allow-other source mnt &
timeout 10 sh -c 'until mountpoint -q mnt; do sleep 0.1; done'
cat >ids.py <<'END'
import errno, os
for ids in ((0, 0, 0), (65534, 0, 0), (0, 0, 65534), (0, 65534, 0)):
    if os.fork() == 0:
        os.setresuid(*ids)
        try:
            print(*ids, *os.listdir('mnt'), flush=True)
        except OSError as error:
            print(*ids, errno.errorcode[error.errno], flush=True)
        os._exit(0)
    os.wait()
END
echo "Linux $(uname -r)"
seen=$(python3 ids.py)
echo "$seen"
[ "$seen" = '0 0 0 f
65534 0 0 EACCES
0 0 65534 EACCES
0 65534 0 EACCES' ] || { echo 'this has changed' >&2; exit 1; }
