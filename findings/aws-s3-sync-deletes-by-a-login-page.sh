#!/bin/sh
# Where something in between answers a listing of S3 with status 200 and a page of its own, or
# with nothing at all, `aws s3 sync --delete` and `rclone sync` take the bucket for empty and
# delete every local file, with status 0. `s3cmd sync --delete-removed` finds no files either
# and refuses to delete; the npm package minio reports that ListBucketResult is missing.
# Guess: XML without ListBucketResult is no listing, and ends the run with an error.
# Hurts: those who mirror a bucket through a proxy or captive portal that asks for a login.
# Seen: awscli 2.9.19-1, rclone 1.60.1+dfsg-2+b5, s3cmd 2.3.0-1, minio 8.0.7: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	minio@8.0.7 >/dev/null
for package in awscli=2.9.19-1 s3cmd=2.3.0-1; do
	[ "$(dpkg-query -W -f '${Version}' "${package%=*}" 2>/dev/null)" = "${package#*=}" ] ||
		apt-get -qq install "$package" >/dev/null
done
apt-get -qq -o APT::Sandbox::User=root download rclone=1.60.1+dfsg-2+b5
dpkg -x rclone_*.deb .
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_REGION=eu-west-1 HOME="$dir"
export no_proxy=127.0.0.1

cat >server.js <<'END'
require('http').createServer((request, response) => {
	request.resume().on('end', () => {
		response.setHeader('Content-Type', 'text/html');
		response.end('<html><body>Please log in</body></html>');
	});
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
cat >list.js <<'END'
const { Client } = require('minio');
new Client({ endPoint: '127.0.0.1', port: Number(process.argv[2]), useSSL: false,
	region: 'eu-west-1', accessKey: 'A', secretKey: 'B' })
	.listObjectsV2('bucket', '', true).on('data', () => {})
	.on('error', (error) => console.log('minio:', error.message));
END
node server.js 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
host=127.0.0.1:$(cat port)
printf '%s\n' '[default]' 'access_key = A' 'secret_key = B' "host_base = $host" \
	"host_bucket = $host/%(bucket)" 'use_https = False' >s3cfg
sync() {
	mkdir here
	echo text >here/one
	echo text >here/two
	name=$1
	shift
	r=0
	"$@" >>log 2>&1 || r=$?
	echo "$name: status $r, left: $(find here -type f | wc -l)"
	rm -r here
}
seen=$(sync aws /usr/bin/aws --endpoint-url "http://$host" s3 sync --delete s3://bucket here
	sync rclone usr/bin/rclone --config /dev/null --retries 1 sync \
		":s3,provider=Other,env_auth=true,force_path_style=true,endpoint='http://$host':bucket" here
	sync s3cmd /usr/bin/s3cmd -c s3cfg sync --delete-removed s3://bucket/ here/
	node list.js "$(cat port)")
echo "$seen"
[ "$seen" = 'aws: status 0, left: 0
rclone: status 0, left: 0
s3cmd: status 0, left: 2
minio: Missing tag: "ListBucketResult"' ] || { echo 'this has changed' >&2; exit 1; }
