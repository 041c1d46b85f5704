#!/bin/sh
# A profile that has a key pair and, beside it, single sign-on or credential_process means
# one identity to the AWS SDK for JavaScript and another to botocore, and not by one rule:
# botocore puts sign-on before everything, and a program before the keys of ~/.aws/config
# but behind those of ~/.aws/credentials. JavaScript takes the keys each time; of sign-on
# and a program it takes the program.
# Guess: both read one profile in one order, whatever it is.
# Hurts: those who moved a profile to single sign-on and left the old keys in: scripts in
# JavaScript go on with keys that were to be retired, and nobody sees it.
# Seen: credential-providers 3.1124.0, python3-botocore 1.29.27+repack-1: see the end.
# SSOTokenLoadError is botocore's word that it wants a sign-on first.
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
program='credential_process = cat program.json'
echo '{"Version": 1, "AccessKeyId": "PROGRAM", "SecretAccessKey": "S"}' >program.json
pair() { printf '%s\n' "aws_access_key_id = $1" 'aws_secret_access_key = S'; }
sso() {
	printf '%s\n' 'sso_start_url = https://example.awsapps.com/start' \
		'sso_region = eu-west-1' 'sso_account_id = 123456789012' 'sso_role_name = R'
}
both() {
	echo "$1:"
	node --no-warnings key.js 2>warning
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py
}

seen=$(
	{ echo '[default]'; sso; } >config
	{ echo '[default]'; pair KEYS; } >credentials
	both 'sign-on, keys in credentials'
	{ echo '[default]'; echo "$program"; } >config
	both 'program, keys in credentials'
	: >credentials
	{ echo '[default]'; echo "$program"; pair KEYS; } >config
	both 'program, keys in config'
	{ echo '[default]'; sso; echo "$program"; } >config
	both 'sign-on, program'
)
echo "$seen"
[ "$seen" = 'sign-on, keys in credentials:
JavaScript: KEYS
botocore: SSOTokenLoadError
program, keys in credentials:
JavaScript: KEYS
botocore: KEYS
program, keys in config:
JavaScript: KEYS
botocore: PROGRAM
sign-on, program:
JavaScript: PROGRAM
botocore: SSOTokenLoadError' ] || { echo 'this has changed' >&2; exit 1; }
