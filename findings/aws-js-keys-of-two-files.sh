#!/bin/sh
# Where the credentials file has an access key id without its secret, the AWS SDK for
# JavaScript takes the secret of the same profile in the config file, and signs with a
# pair that nobody wrote. botocore says that the pair is incomplete.
# Guess: both halves of a key come from one place, or the profile is refused.
# Hurts: those who edit one of the files; the service says 'the security token is
# invalid', and names neither file.
# Seen: credential-providers 3.1124.0: NEW with the secret of OLD;
# python3-botocore 1.29.27+repack-1: PartialCredentialsError.
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

printf '%s\n' '[default]' 'aws_access_key_id = OLD' \
	'aws_secret_access_key = secret-of-OLD' >config
printf '%s\n' '[default]' 'aws_access_key_id = NEW' >credentials
seen=$(node --no-warnings key.js
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py)
echo "$seen"
[ "$seen" = 'JavaScript: NEW secret-of-OLD
botocore: PartialCredentialsError' ] || { echo 'this has changed' >&2; exit 1; }
