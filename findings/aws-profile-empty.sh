#!/bin/sh
# AWS_PROFILE= (set, but empty, as `AWS_PROFILE=$profile` leaves it where nothing was
# chosen) is the default profile for the AWS SDK for JavaScript, and for botocore a
# profile whose name is empty, which does not exist.
# Guess: an empty variable counts as one that is not set.
# Hurts: wrappers and compose files that pass the variable on.
# Seen: credential-providers 3.1124.0: D S; python3-botocore 1.29.27+repack-1:
# ProfileNotFound.
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

printf '%s\n' '[default]' 'aws_access_key_id = D' 'aws_secret_access_key = S' >config
export AWS_PROFILE=
seen=$(keys)
echo "$seen"
[ "$seen" = 'JavaScript: D S
botocore: ProfileNotFound' ] || { echo 'this has changed' >&2; exit 1; }
