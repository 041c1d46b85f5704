#!/bin/sh
# With a web identity in the environment (AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, as
# EKS sets them in a pod) and keys of the default profile in ~/.aws/credentials, the AWS SDK
# for JavaScript takes the keys of the file, and botocore the role.
# Guess: what the environment says comes before any file, for both.
# Hurts: those whose image or volume has a credentials file in it: the service in JavaScript
# acts as that user, the CLI beside it as the pod's role.
# Seen: credential-providers 3.1124.0: FILE; python3-botocore 1.29.27+repack-1: asks STS (of
# which there is none behind the proxy of this test).
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
export AWS_REGION=eu-west-1 HTTPS_PROXY=http://127.0.0.1:1

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
printf '%s\n' '[default]' 'aws_access_key_id = FILE' 'aws_secret_access_key = S' >credentials
: >config
echo token >token
export AWS_ROLE_ARN=arn:aws:iam::123456789012:role/pod AWS_WEB_IDENTITY_TOKEN_FILE="$dir/token"
seen=$(
	node --no-warnings key.js 2>warning
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py
)
echo "$seen"
[ "$seen" = 'JavaScript: FILE
botocore: ProxyConnectionError' ] || { echo 'this has changed' >&2; exit 1; }
