#!/bin/sh
# AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE whose file ends with a newline, as echo and editors
# write it: the AWS SDK for JavaScript puts the newline into the header, which Node.js
# refuses. After four tries it reports 'Invalid character in header content', and nothing
# was sent. Without the newline it works.
# Guess: a token that is read from a file is trimmed.
# Hurts: those who write the file themselves, for tests or for an agent of their own.
# Seen: credential-providers 3.1124.0: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/credential-providers@3.1124.0 >/dev/null
export HOME="$dir" AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="$dir/token"

cat >server.js <<'END'
require('http').createServer((request, response) => {
	console.log('request');
	response.end('{"AccessKeyId":"A","SecretAccessKey":"S","Token":"T",' +
		'"Expiration":"2099-01-01T00:00:00Z"}');
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
cat >key.js <<'END'
require('@aws-sdk/credential-providers').fromHttp({ maxRetries: 1 })()
	.then((c) => console.log(c.accessKeyId),
		(error) => console.log(/Invalid character in header/.exec(error.message)?.[0]));
END
node server.js >requests 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:$(cat port)/keys"
export AWS_CONTAINER_CREDENTIALS_FULL_URI
seen=$(echo token >token
	node --no-warnings key.js 2>warning
	wc -l <requests
	printf token >token
	node --no-warnings key.js 2>warning
	wc -l <requests)
echo "$seen"
[ "$seen" = 'Invalid character in header
0
A
1' ] || { echo 'this has changed' >&2; exit 1; }
