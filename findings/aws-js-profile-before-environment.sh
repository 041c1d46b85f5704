#!/bin/sh
# With AWS_PROFILE and AWS_ACCESS_KEY_ID in the environment, the AWS SDK for JavaScript
# takes the profile's keys, and botocore those of the environment.
# Guess: keys of the environment come first, as in the documentation of both.
# Hurts: CI jobs that export keys beside a profile: the CLI acts as one identity, the
# script beside it as another.
# Seen: credential-providers 3.1124.0: PROFILE; python3-botocore 1.29.27+repack-1: ENV.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/credential-providers@3.1124.0 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download python3-botocore=1.29.27+repack-1 \
	python3-jmespath python3-urllib3 python3-six python3-dateutil python3-requests \
	python3-certifi python3-chardet python3-charset-normalizer python3-idna
for deb in *.deb; do dpkg -x "$deb" .; done
export HOME="$dir" AWS_EC2_METADATA_DISABLED=true AWS_PROFILE=p
export AWS_CONFIG_FILE="$dir/config" AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_ACCESS_KEY_ID=ENV AWS_SECRET_ACCESS_KEY=S

cat >key.js <<'END'
require('@aws-sdk/credential-providers').fromNodeProviderChain()()
	.then((c) => console.log('JavaScript:', c.accessKeyId));
END
cat >key.py <<'END'
import botocore.session
print("botocore:", botocore.session.Session().get_credentials().access_key)
END

printf '%s\n' '[profile p]' 'aws_access_key_id = PROFILE' \
	'aws_secret_access_key = S' >config
seen=$(node --no-warnings key.js 2>warning
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py)
echo "$seen"
[ "$seen" = 'JavaScript: PROFILE
botocore: ENV' ] || { echo 'this has changed' >&2; exit 1; }
