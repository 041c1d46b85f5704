#!/bin/sh
# `aws s3 presign --expires-in` takes any number and prints a URL with status 0: eight days,
# which S3 refuses (a week is the most), 0, and less than 0. The AWS SDK for JavaScript
# refuses eight days, and signs the others as well.
# Guess: what can never work is refused where it is made.
# Hurts: those who mail a link 'for a month': whoever opens it is told that it is wrong, and
# the sender learns of it last.
# Seen: awscli 2.9.19-1; s3-request-presigner and client-s3 3.1124.0. Nothing is sent.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/client-s3@3.1124.0 \
	@aws-sdk/s3-request-presigner@3.1124.0 >/dev/null
[ "$(dpkg-query -W -f '${Version}' awscli 2>/dev/null)" = 2.9.19-1 ] ||
	apt-get -qq install awscli=2.9.19-1 >/dev/null
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_REGION=eu-west-1 HOME="$dir"

cat >presign.js <<'END'
const { S3Client, GetObjectCommand } = require('@aws-sdk/client-s3');
const { getSignedUrl } = require('@aws-sdk/s3-request-presigner');
const expiresIn = Number(process.argv[2]);
getSignedUrl(new S3Client({}), new GetObjectCommand({ Bucket: 'b', Key: 'k' }), { expiresIn })
	.then((url) => console.log(url), (error) => console.log(error.message));
END
seen=$(for seconds in 691200 0 -5; do
	/usr/bin/aws s3 presign s3://b/k --expires-in "$seconds" >cli
	echo "CLI: $? $(grep -o 'X-Amz-Expires=[-0-9]*' cli)"
	node --no-warnings presign.js "$seconds" 2>warning >js
	echo "JavaScript: $(grep -o -E 'X-Amz-Expires=[-0-9]*|less than one week' js)"
done)
echo "$seen"
[ "$seen" = 'CLI: 0 X-Amz-Expires=691200
JavaScript: less than one week
CLI: 0 X-Amz-Expires=0
JavaScript: X-Amz-Expires=0
CLI: 0 X-Amz-Expires=-5
JavaScript: X-Amz-Expires=-5' ] || { echo 'this has changed' >&2; exit 1; }
