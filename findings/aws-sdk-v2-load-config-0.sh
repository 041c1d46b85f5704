#!/bin/sh
# AWS_SDK_LOAD_CONFIG decides whether the AWS SDK for JavaScript v2 (npm aws-sdk) reads
# ~/.aws/config. Every value that is not empty is a yes: 0, false and no too.
# Guess: 0 and false mean no.
# Hurts: those who set it to 0 to keep a file out: the profile's Region and keys are used
# all the same.
# Seen: aws-sdk 2.1693.0: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts aws-sdk@2.1693.0 >/dev/null
mkdir .aws
printf '[default]\nregion = eu-west-1\naws_access_key_id = CONFIG\n%s\n' \
	'aws_secret_access_key = S' >.aws/config
export HOME="$dir" AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1

cat >show.js <<'END'
const { config } = require('aws-sdk');
console.log(config.region, config.credentials && config.credentials.accessKeyId);
END
for value in '' 1 0 false no; do
	echo "'$value': $(AWS_SDK_LOAD_CONFIG=$value node --no-warnings show.js)"
done >seen
cat seen
[ "$(cat seen)" = "'': undefined null
'1': eu-west-1 CONFIG
'0': eu-west-1 CONFIG
'false': eu-west-1 CONFIG
'no': eu-west-1 CONFIG" ] || { echo 'this has changed' >&2; exit 1; }
