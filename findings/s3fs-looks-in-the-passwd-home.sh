#!/bin/sh
# s3fs reads .aws/credentials in the home of /etc/passwd, whatever HOME says, and heeds
# neither AWS_SHARED_CREDENTIALS_FILE nor AWS_PROFILE; AWS_ACCESS_KEY_ID it does heed.
# Guess: it finds its keys as the AWS CLI does, at least by HOME.
# Hurts: services and containers that set HOME or the variables: there are no keys, or
# those of another account.
# Needs: root (for a mount namespace of its own with another /etc/passwd), node.
# Seen: s3fs 1.90-1: 'PASSWD', where HOME, file and profile name others.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq install libcurl3-gnutls libfuse2 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download s3fs=1.90-1
dpkg -x s3fs_*.deb .

keys() {
	mkdir -p "$1/.aws"
	printf '[%s]\naws_access_key_id = %s\naws_secret_access_key = S\n' \
		default "$2" other OTHER >"$1/.aws/credentials"
	chmod 600 "$1/.aws/credentials"
}
keys passwd PASSWD
keys home HOME
keys file FILE
sed "s|^root:.*|root:x:0:0::$dir/passwd:/bin/sh|" /etc/passwd >users

# It refuses everything, so that s3fs ends by itself.
cat >server.js <<'END'
require('http').createServer((request, response) => {
	console.log((/Credential=([^/]*)/.exec(request.headers.authorization) || [])[1]);
	request.resume().on('end', () => { response.statusCode = 403; response.end(); });
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
node server.js >asked 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
mkdir mnt
export HOME="$dir/home" AWS_PROFILE=other
export AWS_SHARED_CREDENTIALS_FILE="$dir/file/.aws/credentials"
# shellcheck disable=SC2016
timeout 60 unshare -m sh -c 'mount --bind users /etc/passwd && exec "$@"' sh \
	usr/bin/s3fs bucket mnt -f -o use_path_request_style,sigv4,retries=1 \
	-o "url=http://127.0.0.1:$(cat port)" >out 2>&1 || :
seen=$(head -n 1 asked)
echo "$seen"
[ "$seen" = PASSWD ] || { echo 'this has changed' >&2; exit 1; }
