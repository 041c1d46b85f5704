#!/bin/sh
# The AWS SDK for JavaScript sends no Accept-Encoding, which in HTTP means that any will
# do, and does not unpack an answer that is marked Content-Encoding: gzip: it parses the
# packed bytes as JSON.
# Guess: it unpacks what is marked as packed, or asks for none.
# Hurts: those with a gateway or a test proxy in between that packs what it may.
# Seen: client-database-migration-service 3.1124.0: SyntaxError, accept-encoding absent.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/client-database-migration-service@3.1124.0 >/dev/null
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B HOME="$dir"

cat >gzip.js <<'END'
const dms = require('@aws-sdk/client-database-migration-service');
const body = require('zlib').gzipSync('{"Connections":[]}');
const server = require('http').createServer((request, response) => {
	console.log('accept-encoding:', request.headers['accept-encoding']);
	request.resume().on('end', () => {
		response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.1',
			'Content-Encoding': 'gzip', 'Content-Length': body.length });
		response.end(body);
	});
}).listen(0, '127.0.0.1', async () => {
	const client = new dms.DatabaseMigrationServiceClient({
		region: 'eu-west-1', endpoint: `http://127.0.0.1:${server.address().port}` });
	try {
		console.log(await client.send(new dms.DescribeConnectionsCommand({})));
	} catch (error) {
		console.log(error.name);
	}
	server.close();
	client.destroy();
});
END
seen=$(node --no-warnings gzip.js)
echo "$seen"
[ "$seen" = 'accept-encoding: undefined
SyntaxError' ] || { echo 'this has changed' >&2; exit 1; }
