#!/bin/sh
# Where AWS_CA_BUNDLE is set, rclone cannot use S3 at all: 'unable to load custom CA
# bundle ... unsupported transport', before it asks anybody, with keys of its own
# configuration and with plain http too, whatever is in the file.
# Guess: it uses the file, or heeds its own --ca-cert alone.
# Hurts: those behind a proxy with a certificate authority of its own, which AWS_CA_BUNDLE
# is for: what the AWS CLI needs breaks rclone.
# Seen: rclone 1.60.1+dfsg-2+b5: 'unsupported transport'; without the variable, a request.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download rclone=1.60.1+dfsg-2+b5
dpkg -x rclone_*.deb .
export HOME="$dir" AWS_EC2_METADATA_DISABLED=true no_proxy=127.0.0.1

# It refuses everything, so that rclone ends by itself.
cat >server.js <<'END'
require('http').createServer((request, response) => {
	console.log(request.method);
	request.resume().on('end', () => { response.statusCode = 403; response.end(); });
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
node server.js >>asked 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
store=":s3,provider=AWS,access_key_id=A,secret_access_key=B,force_path_style=true"
list() {
	: >asked
	timeout 60 "$@" usr/bin/rclone --config /dev/null --retries 1 \
		--low-level-retries 1 lsd "$store,endpoint='http://127.0.0.1:$(cat port)':b" \
		>out 2>&1 || :
	echo "asked: $(grep -c . asked || :)," \
		"$(grep -o 'unsupported transport' out || echo 'another end')"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
	-subj /CN=test -keyout key -out bundle 2>/dev/null
{ list env; list env AWS_CA_BUNDLE="$dir/bundle"; } >seen
cat seen
[ "$(sed 's/asked: [1-9]/asked: some/' seen)" = 'asked: some, another end
asked: 0, unsupported transport' ] || { echo 'this has changed' >&2; exit 1; }
