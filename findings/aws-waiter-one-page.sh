#!/bin/sh
# `aws dms wait test-connection-succeeds` looks at the first page of DescribeConnections
# alone: with 150 connections, of which one on page 2 has failed, it ends with success.
# Guess: a waiter on a call that has pages looks at all of them, as the CLI's
# describe-connections itself does.
# Hurts: pipelines that wait until every connection of a large account is well.
# Seen: awscli 2.9.19-1: status 0 after one request, and 150 connections listed by two.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' awscli 2>/dev/null)" = 2.9.19-1 ] ||
	apt-get -qq install awscli=2.9.19-1
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_REGION=eu-west-1 HOME="$dir"

cat >server.js <<'END'
const page = (count, status) => Array(count).fill({ Status: status });
require('http').createServer((request, response) => {
	let body = '';
	request.on('data', (data) => { body += data; }).on('end', () => {
		console.log('request');
		response.end(JSON.stringify(JSON.parse(body).Marker ?
			{ Connections: page(49, 'successful').concat(page(1, 'failed')) } :
			{ Connections: page(100, 'successful'), Marker: 'more' }));
	});
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
node server.js >requests 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
dms() { /usr/bin/aws --endpoint-url "http://127.0.0.1:$(cat port)" --output json dms "$@"; }

r=0
dms wait test-connection-succeeds || r=$?
waited=$(wc -l <requests)
dms describe-connections >list
seen="wait: status $r, requests $waited; list: $(grep -c Status list), failed $(grep -c failed list)"
echo "$seen"
[ "$seen" = 'wait: status 0, requests 1; list: 150, failed 1' ] ||
	{ echo 'this has changed' >&2; exit 1; }
