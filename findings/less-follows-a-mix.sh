#!/bin/sh
# less +F on a file that is rewritten in place, with a text that is not shorter, keeps
# the old text on the screen and adds what lies beyond its old end: a mix of both that
# never was in the file. --follow-name does not help.
# Guess: less notices the new time of change and reads the file anew.
# Hurts: those who watch a small status file with less +F.
# Seen: less 590-2.1~deb12u2: 'old1 old2 end' of old1 old2, then new1 new2 end.
set -eu
dir=$(mktemp -d)
trap 'tmux -S "$dir/tmux" kill-server 2>/dev/null || :; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	less=590-2.1~deb12u2
dpkg -x less_*.deb .
command -v tmux >/dev/null || apt-get -qq install tmux

printf 'old1\nold2\n' >status
LESS='' tmux -S tmux new-session -d -x 40 -y 10 "usr/bin/less --follow-name +F status"
screen() { tmux -S tmux capture-pane -p | grep -E '^(old|new|end)' | xargs; }
timeout 20 sh -c 'until tmux -S tmux capture-pane -p | grep -q old2; do sleep 0.1; done'
sleep 2
printf 'new1\nnew2\nend\n' 1<>status
timeout 20 sh -c 'until tmux -S tmux capture-pane -p | grep -q end; do sleep 0.1; done'
seen=$(screen)
echo "$seen"
[ "$seen" = 'old1 old2 end' ] || { echo 'this has changed' >&2; exit 1; }
