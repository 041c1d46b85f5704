#!/bin/sh
# An interim response (102 or 103), which a server or a gateway may send before the real
# one, is taken by the AWS CLI of Debian 12 for the answer itself: nothing is printed
# and the status is 0. 100 is skipped as it should be.
# Guess: all of 1xx are skipped, or at least not taken for a success.
# Hurts: scripts behind a gateway that sends early hints: `describe-connections` says
# that there are none.
# Seen: awscli 2.9.19-1 with Python 3.11: after 100 one connection; after 102 and 103
# nothing, status 0.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' awscli 2>/dev/null)" = 2.9.19-1 ] ||
	apt-get -qq install awscli=2.9.19-1
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_REGION=eu-west-1 HOME="$dir"

cat >server.js <<'END'
const body = '{"Connections":[{"Status":"successful"}]}';
require('net').createServer((socket) => {
	socket.on('error', () => {}).on('data', (request) => {
		const interim = /^POST \/(\d+)/.exec(request);
		if (!interim) return;
		socket.write(`HTTP/1.1 ${interim[1]} Interim\r\n\r\n`);
		socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n' +
			`Content-Length: ${body.length}\r\n\r\n${body}`);
	});
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
END
node server.js >port & pid=$!
until [ -s port ]; do sleep 0.1; done
for interim in 100 102 103; do
	r=0
	/usr/bin/aws --endpoint-url "http://127.0.0.1:$(cat port)/$interim" --output json \
		dms describe-connections >out || r=$?
	echo "$interim: connections $(grep -c Status out || :), status $r"
done >seen
cat seen
[ "$(cat seen)" = '100: connections 1, status 0
102: connections 0, status 0
103: connections 0, status 0' ] || { echo 'this has changed' >&2; exit 1; }
