#!/bin/sh
# A profile with role_arn and a key pair of its own, without source_profile: the AWS SDK
# for JavaScript leaves the role aside without a word and acts as the user whose keys they
# are. botocore refuses: source_profile is missing.
# Guess: it assumes the role with the profile's own keys, or refuses.
# Hurts: those who forgot the line, and trust that what they run has the role's rights
# alone: all that the user may is allowed, and the log of the account names the user.
# Seen: credential-providers 3.1124.0: USER; python3-botocore 1.29.27+repack-1:
# PartialCredentialsError.
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
printf '%s\n' '[default]' 'role_arn = arn:aws:iam::123456789012:role/reader' \
	'aws_access_key_id = USER' 'aws_secret_access_key = S' >config
: >credentials
seen=$(
	node --no-warnings key.js 2>warning
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py
)
echo "$seen"
[ "$seen" = 'JavaScript: USER
botocore: PartialCredentialsError' ] || { echo 'this has changed' >&2; exit 1; }
