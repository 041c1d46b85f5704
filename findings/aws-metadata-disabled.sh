#!/bin/sh
# AWS_EC2_METADATA_DISABLED: the AWS SDK for JavaScript takes everything but `false`
# (and nothing) for a yes, `0`, `no` and `False` too; botocore takes everything but
# `true`, in any case, for a no, `1` and `yes` too.
# Guess: 1 means yes and 0 means no, for both.
# Hurts: those who set 1 in a container to keep it from the host's role (botocore asks
# all the same), and those who set 0 (the role of the instance is not found).
# Seen: credential-providers 3.1124.0 and python3-botocore 1.29.27+repack-1, see the
# end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/credential-providers@3.1124.0 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download python3-botocore=1.29.27+repack-1 \
	python3-jmespath python3-urllib3 python3-six python3-dateutil python3-requests \
	python3-certifi python3-chardet python3-charset-normalizer python3-idna
for deb in *.deb; do dpkg -x "$deb" .; done

cat >metadata.js <<'END'
const role = JSON.stringify({ Code: 'Success', AccessKeyId: 'ROLE', SecretAccessKey: 'S',
	Token: 'T', Expiration: new Date(Date.now() + 36e5).toISOString().slice(0, 19) + 'Z' });
require('http').createServer((request, response) => {
	response.end(request.method === 'PUT' ? 'token' :
		request.url.endsWith('/') ? 'name' : role);
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
END
cat >key.js <<'END'
require('@aws-sdk/credential-providers').fromNodeProviderChain()()
	.then((c) => console.log(c.accessKeyId), () => console.log('none'));
END
cat >key.py <<'END'
import botocore.session
c = botocore.session.Session().get_credentials()
print(c.access_key if c else "none")
END
node metadata.js >port & pid=$!
until [ -s port ]; do sleep 0.1; done
AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$(cat port)
export HOME="$dir" AWS_EC2_METADATA_SERVICE_ENDPOINT
for value in true false 1 0; do
	export AWS_EC2_METADATA_DISABLED=$value
	js=$(node --no-warnings key.js)
	py=$(PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py)
	echo "$value: JavaScript $js, botocore $py"
done >seen
cat seen
[ "$(cat seen)" = 'true: JavaScript none, botocore none
false: JavaScript ROLE, botocore ROLE
1: JavaScript none, botocore ROLE
0: JavaScript none, botocore ROLE' ] || { echo 'this has changed' >&2; exit 1; }
