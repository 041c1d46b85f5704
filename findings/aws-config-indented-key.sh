#!/bin/sh
# In ~/.aws/config a key that is indented further than the one above it is no key for
# botocore, but the second line of the value above. Where it is the secret, the pair is
# 'partial'; where it is the Region, the secret ends in it and only the signature is wrong.
# A profile of which all keys are indented alike is read. The AWS SDK for JavaScript takes
# both for keys.
# Guess: indentation counts below `s3 =` and the like only, which have no value.
# Hurts: those who paste a line with its indentation: 'missing: aws_secret_access_key',
# which is there, or 'the signature does not match'.
# Seen: python3-botocore 1.29.27+repack-1: PartialCredentialsError; S with the
# second line; S. credential-providers 3.1124.0: S each time.
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
export HOME="$dir" AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE="$dir/config" AWS_SHARED_CREDENTIALS_FILE="$dir/credentials"

cat >secret.js <<'END'
require('@aws-sdk/credential-providers').fromNodeProviderChain()()
	.then((c) => console.log('JavaScript:', c.secretAccessKey));
END
cat >secret.py <<'END'
import botocore.session
try:
    secret = botocore.session.Session().get_credentials().secret_key
    print("botocore:", ", then ".join(secret.splitlines()))
except Exception as error:
    print("botocore:", type(error).__name__)
END
both() {
	printf '%s\n' '[default]' "$@" >config
	node --no-warnings secret.js 2>warning
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 secret.py
}

: >credentials
key='aws_access_key_id = A'
secret='aws_secret_access_key = S'
region='region = eu-west-1'
seen=$(both "$key" "  $secret"
	both "$key" "$secret" "  $region"
	both "  $key" "  $secret" "  $region")
echo "$seen"
[ "$seen" = 'JavaScript: S
botocore: PartialCredentialsError
JavaScript: S
botocore: S, then region = eu-west-1
JavaScript: S
botocore: S' ] || { echo 'this has changed' >&2; exit 1; }
