#!/bin/sh
# What stands under [DEFAULT], in capitals, in ~/.aws/config or ~/.aws/credentials is part
# of every profile for botocore, since Python's parser of such files has it so: a profile
# without keys gets those, and one without a Region that Region. [DEFAULT] itself is no
# profile, not even the default one. The AWS SDK for JavaScript knows no such section.
# Guess: it is a profile named DEFAULT, or the default one, or nothing.
# Hurts: those who misspell the default profile: it is not found, while every other profile
# that has no keys acts as it.
# Seen: python3-botocore 1.29.27+repack-1: ProfileNotFound, D; credential-providers
# 3.1124.0: CredentialsProviderError, twice.
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
	echo "$AWS_PROFILE:"
	node --no-warnings key.js 2>warning
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py
}

printf '%s\n' '[DEFAULT]' 'aws_access_key_id = D' 'aws_secret_access_key = S' \
	'[profile p]' 'region = eu-west-1' >config
: >credentials
seen=$(export AWS_PROFILE=default
	both
	export AWS_PROFILE=p
	both)
echo "$seen"
[ "$seen" = 'default:
JavaScript: CredentialsProviderError
botocore: ProfileNotFound
p:
JavaScript: CredentialsProviderError
botocore: D' ] || { echo 'this has changed' >&2; exit 1; }
