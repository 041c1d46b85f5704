#!/bin/sh
# A directory that is moved into a watched tree, with what is in it: fswatch -r, Python's
# inotify (InotifyTree) and the npm package @parcel/watcher tell of the directory, and of
# nothing that happens in it afterwards. A directory that is made there step by step they
# do watch; inotifywait -r, watchdog and chokidar watch both.
# Guess: recursive is recursive, however a directory came.
# Hurts: those who fill a folder elsewhere and rename it into place, which is the careful
# way, and tools that sync, build or index by these libraries: until a restart.
# Seen: fswatch 1.14.0+repack-13.1+b1, python3-inotify 0.2.10-4, @parcel/watcher 2.6.0 with
# inotify, Linux 6.18; inotify-tools 3.22.6.0-4 for comparison: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@parcel/watcher@2.6.0 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download fswatch=1.14.0+repack-13.1+b1 \
	python3-inotify=0.2.10-4 \
	inotify-tools=3.22.6.0-4 \
	libinotifytools0=3.22.6.0-4 \
	libstdc++6 \
	libgcc-s1
for deb in *.deb; do dpkg -x "$deb" .; done
libraries=$(echo "$dir"/usr/lib/*-linux-gnu)
LD_LIBRARY_PATH=$libraries:$libraries/libfswatch:$(echo "$dir"/lib/*-linux-gnu)
export LD_LIBRARY_PATH PYTHONPATH="$dir/usr/lib/python3/dist-packages"

cat >watch.py <<'END'
import inotify.adapters
for event in inotify.adapters.InotifyTree("tree").event_gen(yield_nones=False):
    print(event[2] + "/" + event[3], event[1], flush=True)
END
cat >watch.js <<'END'
require('@parcel/watcher').subscribe('tree', (error, events) => {
	for (const { path, type } of events)
		console.log(path, type);
}, { backend: 'inotify' });
END
told() { timeout "$1" sh -c "until grep -q $2 events; do sleep 0.2; done" && echo yes || echo no; }
# watch NAME COMMAND...: of which files it tells
watch() {
	mkdir -p tree/here moved/deep
	echo 1 >tree/here/before
	echo 1 >moved/deep/inside
	name=$1
	shift
	"$@" >events 2>/dev/null & pid=$!
	timeout 30 sh -c 'until grep -q before events; do echo 2 >>tree/here/before; sleep 0.5; done'
	mv moved tree/
	there=$(told 10 moved)
	sleep 1
	echo 2 >>tree/moved/deep/inside
	echo "$name: moved in $there, a change in it $(told 10 inside)"
	kill "$pid"
	wait "$pid" 2>/dev/null || :
	pid=
	rm -r tree
}
{
	watch 'fswatch -r' usr/bin/fswatch -m inotify_monitor -r tree
	watch InotifyTree /usr/bin/python3 watch.py
	watch @parcel/watcher node watch.js
	watch 'inotifywait -r' usr/bin/inotifywait -m -r tree
} >seen
seen=$(cat seen)
echo "$seen"
[ "$seen" = 'fswatch -r: moved in yes, a change in it no
InotifyTree: moved in yes, a change in it no
@parcel/watcher: moved in yes, a change in it no
inotifywait -r: moved in yes, a change in it yes' ] || { echo 'this has changed' >&2; exit 1; }
