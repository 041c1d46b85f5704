#!/bin/sh
# The AWS SDK for JavaScript reads ~/.aws/credentials once in a process: also a provider
# or client that is made later, after the file was replaced, gets the old keys. Only
# ignoreCache, which the default chain does not set, reads the file again.
# Guess: a new provider reads the file; botocore does so with each new session.
# Hurts: services that run on while an operator rotates the keys of the file: making a
# new client does not help.
# Seen: credential-providers 3.1124.0: OLD, OLD, and NEW with ignoreCache.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/credential-providers@3.1124.0 >/dev/null
export HOME="$dir" AWS_SHARED_CREDENTIALS_FILE="$dir/credentials"

cat >rotate.js <<'END'
const { fromIni } = require('@aws-sdk/credential-providers');
const fs = require('fs');
function write(key) {
	fs.writeFileSync('new',
		`[default]\naws_access_key_id = ${key}\naws_secret_access_key = S\n`);
	fs.renameSync('new', 'credentials');
}
(async () => {
	write('OLD');
	console.log((await fromIni()()).accessKeyId);
	write('NEW');
	console.log((await fromIni()()).accessKeyId);
	console.log((await fromIni({ ignoreCache: true })()).accessKeyId);
})();
END
seen=$(node --no-warnings rotate.js | xargs)
echo "$seen"
[ "$seen" = 'OLD OLD NEW' ] || { echo 'this has changed' >&2; exit 1; }
