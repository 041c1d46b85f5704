#!/bin/sh
# After a directory of a tree that pyinotify watches was renamed within the tree (rec and
# auto_add are set), what happens in it is told under its old name. The events of the
# rename itself, with both names, came before.
# Guess: the paths follow, since the library sees both halves of the rename.
# Hurts: those who act on the path of an event: it is not there, or is another directory
# that took the old name (a folder of logs that is renamed and made anew).
# Seen: python3-pyinotify 0.9.6-2, Linux 6.18: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download python3-pyinotify=0.9.6-2
for deb in *.deb; do dpkg -x "$deb" .; done
export PYTHONPATH="$dir/usr/lib/python3/dist-packages"

cat >watch.py <<'END'
import pyinotify
manager = pyinotify.WatchManager()
notifier = pyinotify.Notifier(
    manager, lambda event: print(event.maskname, event.pathname, flush=True))
manager.add_watch("tree", pyinotify.IN_MODIFY | pyinotify.IN_MOVED_FROM |
                  pyinotify.IN_MOVED_TO, rec=True, auto_add=True)
print("ready", flush=True)
notifier.loop()
END
mkdir -p tree/now
echo 1 >tree/now/f
/usr/bin/python3 -W ignore watch.py >events & pid=$!
wait_for() { timeout 10 sh -c "until grep -q $1 events; do sleep 0.1; done"; }
wait_for ready
mv tree/now tree/then
wait_for IN_MOVED_TO
echo 2 >>tree/then/f
wait_for IN_MODIFY
seen=$(sed "s#$dir/##" events)
echo "$seen"
[ "$seen" = 'ready
IN_MOVED_FROM|IN_ISDIR tree/now
IN_MOVED_TO|IN_ISDIR tree/then
IN_MODIFY tree/now/f' ] || { echo 'this has changed' >&2; exit 1; }
