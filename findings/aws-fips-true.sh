#!/bin/sh
# AWS_USE_FIPS_ENDPOINT=True is true for botocore, which lowers the case. The AWS SDK
# for JavaScript knows `true` alone and goes to the ordinary endpoint without a word;
# the same holds for use_fips_endpoint in ~/.aws/config.
# Guess: True is taken as true, or refused as no value that is known.
# Hurts: those who must use FIPS endpoints and set the variable as Python or YAML spell
# it.
# Seen: python3-botocore 1.29.27+repack-1: dms-fips.eu-west-1;
# client-database-migration-service 3.1124.0: dms.eu-west-1 for True, dms-fips for true.
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
export HOME="$dir" AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B

cat >host.js <<'END'
const dms = require('@aws-sdk/client-database-migration-service');
const requestHandler = { handle(request) {
	console.log('JavaScript:', request.hostname);
	process.exit();
} };
new dms.DatabaseMigrationServiceClient({ region: 'eu-west-1', requestHandler })
	.send(new dms.DescribeConnectionsCommand({}));
END
cat >host.py <<'END'
import botocore.session
client = botocore.session.Session().create_client("dms", "eu-west-1")
print("botocore:", client.meta.endpoint_url.split("/")[2])
END
for value in true True; do
	export AWS_USE_FIPS_ENDPOINT=$value
	node --no-warnings host.js
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 host.py
done >seen
cat seen
[ "$(cat seen)" = 'JavaScript: dms-fips.eu-west-1.amazonaws.com
botocore: dms-fips.eu-west-1.amazonaws.com
JavaScript: dms.eu-west-1.amazonaws.com
botocore: dms-fips.eu-west-1.amazonaws.com' ] || { echo 'this has changed' >&2; exit 1; }
