#!/bin/sh
# With status 200, botocore takes a text that is no JSON for an answer without any field: a
# login page of a proxy, and an answer that was cut off (Content-Length says 1000, and the
# connection ends after 20 bytes) are both 'no connections', with success; so for the AWS
# CLI. The AWS SDK for JavaScript reports the page, and asks again after the cut.
# Guess: a ResponseParserError, and for the cut another try.
# Hurts: scripts behind a proxy or a captive portal, and on bad lines: they delete, report or
# alert by a list that is empty.
# Seen: awscli 2.9.19-1, python3-botocore 1.29.27+repack-1,
# client-database-migration-service 3.1124.0: see the end.
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
[ "$(dpkg-query -W -f '${Version}' awscli 2>/dev/null)" = 2.9.19-1 ] ||
	apt-get -qq install awscli=2.9.19-1 >/dev/null
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_REGION=eu-west-1 HOME="$dir"
export no_proxy=127.0.0.1

# The first answer to each is a page, or is cut off; the others are whole.
cat >server.js <<'END'
const asked = {};
require('http').createServer((request, response) => {
	request.resume().on('end', () => {
		asked[request.url] = (asked[request.url] || 0) + 1;
		if (asked[request.url] > 1) {
			response.end('{"Connections":[{"Status":"successful"}]}');
		} else if (request.url.startsWith('/page')) {
			response.end('<html>Please log in</html>');
		} else {
			response.writeHead(200, { 'Content-Length': 1000 });
			response.write('{"Connections":[{"St', () => response.socket.end());
		}
	});
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
cat >ask.js <<'END'
const dms = require('@aws-sdk/client-database-migration-service');
new dms.DatabaseMigrationServiceClient({ endpoint: process.argv[2] })
	.send(new dms.DescribeConnectionsCommand({}))
	.then((answer) => console.log('JavaScript:', answer.Connections?.length),
		(error) => console.log('JavaScript:', error.name));
END
cat >ask.py <<'END'
import sys, botocore.session
client = botocore.session.Session().create_client(
    "dms", "eu-west-1", endpoint_url=sys.argv[1])
try:
    print("botocore:", len(client.describe_connections().get("Connections", [])))
except Exception as error:
    print("botocore:", type(error).__name__)
END
node server.js 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
at="http://127.0.0.1:$(cat port)"
seen=$(for case in page cut; do
	echo "$case:"
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 ask.py "$at/$case-python"
	r=0
	/usr/bin/aws --endpoint-url "$at/$case-cli" --output json dms describe-connections >out || r=$?
	echo "CLI: status $r, $(grep -c Status out || :)"
	node --no-warnings ask.js "$at/$case-js" 2>warning
done)
echo "$seen"
[ "$seen" = 'page:
botocore: 0
CLI: status 0, 0
JavaScript: SyntaxError
cut:
botocore: 0
CLI: status 0, 0
JavaScript: 1' ] || { echo 'this has changed' >&2; exit 1; }
