#!/bin/sh
# With AWS_ACCESS_KEY_ID in the environment and no secret, or an empty one, the AWS SDK for
# JavaScript passes over it and takes the keys of ~/.aws/credentials. botocore says that
# the pair is incomplete. Of an empty pair in ~/.aws/credentials it is the other way round:
# JavaScript goes on to ~/.aws/config, and botocore signs with an empty key.
# Guess: half a pair is a mistake, and nothing in a file is nothing, for both.
# Hurts: CI jobs in which the secret variable is missing or empty: one tool stops, the
# other works, as whoever is in the machine's file.
# Seen: credential-providers 3.1124.0: FILE, FILE, CONFIG; python3-botocore
# 1.29.27+repack-1: PartialCredentialsError twice, then an empty key.
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

cat >key.js <<'END'
require('@aws-sdk/credential-providers').fromNodeProviderChain()()
	.then((c) => console.log('JavaScript:', c.accessKeyId),
		(error) => console.log('JavaScript:', error.name));
END
cat >key.py <<'END'
import botocore.session
try:
    print("botocore:", botocore.session.Session().get_credentials().access_key)
except Exception as error:
    print("botocore:", type(error).__name__)
END
both() {
	node --no-warnings key.js 2>warning
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py
}

pair() { printf '%s\n' '[default]' "aws_access_key_id = $1" "aws_secret_access_key = $2"; }
pair CONFIG S >config
pair FILE S >credentials
seen=$(export AWS_ACCESS_KEY_ID=ENV
	both
	export AWS_SECRET_ACCESS_KEY=
	both
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	pair '' '' >credentials
	both)
echo "$seen"
[ "$seen" = 'JavaScript: FILE
botocore: PartialCredentialsError
JavaScript: FILE
botocore: PartialCredentialsError
JavaScript: CONFIG
botocore: ' ] || { echo 'this has changed' >&2; exit 1; }
