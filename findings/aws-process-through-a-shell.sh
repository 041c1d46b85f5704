#!/bin/sh
# The AWS SDK for JavaScript runs credential_process through a shell, with variables and
# pipes; botocore splits the line into words and runs the program itself.
# Guess: no shell for either, since they document one key for all.
# Hurts: those who test a command with a pipe or a variable in one tool: in the other,
# the program gets `|` and `$NAME` as words.
# Seen: credential-providers 3.1124.0: 'shell S'; python3-botocore 1.29.27+repack-1:
# JSONDecodeError, since printf got the words `$NAME`, `|` and `cat`.
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
[default]
credential_process = printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"S"}' $NAME | cat
END
export NAME=shell
seen=$(keys)
echo "$seen"
[ "$seen" = 'JavaScript: shell S
botocore: JSONDecodeError' ] || { echo 'this has changed' >&2; exit 1; }
