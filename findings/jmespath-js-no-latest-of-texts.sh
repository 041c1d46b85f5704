#!/bin/sh
# max_by and min_by of the npm package jmespath give undefined where what they compare are
# texts, as dates are, which the specification allows; max_by of numbers is right, and so is
# sort_by of texts. It does not even give null.
# Guess: max_by(@, &Time) is the latest, as in the AWS CLI.
# Hurts: those who ask for the newest snapshot with the library of the AWS SDK v2 and of the
# Serverless tools.
# Seen: jmespath 0.16.0: undefined; python3-jmespath 1.0.1-1: the latest.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	jmespath@0.16.0 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download python3-jmespath=1.0.1-1
for deb in *.deb; do dpkg -x "$deb" .; done

cat >latest.js <<'END'
const search = require('jmespath').search;
const list = [{ t: '2026-11-28', n: 1 }, { t: '2026-11-29', n: 2 }];
for (const query of ['max_by(@, &t)', 'min_by(@, &t)', 'max_by(@, &n)', 'sort_by(@, &t)[-1]'])
	console.log(query, JSON.stringify(search(list, query)));
END
cat >latest.py <<'END'
import jmespath
print("Python:", jmespath.search("max_by(@, &t)", [{"t": "2026-11-28"}, {"t": "2026-11-29"}]))
END
seen=$(node latest.js
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 latest.py)
echo "$seen"
[ "$seen" = 'max_by(@, &t) undefined
min_by(@, &t) undefined
max_by(@, &n) {"t":"2026-11-29","n":2}
sort_by(@, &t)[-1] {"t":"2026-11-29","n":2}
Python: {'\''t'\'': '\''2026-11-29'\''}' ] || { echo 'this has changed' >&2; exit 1; }
