#!/bin/sh
# `aws s3 cp` goes by the size that stat shows: of a file of /proc, and of any FUSE file that
# has text and shows size 0, it stores an empty object, says 'upload' and ends with 0. rclone
# says that the sizes differ and ends with 1.
# Guess: it reads to the end, or says that the file is not what it seemed.
# Hurts: those who store such files from a script: each object is there, and is empty.
# Seen: awscli 2.9.19-1, rclone 1.60.1+dfsg-2+b5, Linux 6.18: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' awscli 2>/dev/null)" = 2.9.19-1 ] ||
	apt-get -qq install awscli=2.9.19-1 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download rclone=1.60.1+dfsg-2+b5
dpkg -x rclone_*.deb .
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_REGION=eu-west-1 HOME="$dir"
export no_proxy=127.0.0.1

cat >server.js <<'END'
require('http').createServer((request, response) => {
	let bytes = 0;
	request.on('data', (data) => { bytes += data.length; }).on('end', () => {
		console.log(request.method, request.url, bytes);
		response.setHeader('ETag', '"e"');
		response.end();
	});
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
node server.js >requests 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
cat /proc/version >copy
aws() { /usr/bin/aws --endpoint-url "http://127.0.0.1:$(cat port)" "$@"; }
seen=$(for file in /proc/version copy; do
		aws s3 cp --no-progress "$file" s3://bucket/ >>log && echo "stored $file"
	done
	usr/bin/rclone --config /dev/null --retries 1 copyto /proc/version "$dir/rclone" 2>log ||
		echo "rclone: $?, $(grep -o 'sizes differ 0' log | head -n 1)"
	sed "s/ $(wc -c <copy)$/ all/" requests)
echo "$seen"
[ "$seen" = 'stored /proc/version
stored copy
rclone: 1, sizes differ 0
PUT /bucket/version 0
PUT /bucket/copy all' ] || { echo 'this has changed' >&2; exit 1; }
