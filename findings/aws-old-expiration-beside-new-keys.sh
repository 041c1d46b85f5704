#!/bin/sh
# botocore reads AWS_CREDENTIAL_EXPIRATION beside the keys of the environment. Once that is
# past it refuses them, whatever they are: 'Credentials were refreshed, but the refreshed
# credentials are still expired', though nothing was refreshed and nobody asked. The AWS SDK
# for JavaScript reads the variable and goes on with the keys.
# Guess: the service decides whether keys are good; or it is for those with a refresh.
# Hurts: those who paste three new variables over the old ones, as the console shows them, in
# a shell in which `aws configure export-credentials` or a login tool had set four.
# Seen: python3-botocore 1.29.27+repack-1, credential-providers 3.1124.0: see the end.
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
export AWS_ACCESS_KEY_ID=NEW AWS_SECRET_ACCESS_KEY=S AWS_SESSION_TOKEN=T

cat >key.js <<'END'
require('@aws-sdk/credential-providers').fromNodeProviderChain()()
	.then((c) => console.log('JavaScript:', c.accessKeyId));
END
cat >key.py <<'END'
import botocore.session
try:
    keys = botocore.session.Session().get_credentials().get_frozen_credentials()
    print("botocore:", keys.access_key)
except RuntimeError as error:
    print("botocore:", error)
END
export AWS_CREDENTIAL_EXPIRATION=2026-01-01T00:00:00Z
seen=$(
	node --no-warnings key.js 2>warning
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py
)
echo "$seen"
[ "$seen" = 'JavaScript: NEW
botocore: Credentials were refreshed, but the refreshed credentials are still expired.' ] || { echo 'this has changed' >&2; exit 1; }
