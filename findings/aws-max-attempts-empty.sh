#!/bin/sh
# AWS_MAX_ATTEMPTS= (set, but empty) or any text that is no whole number ends each call of
# botocore with Python's own ValueError, which names neither the variable nor AWS. The AWS
# SDK for JavaScript takes it for 3, and 1.5 and 1e1 for 1; and it takes an unknown
# AWS_RETRY_MODE, which botocore refuses.
# Guess: empty is as good as not set, and what cannot be read is refused by name.
# Hurts: those whose compose file passes the variable on: 'invalid literal for int() with
# base 10' from the CLI; and those who misspell it and believe in ten tries of JavaScript.
# Seen: python3-botocore 1.29.27+repack-1, client-database-migration-service 3.1124.0: see
# the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/client-database-migration-service@3.1124.0 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download python3-botocore=1.29.27+repack-1 \
	python3-jmespath python3-urllib3 python3-six python3-dateutil python3-requests \
	python3-certifi python3-chardet python3-charset-normalizer python3-idna
for deb in *.deb; do dpkg -x "$deb" .; done
export HOME="$dir" AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B

cat >retry.js <<'END'
const dms = require('@aws-sdk/client-database-migration-service');
const { config } = new dms.DatabaseMigrationServiceClient({});
(async () => console.log('JavaScript:', await config.maxAttempts(), await config.retryMode()))();
END
cat >retry.py <<'END'
import botocore.session
try:
    client = botocore.session.Session().create_client("dms")
    print("botocore:", client.meta.config.retries)
except Exception as error:
    print("botocore:", type(error).__name__ + ":", error)
END
both() {
	echo "$1"
	env "$1" node --no-warnings retry.js 2>warning
	env "$1" PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 retry.py |
		sed 's/[^A-Za-z0-9 :()_]//g' | cut -c -70
}
seen=$(both AWS_MAX_ATTEMPTS=
	both AWS_MAX_ATTEMPTS=1e1
	both AWS_RETRY_MODE=standart)
echo "$seen"
[ "$seen" = 'AWS_MAX_ATTEMPTS=
JavaScript: 3 standard
botocore: ValueError: invalid literal for int() with base 10: 
AWS_MAX_ATTEMPTS=1e1
JavaScript: 1 standard
botocore: ValueError: invalid literal for int() with base 10: 1e1
AWS_RETRY_MODE=standart
JavaScript: 3 standart
botocore: InvalidRetryModeError: Invalid value provided to mode: stand' ] || { echo 'this has changed' >&2; exit 1; }
