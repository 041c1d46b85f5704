#!/bin/sh
# botocore takes `key: value` and upper-case keys in ~/.aws/config; the AWS SDK for
# JavaScript knows neither and takes the profile for one without keys.
# Guess: what the AWS CLI reads, the SDKs read.
# Hurts: those whose hand-written file has worked with the CLI for years: the next tool
# says that there are no credentials.
# Seen: python3-botocore 1.29.27+repack-1: D S, twice; credential-providers 3.1124.0:
# CredentialsProviderError, twice.
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
export HOME="$dir" AWS_CONFIG_FILE="$dir/config" AWS_EC2_METADATA_DISABLED=true

cat >key.js <<'END'
require('@aws-sdk/credential-providers').fromNodeProviderChain()()
	.then((c) => console.log(`JavaScript: ${c.accessKeyId} ${c.secretAccessKey}`))
	.catch((error) => console.log('JavaScript:', error.name));
END
cat >key.py <<'END'
import botocore.session
try:
    c = botocore.session.Session().get_credentials()
    print("botocore:", c.access_key, c.secret_key)
except Exception as error:
    print("botocore:", type(error).__name__)
END
keys() {
	node --no-warnings key.js
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py
}

seen=$(
	printf '%s\n' '[default]' 'aws_access_key_id: D' 'aws_secret_access_key: S' >config
	keys
	printf '%s\n' '[default]' 'AWS_ACCESS_KEY_ID = D' 'AWS_SECRET_ACCESS_KEY = S' >config
	keys
)
echo "$seen"
[ "$seen" = 'JavaScript: CredentialsProviderError
botocore: D S
JavaScript: CredentialsProviderError
botocore: D S' ] || { echo 'this has changed' >&2; exit 1; }
