#!/bin/sh
# Where a file or directory goes, the recursive fs.watch of Node.js 20 also tells
# 'rename', which stands for its going, of all whose names begin like its own: of
# oracle-src where oracle went, and of inst-2 and all in it where inst did. They are there.
# Guess: an event is of the name that it bears.
# Hurts: programs that drop what such an event names: caches, indexes, uploads.
# Seen: node 20.20.2: rename of inst/oracle and inst/oracle-src; of inst, inst-2, inst-2/f.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund node@20.20.2 >/dev/null
PATH="$dir/node_modules/node/bin:$PATH"

cat >watch.js <<'END'
const fs = require('fs');
for (const name of ['inst/oracle', 'inst/oracle-src', 'inst/mysql', 'inst-2/f']) {
	fs.mkdirSync(require('path').dirname(`tree/${name}`), { recursive: true });
	fs.writeFileSync(`tree/${name}`, 'text');
}
let seen = [];
fs.watch('tree', { recursive: true }, (event, name) => seen.push(`${event} ${name}`));
const pause = () => new Promise((done) => setTimeout(done, 1000));
(async () => {
	await pause();
	for (const name of ['inst/oracle', 'inst']) {
		seen = [];
		fs.rmSync(`tree/${name}`, { recursive: true });
		await pause();
		console.log(`${name} went:`, [...new Set(seen)].filter(
			(event) => fs.existsSync(`tree/${event.split(' ')[1]}`)).sort().join(', '));
	}
	process.exit();
})();
END
echo "node $(node --version)"
seen=$(node watch.js)
echo "$seen"
[ "$seen" = 'inst/oracle went: rename inst/oracle-src
inst went: rename inst-2, rename inst-2/f' ] || { echo 'this has changed' >&2; exit 1; }
