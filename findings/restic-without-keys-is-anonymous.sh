#!/bin/sh
# With AWS_PROFILE of a profile whose keys are in ~/.aws/config, restic (by the library
# minio-go) sends S3 requests that nobody has signed. It looks for profiles in
# ~/.aws/credentials alone, and where it finds no keys it goes on as anonymous. Half a key
# pair in the environment it does refuse.
# Guess: it signs with that profile's keys, or says that there are none.
# Hurts: those whose keys are in ~/.aws/config, or come from a program or a role there:
# they look for what is wrong with their permissions ('Access Denied').
# Seen: restic 0.14.0-1+b5: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download restic=0.14.0-1+b5
dpkg -x restic_*.deb .
mkdir .aws
printf '[%s]\naws_access_key_id = %s\naws_secret_access_key = S\n' \
	'profile config' CONFIG 'profile program' '' >.aws/config
printf '[credentials]\naws_access_key_id = CREDENTIALS\naws_secret_access_key = S\n' \
	>.aws/credentials
export HOME="$dir" RESTIC_PASSWORD=x AWS_EC2_METADATA_DISABLED=true no_proxy=127.0.0.1

# It refuses everything, so that restic ends by itself.
cat >server.js <<'END'
require('http').createServer((request, response) => {
	const { authorization } = request.headers;
	console.log(authorization ? /Credential=([^/]*)/.exec(authorization)[1] : 'nobody');
	request.resume().on('end', () => { response.statusCode = 403; response.end(); });
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
for profile in credentials config; do
	rm -f asked port
	node server.js >asked 2>port & pid=$!
	until [ -s port ]; do sleep 0.1; done
	AWS_PROFILE=$profile timeout 60 usr/bin/restic --no-cache \
		-r "s3:http://127.0.0.1:$(cat port)/bucket" snapshots >out 2>&1 || :
	kill "$pid"
	wait "$pid" 2>/dev/null || :
	pid=
	echo "$profile: signed by $(head -n 1 asked)"
done >seen
cat seen
[ "$(cat seen)" = 'credentials: signed by CREDENTIALS
config: signed by nobody' ] || { echo 'this has changed' >&2; exit 1; }
