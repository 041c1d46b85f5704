#!/bin/sh
# The AWS SDK for JavaScript does not find a profile whose name has a blank, neither in
# ~/.aws/config, in quotes as `aws configure` writes it, nor in ~/.aws/credentials, where
# it takes the first word for the kind of a section. botocore, and so the AWS CLI, finds
# both.
# Guess: [profile "My Account"] is a profile, as the AWS CLI that wrote it says.
# Hurts: those who name profiles after accounts, as "My Account:ReadOnly".
# Seen: credential-providers 3.1124.0: none, none; python3-botocore 1.29.27+repack-1:
# KEY, KEY.
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
export HOME="$dir" AWS_EC2_METADATA_DISABLED=true AWS_PROFILE='My Account'
export AWS_CONFIG_FILE="$dir/config" AWS_SHARED_CREDENTIALS_FILE="$dir/credentials"

cat >key.js <<'END'
require('@aws-sdk/credential-providers').fromNodeProviderChain()()
	.then((c) => console.log('JavaScript:', c.accessKeyId))
	.catch(() => console.log('JavaScript: none'));
END
cat >key.py <<'END'
import botocore.session
print("botocore:", botocore.session.Session().get_credentials().access_key)
END
keys() {
	node --no-warnings key.js
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py
}
section() { printf '[%s]\naws_access_key_id = KEY\naws_secret_access_key = S\n' "$1"; }

seen="config
$(section 'profile "My Account"' >config; : >credentials; keys)
credentials
$(: >config; section 'My Account' >credentials; keys)"
echo "$seen"
[ "$seen" = 'config
JavaScript: none
botocore: KEY
credentials
JavaScript: none
botocore: KEY' ] || { echo 'this has changed' >&2; exit 1; }
