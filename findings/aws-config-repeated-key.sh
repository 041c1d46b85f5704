#!/bin/sh
# A key that stands twice in any profile of ~/.aws/config makes botocore refuse the
# whole file, for the users of every other profile too. The AWS SDK for JavaScript takes
# the last one.
# Guess: the last one counts, and another profile's mistake is nobody else's concern.
# Hurts: teams that share or generate a config: one tool works, the next says of the
# file that it cannot be parsed.
# Seen: credential-providers 3.1124.0: D S; python3-botocore 1.29.27+repack-1:
# ConfigParseError.
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

cat >config <<'END'
[profile other]
region = eu-west-1
region = eu-west-2
[default]
aws_access_key_id = D
aws_secret_access_key = S
END
seen=$(keys)
echo "$seen"
[ "$seen" = 'JavaScript: D S
botocore: ConfigParseError' ] || { echo 'this has changed' >&2; exit 1; }
