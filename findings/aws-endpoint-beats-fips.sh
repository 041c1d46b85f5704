#!/bin/sh
# With AWS_USE_FIPS_ENDPOINT=true and an endpoint of one's own, botocore goes to that
# endpoint without a word, whatever it is; the AWS SDK for JavaScript refuses, as the
# rules of the service say that botocore carries along.
# Guess: both refuse, since nobody can tell whether the endpoint is one of FIPS.
# Hurts: those who must use FIPS, and have a proxy or a VPC endpoint in the config.
# Seen: python3-botocore 1.29.27+repack-1: dms.example.com;
# client-database-migration-service 3.1124.0: EndpointError.
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
export HOME="$dir" AWS_USE_FIPS_ENDPOINT=true AWS_REGION=eu-west-1
export AWS_DEFAULT_REGION=eu-west-1 AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B

# Neither sends anything.
cat >host.js <<'END'
const { DatabaseMigrationServiceClient, DescribeConnectionsCommand } =
	require('@aws-sdk/client-database-migration-service');
const client = new DatabaseMigrationServiceClient({ endpoint: 'https://dms.example.com' });
client.middlewareStack.add(() => async ({ request }) => {
	console.log('JavaScript:', request.hostname);
	process.exit();
}, { step: 'deserialize', priority: 'low' });
client.send(new DescribeConnectionsCommand({}))
	.catch((error) => console.log('JavaScript:', error.name));
END
cat >host.py <<'END'
import os, urllib.parse
import botocore.session

def tell(request, **_):
    print("botocore:", urllib.parse.urlsplit(request.url).hostname, flush=True)
    os._exit(0)

client = botocore.session.Session().create_client(
    "dms", endpoint_url="https://dms.example.com")
client.meta.events.register("before-send", tell)
client.describe_connections()
END
seen=$(node --no-warnings host.js
	PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 host.py)
echo "$seen"
[ "$seen" = 'JavaScript: EndpointError
botocore: dms.example.com' ] || { echo 'this has changed' >&2; exit 1; }
