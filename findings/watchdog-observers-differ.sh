#!/bin/sh
# The two observers of Python's watchdog tell one thing in two ways. A file that is replaced
# by rename is `created` to the one with inotify, and `deleted` and then `created` to the one
# that polls; `modified` to neither, and it was there all the time. Of a directory that is
# moved away inotify's tells the directory alone, the other one all that is in it.
# Guess: the events are the library's; observers differ in how soon they tell.
# Hurts: those who take PollingObserver for network and FUSE file systems, where inotify
# tells nothing: handlers that clear up upon `deleted` lose what is there; and with inotify
# an index keeps the files of a directory that has gone.
# Seen: python3-watchdog 2.2.1-1, Linux 6.18: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download python3-watchdog=2.2.1-1
for deb in *.deb; do dpkg -x "$deb" .; done
export PYTHONPATH="$dir/usr/lib/python3/dist-packages"

cat >watch.py <<'END'
import sys, time
from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

class Handler(FileSystemEventHandler):
    def on_any_event(self, event):
        print(event.event_type, event.src_path, flush=True)

observer = {"inotify": Observer, "polling": PollingObserver}[sys.argv[1]]()
observer.schedule(Handler(), "tree", recursive=True)
observer.start()
print("ready", flush=True)
time.sleep(600)
END
watch() {
	mkdir -p tree/folder other
	echo 1 >tree/file
	echo 1 >tree/folder/inside
	/usr/bin/python3 watch.py "$1" >events & pid=$!
	timeout 20 sh -c 'until grep -q ready events; do sleep 0.1; done'
	sleep 2
	echo 2 >new
	mv new tree/file
	timeout 20 sh -c 'until grep -q "created tree/file" events; do sleep 0.1; done'
	mv tree/folder other/
	timeout 20 sh -c 'until grep -q "deleted tree/folder$" events; do sleep 0.1; done'
	sleep 2
	kill "$pid"
	wait "$pid" 2>/dev/null || :
	pid=
	rm -r tree other
	echo "$1: $(grep -E ' tree/(file|folder)' events | LC_ALL=C sort | xargs)"
}
{ watch inotify; watch polling; } >seen
seen=$(cat seen)
echo "$seen"
[ "$seen" = 'inotify: created tree/file deleted tree/folder
polling: created tree/file deleted tree/file deleted tree/folder deleted tree/folder/inside' ] || { echo 'this has changed' >&2; exit 1; }
