#!/bin/sh
# When the machine's clock is more than five minutes off, the AWS SDK for JavaScript asks
# three times after every error, whatever its code: AccessDenied, a missing resource, a
# wrong parameter. With a clock that is right each is asked once.
# Guess: it corrects its clock and asks again after the codes about signatures and time.
# Hurts: those on machines with a wrong clock: the first call of each client that is
# refused is there three times, in the service's log and in its count of failures.
# Seen: client-database-migration-service 3.1124.0: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/client-database-migration-service@3.1124.0 >/dev/null
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B HOME="$dir"

cat >denied.js <<'END'
const dms = require('@aws-sdk/client-database-migration-service');
let aheadMs, code, count;
// The service's clock is ahead, which is the same as a machine's that is behind.
const server = require('http').createServer((request, response) => {
	count++;
	request.resume().on('end', () => {
		response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.1',
			Date: new Date(Date.now() + aheadMs).toUTCString() });
		response.end(JSON.stringify({ __type: code, message: 'no' }));
	});
}).listen(0, '127.0.0.1', async () => {
	const endpoint = `http://127.0.0.1:${server.address().port}`;
	for (aheadMs of [0, 3600000]) {
		for (code of ['InvalidSignatureException', 'AccessDeniedFault',
				'ResourceNotFoundFault', 'ValidationException']) {
			count = 0;
			const client = new dms.DatabaseMigrationServiceClient({
				region: 'eu-west-1', endpoint });
			await client.send(new dms.DescribeConnectionsCommand({})).catch(() => {});
			console.log(`${aheadMs / 1000} s, ${code}: ${count}`);
			client.destroy();
		}
	}
	server.close();
});
END
timeout 120 node --no-warnings denied.js >seen
cat seen
[ "$(cat seen)" = '0 s, InvalidSignatureException: 1
0 s, AccessDeniedFault: 1
0 s, ResourceNotFoundFault: 1
0 s, ValidationException: 1
3600 s, InvalidSignatureException: 3
3600 s, AccessDeniedFault: 3
3600 s, ResourceNotFoundFault: 3
3600 s, ValidationException: 3' ] || { echo 'this has changed' >&2; exit 1; }
