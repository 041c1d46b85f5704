#!/bin/sh
# s3cmd reads ~/.aws/credentials only where AWS_PROFILE (or AWS_CREDENTIAL_FILE) is set;
# with the default profile there and neither variable: 'Configuration file not
# available'. AWS_PROFILE=default is enough. ~/.aws/config is not read at all.
# Guess: the default profile needs no variable, or the file is not read at all.
# Hurts: those whose AWS CLI works: s3cmd asks them to write the keys down once more.
# Seen: s3cmd 2.3.0-1: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download s3cmd=2.3.0-1 python3-dateutil \
	python3-magic python3-six libmagic1 libmagic-mgc
for deb in *.deb; do dpkg -x "$deb" .; done
mkdir .aws
printf '[%s]\naws_access_key_id = %s\naws_secret_access_key = S\n' \
	default DEFAULT other OTHER >.aws/credentials
printf '[profile config]\naws_access_key_id = CONFIG\naws_secret_access_key = S\n' \
	>.aws/config
export HOME="$dir" no_proxy=127.0.0.1 PYTHONPATH="$dir/usr/lib/python3/dist-packages"
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH

# It refuses everything, so that s3cmd ends by itself.
cat >server.js <<'END'
require('http').createServer((request, response) => {
	console.log(/Credential=([^/]*)/.exec(request.headers.authorization)[1]);
	request.resume().on('end', () => { response.statusCode = 403; response.end(); });
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
list() {
	rm -f asked port
	node server.js >asked 2>port & pid=$!
	until [ -s port ]; do sleep 0.1; done
	timeout 60 env "$@" /usr/bin/python3 usr/bin/s3cmd --no-ssl \
		--host="127.0.0.1:$(cat port)" --host-bucket="127.0.0.1:$(cat port)" \
		ls s3://bucket >out 2>&1 || :
	kill "$pid"
	wait "$pid" 2>/dev/null || :
	pid=
	[ -s asked ] || grep -o 'Configuration file not available' out >asked || :
	echo "${1:-no variable}: $(head -n 1 asked)"
}
{ list; list AWS_PROFILE=default; list AWS_PROFILE=other; list AWS_PROFILE=config; } >seen
cat seen
[ "$(cat seen)" = 'no variable: Configuration file not available
AWS_PROFILE=default: DEFAULT
AWS_PROFILE=other: OTHER
AWS_PROFILE=config: Configuration file not available' ] || {
	cat out
	echo 'this has changed' >&2
	exit 1
}
