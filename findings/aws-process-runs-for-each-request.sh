#!/bin/sh
# Where credential_process gives keys that live for less than 15 minutes, botocore runs it
# anew for each request: it renews 15 minutes before the end, and keys that are younger and
# shorter do not stop it. With 10 minutes, five requests are six runs. The AWS SDK for
# JavaScript, which renews five minutes before the end, runs it once.
# Guess: it is run again when a good part of the time is over, or near the end.
# Hurts: those whose helper hands out short keys (Vault, a role of 15 minutes): each request
# waits for the program, asks the server behind it, and may meet its limit.
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
export HOME="$dir" AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE="$dir/config" AWS_SHARED_CREDENTIALS_FILE="$dir/credentials"
export AWS_REGION=eu-west-1

# Gives keys for as many seconds as it is told.
cat >program <<'END'
echo run >>"$HOME/runs"
end=$(date -u -d "+$1 seconds" +%Y-%m-%dT%H:%M:%SZ)
echo "{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"S\"," \
	"\"SessionToken\": \"T\", \"Expiration\": \"$end\"}"
END
# What both do before they sign a request.
cat >sign.py <<'END'
import botocore.session
keys = botocore.session.Session().get_credentials()
for request in range(5):
    keys.get_frozen_credentials()
END
cat >sign.js <<'END'
const dms = require('@aws-sdk/client-database-migration-service');
const { config } = new dms.DatabaseMigrationServiceClient({});
(async () => {
	for (let request = 0; request < 5; request++)
		await config.credentials();
})();
END
: >credentials
count() {
	printf '%s\n' '[default]' "credential_process = sh $dir/program $1" >config
	: >runs
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 sign.py
	python=$(wc -l <runs)
	: >runs
	node --no-warnings sign.js 2>warning
	echo "$1 s: botocore $python, JavaScript $(wc -l <runs)"
}
seen=$(count 600
	count 1800)
echo "$seen"
[ "$seen" = '600 s: botocore 6, JavaScript 1
1800 s: botocore 1, JavaScript 1' ] || { echo 'this has changed' >&2; exit 1; }
