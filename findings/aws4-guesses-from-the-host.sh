#!/bin/sh
# The npm package aws4, unless it is told both, takes Region and service from the host's
# name. Of the name of a VPC endpoint it makes the Region `vpce` and the service
# `eu-west-1`, of a FIPS endpoint the service `dms-fips`, and of a dual-stack name
# (api.aws) us-east-1 and no service. aws4fetch is right on FIPS and wrong on the others.
# Guess: it knows the forms of names that AWS gives to its endpoints.
# Hurts: those who replace the host by that of their VPC endpoint or a FIPS one: 'Credential
# should be scoped to a valid region', which their code nowhere names.
# Seen: aws4 1.13.2, aws4fetch 1.0.20: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	aws4@1.13.2 \
	aws4fetch@1.0.20 >/dev/null

cat >scope.js <<'END'
const keys = { accessKeyId: 'A', secretAccessKey: 'B' };
import('aws4fetch').then(({ AwsV4Signer }) => {
	for (const host of ['dms.eu-west-1.amazonaws.com',
		'vpce-0a1b2c3d-4e5f.dms.eu-west-1.vpce.amazonaws.com',
		'dms-fips.us-east-1.amazonaws.com', 'dms.eu-west-1.api.aws']) {
		const { Authorization } = require('aws4').sign({ host, path: '/' }, keys).headers;
		const other = new AwsV4Signer({ url: `https://${host}/`, ...keys });
		console.log(host, /\d{8}\/(.*)\/aws4_request/.exec(Authorization)[1],
			`${other.region}/${other.service}`);
	}
});
END
seen=$(node scope.js)
echo "$seen"
[ "$seen" = 'dms.eu-west-1.amazonaws.com eu-west-1/dms eu-west-1/dms
vpce-0a1b2c3d-4e5f.dms.eu-west-1.vpce.amazonaws.com vpce/eu-west-1 eu-west-1/vpce
dms-fips.us-east-1.amazonaws.com us-east-1/dms-fips us-east-1/dms
dms.eu-west-1.api.aws us-east-1/ us-east-1/' ] || { echo 'this has changed' >&2; exit 1; }
