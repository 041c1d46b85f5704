#!/bin/bash
# On sshfs, setting the time of a symbolic link sets that of the file it points to, with
# status 0, and the link's own stays as it is: SFTP has no other way, and sshfs does not
# refuse. touch -h, cp -a and tar set times of links; where a link comes after its target,
# the target's time, which they had just set, is gone.
# Guess: it sets the link's time or says that it cannot (EOPNOTSUPP).
# Hurts: those who copy a tree to sshfs by cp -a: the next comparison by time takes files
# for changed, or old ones for new.
# Needs: root, fuse3.
# Seen: Linux 6.18, sshfs 3.7.3-1.2~deb12u1, openssh-sftp-server 1:9.2p1-2+deb12u10.
set -eu
dir=$(mktemp -d)
clean() {
	umount -l "$dir/mnt" 2>/dev/null || :
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download sshfs=3.7.3-1.2~deb12u1 \
	openssh-sftp-server=1:9.2p1-2+deb12u10 \
	libfuse3-3 \
	libglib2.0-0
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu):$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH
# In place of ssh: the server of the other end, on this machine.
printf '#!/bin/sh\nexec "%s"\n' "$dir/usr/lib/openssh/sftp-server" >ssh
chmod +x ssh

mkdir source store mnt
usr/bin/sshfs -o ssh_command="$dir/ssh" "host:$dir/store" mnt
echo text >source/file
ln -s file source/link
touch -d 2020-01-01 source/file
touch -h -d 2021-01-01 source/link
year() { echo "$1: file $(date -r store/file +%Y)"; }
seen=$(cp -a source/file source/link mnt/
	year 'cp -a'
	touch -h -d 2022-01-01 mnt/link
	year 'touch -h'
	rm mnt/file mnt/link
	tar -C source -cf - file link | tar -C mnt -xf -
	year tar
	stat -c %.4y store/link | grep -E '^202[012]' || echo 'link: no such time')
echo "$seen"
[ "$seen" = 'cp -a: file 2021
touch -h: file 2022
tar: file 2021
link: no such time' ] || { echo 'this has changed' >&2; exit 1; }
