#!/bin/bash
# `aws configure set` opens ~/.aws/config (or credentials) for writing in place, which
# empties it, and then writes it anew. Where that fails, as on a full disk, all profiles
# are gone; and whoever reads in between sees none.
# Guess: it writes a new file and renames it, or at least leaves the old one on failure.
# Hurts: those who rotate keys by it beside programs that read the file, and those with a
# full disk or quota.
# Seen: awscli 2.9.19-1, with a limit on the size of files in place of a full disk.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' awscli 2>/dev/null)" = 2.9.19-1 ] ||
	apt-get -qq install awscli=2.9.19-1
export HOME="$dir" AWS_CONFIG_FILE="$dir/config"
printf '[default]\nregion = eu-west-1\n[profile other]\nregion = eu-west-3\n' >config
cp config before
inode=$(stat -c %i config)
# An error, and no signal, at the limit.
sh -c 'trap "" XFSZ; ulimit -f 0
	exec /usr/bin/aws configure set region us-east-1' || echo "status $?"
{
	[ "$(stat -c %i config)" = "$inode" ] && echo 'the same file'
	echo "bytes before: $(stat -c %s before), after: $(stat -c %s config)"
} >seen
cat seen
[ "$(cat seen)" = 'the same file
bytes before: 64, after: 0' ] || { echo 'this has changed' >&2; exit 1; }
