#!/bin/sh
# The npm package tail follows renames by default, but reads the file that takes the
# name's place from the byte at which it stood in the old one: the first lines are never
# emitted, and the first one emitted can be the end of another.
# Guess: as with tail -F, a new file is read from its first line.
# Hurts: programs that follow a file which is replaced by rename: each replacement costs
# as many bytes as the old file had, without an error event.
# Seen: tail 2.2.6: after 'A1', a file of 'first line', 'second line' is emitted from
# 'st line' on.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts tail@2.2.6 >/dev/null

cat >follow.js <<'END'
const { Tail } = require('tail');
const tail = new Tail(process.cwd() + '/log');
tail.on('line', (line) => console.log(line));
tail.on('error', (error) => console.log('error', error.code));
console.error('ready');
END
: >log
node follow.js >out 2>ready & pid=$!
wait_for() { timeout 20 sh -c "until grep -q '$1' $2; do sleep 0.1; done"; }
wait_for ready ready
sleep 1
echo A1 >>log
wait_for A1 out
printf 'first line\nsecond line\n' >new
mv new log
sleep 4
echo last >>log
wait_for last out
cat out
[ "$(cat out)" = 'A1
st line
second line
last' ] || { echo 'this has changed' >&2; exit 1; }
