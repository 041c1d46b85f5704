#!/bin/sh
# botocore reads AWS_SECURITY_TOKEN, the name of the years before AWS_SESSION_TOKEN, and
# where both are set it takes the old one; so with aws_security_token in
# ~/.aws/credentials. Beside a key pair without a token it is sent along, too. The AWS SDK
# for JavaScript knows the new names alone.
# Guess: the new name comes first; the old one is the spare.
# Hurts: those whose login tool writes both and who then paste new keys by hand, or export
# them in a shell that has an old AWS_SECURITY_TOKEN: 'the security token is invalid'.
# Seen: python3-botocore 1.29.27+repack-1: OLD, each time; credential-providers 3.1124.0:
# NEW, NEW, none.
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

cat >token.js <<'END'
require('@aws-sdk/credential-providers').fromNodeProviderChain()()
	.then((c) => console.log('JavaScript:', c.sessionToken || 'none'));
END
cat >session_token.py <<'END'
import botocore.session
print("botocore:", botocore.session.Session().get_credentials().token or "none")
END
token() {
	echo "$1:"
	shift
	env "$@" node --no-warnings token.js 2>warning
	env "$@" PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 session_token.py
}

: >config
printf '%s\n' '[default]' 'aws_access_key_id = A' 'aws_secret_access_key = S' \
	'aws_session_token = NEW' 'aws_security_token = OLD' >credentials
pair='AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S'
# shellcheck disable=SC2086
seen=$(token 'file, both' AWS_REGION=eu-west-1
	token 'variables, both' $pair AWS_SESSION_TOKEN=NEW AWS_SECURITY_TOKEN=OLD
	token 'variables, the old one' $pair AWS_SECURITY_TOKEN=OLD)
echo "$seen"
[ "$seen" = 'file, both:
JavaScript: NEW
botocore: OLD
variables, both:
JavaScript: NEW
botocore: OLD
variables, the old one:
JavaScript: none
botocore: OLD' ] || { echo 'this has changed' >&2; exit 1; }
