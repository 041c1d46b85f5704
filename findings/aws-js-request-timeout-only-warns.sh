#!/bin/sh
# requestTimeout of the AWS SDK for JavaScript ends no request: when it is over the SDK
# prints a warning and waits on, for as long as the server takes. Only with
# throwOnRequestTimeout: true, which is not the default, is it a time-out.
# Guess: a request that takes longer ends with a TimeoutError, and is tried again.
# Hurts: services that set it so as not to hang on a slow endpoint or gateway: they hang,
# and the warning is the only sign.
# Seen: client-database-migration-service 3.1124.0: an answer after 2 s with a requestTimeout
# of 300 ms; TimeoutError with the option.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/client-database-migration-service@3.1124.0 >/dev/null

cat >server.js <<'END'
require('http').createServer((request, response) => {
	request.resume().on('end', () => setTimeout(() => response.end('{}'), 2000));
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
cat >ask.js <<'END'
const dms = require('@aws-sdk/client-database-migration-service');
async function ask(name, requestHandler) {
	const client = new dms.DatabaseMigrationServiceClient({
		region: 'eu-west-1', endpoint: `http://127.0.0.1:${process.argv[2]}`,
		credentials: { accessKeyId: 'A', secretAccessKey: 'B' },
		maxAttempts: 1, requestHandler });
	await client.send(new dms.DescribeConnectionsCommand({}))
		.then(() => console.log(name, 'answered'),
			(error) => console.log(name, error.name));
}
(async () => {
	await ask('requestTimeout:', { requestTimeout: 300 });
	await ask('with the option:', { requestTimeout: 300, throwOnRequestTimeout: true });
})();
END
node server.js 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
seen=$(node --no-warnings ask.js "$(cat port)" 2>warning)
grep -o 'exceeded the configured 300 ms requestTimeout' warning
echo "$seen"
[ "$seen" = 'requestTimeout: answered
with the option: TimeoutError' ] || { echo 'this has changed' >&2; exit 1; }
