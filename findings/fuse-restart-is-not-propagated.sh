#!/bin/bash
# A container has a FUSE mount point bound into it with propagation from the machine
# (rslave, HostToContainer). When the daemon dies and is started anew after an unmount,
# as `umount; mount` or a service that restarts does, the container keeps the dead mount
# for ever. It gets the new one if that is mounted on top of the dead one instead, with no
# unmount before.
# Guess: propagation is there so that what is mounted anew reaches the container; and
# unmounting first is the clean way.
# Hurts: those who share FUSE mounts with containers and pods: 'Transport endpoint is not
# connected' until each of them is restarted. Binding the directory above helps.
# Needs: root, fuse3.
# Seen: Linux 6.18, bindfs 1.14.7-1: see the end.
set -eu
dir=$(mktemp -d)
daemon=
clean() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || :
	for at in new machine/volume machine; do
		umount -l "$dir/$at" 2>/dev/null || :
	done
	wait
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download bindfs=1.14.7-1 libfuse2=2.9.9-6+b1
for deb in *.deb; do dpkg -x "$deb" .; done
LD_LIBRARY_PATH=$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH
mkdir machine source new container
mkfifo go ready

start() { # at a directory
	usr/bin/bindfs -f source "$1" & daemon=$!
	timeout 20 sh -c "until [ -e '$1/f' ]; do sleep 0.1; done"
}
crash() {
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || :
	daemon=
}

# A machine with a volume, and a container that has it: @1 is done to the machine.
try() {
	echo old >source/f
	mount -t tmpfs tmpfs machine
	mount --make-shared machine
	mkdir machine/volume
	start machine/volume
	# shellcheck disable=SC2016
	unshare --mount --propagation slave sh -ec '
		mount --rbind machine/volume container
		mount --make-rslave container
		cat container/f
		echo >ready
		read -r _ <go
		cat container/f 2>/dev/null || echo dead
		cat machine/volume/f' >answers & inside=$!
	read -r _ <ready
	crash
	echo new >source/f
	"$1"
	echo >go
	wait "$inside"
	echo "$1: $(xargs <answers)"
	umount -l new 2>/dev/null || :
	umount -l machine/volume
	umount -l machine
	kill "$daemon" 2>/dev/null || :
	wait
}

unmount_and_mount() {
	umount machine/volume
	start machine/volume
}
mount_on_top() {
	start new
	# The path of a dead mount cannot be made canonical.
	mount --no-canonicalize --bind "$dir/new" "$dir/machine/volume"
}

echo "Linux $(uname -r)"
{ try unmount_and_mount; try mount_on_top; } >seen
echo 'first read, container, directory above:'
cat seen
[ "$(cat seen)" = 'unmount_and_mount: old dead new
mount_on_top: old new new' ] || { echo 'this has changed' >&2; exit 1; }
