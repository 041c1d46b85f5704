#!/bin/sh
# A waiter of the AWS SDK for JavaScript takes every error that its list does not name
# for "not yet": where the caller may not look, or its token has expired, it asks on
# until maxWaitTime and reports a time-out. botocore ends at the first such answer.
# Guess: an error that no retry can mend ends the wait at once.
# Hurts: pipelines that wait for a DMS test with a wrong role: they wait as long as they
# may, and then tell of a time-out.
# Seen: client-database-migration-service 3.1124.0: TimeoutError after 4 s and several
# requests; python3-botocore 1.29.27+repack-1: AccessDeniedException, one request.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/client-database-migration-service@3.1124.0 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download python3-botocore=1.29.27+repack-1 \
	python3-jmespath python3-urllib3 python3-six python3-dateutil python3-requests \
	python3-certifi python3-chardet python3-charset-normalizer python3-idna
for deb in *.deb; do dpkg -x "$deb" .; done
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B HOME="$dir"

cat >server.js <<'END'
require('http').createServer((request, response) => {
	console.log('request');
	request.resume().on('end', () => {
		response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.1' });
		response.end('{"__type":"AccessDeniedException","Message":"no"}');
	});
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
cat >wait.js <<'END'
const dms = require('@aws-sdk/client-database-migration-service');
const client = new dms.DatabaseMigrationServiceClient({
	region: 'eu-west-1', endpoint: `http://127.0.0.1:${process.argv[2]}` });
const pace = { client, maxWaitTime: 4, minDelay: 1, maxDelay: 1 };
dms.waitUntilTestConnectionSucceeds(pace, {})
	.catch((error) => console.log('JavaScript:', error.name));
END
cat >wait.py <<'END'
import sys, botocore.session
client = botocore.session.Session().create_client(
    "dms", "eu-west-1", endpoint_url=f"http://127.0.0.1:{sys.argv[1]}")
try:
    client.get_waiter("test_connection_succeeds").wait()
except Exception as error:
    print("botocore:", error)
END
node server.js >requests 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
node --no-warnings wait.js "$(cat port)" >out
asked=$(wc -l <requests)
PYTHONPATH=usr/lib/python3/dist-packages \
	timeout 60 /usr/bin/python3 wait.py "$(cat port)" >>out
cat out
echo "requests: JavaScript $asked, botocore $(($(wc -l <requests) - asked))"
if [ "$(cat out)" != 'JavaScript: TimeoutError
botocore: Waiter TestConnectionSucceeds failed: An error occurred (AccessDeniedException): no' ] ||
	[ "$asked" -lt 2 ] || [ "$(wc -l <requests)" -ne $((asked + 1)) ]; then
	echo 'this has changed' >&2
	exit 1
fi
