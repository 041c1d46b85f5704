#!/bin/sh
# `curl --aws-sigv4` of Debian 12 signs a query in the order in which it is written, though
# the signature is of the sorted one; and of an upload (-T) it signs an empty body. Sorted
# queries and -d are right.
# Guess: a signature that curl makes is valid, in whatever order the parameters are.
# Hurts: those who try a call with it: whether the service says SignatureDoesNotMatch is a
# matter of the alphabet (Action= before Version= works, prefix= before delimiter= does not).
# Seen: curl 7.88.1-10+deb12u15, against python3-botocore 1.29.27+repack-1: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' curl 2>/dev/null)" = 7.88.1-10+deb12u15 ] ||
	apt-get -qq install curl=7.88.1-10+deb12u15 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download python3-botocore=1.29.27+repack-1 \
	python3-jmespath python3-urllib3 python3-six python3-dateutil python3-requests \
	python3-certifi python3-chardet python3-charset-normalizer python3-idna
for deb in *.deb; do dpkg -x "$deb" .; done
export no_proxy=127.0.0.1

cat >server.js <<'END'
require('http').createServer((request, response) => {
	let body = '';
	request.on('data', (data) => { body += data; }).on('end', () => {
		const { method, url, headers } = request;
		console.log(JSON.stringify({ method, url, headers, body }));
		response.end();
	});
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
cat >check.py <<'END'
import json, re
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

def is_right(got):
    headers = got["headers"]
    names, signature = re.search(
        "SignedHeaders=([^,]+), *Signature=(.+)", headers["authorization"]).groups()
    request = AWSRequest(
        method=got["method"], url="http://" + headers["host"] + got["url"],
        data=got["body"].encode(), headers={name: headers[name] for name in names.split(";")})
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(Credentials("A", "B"), "dms", "eu-west-1")
    text = auth.string_to_sign(request, auth.canonical_request(request))
    return auth.signature(text, request) == signature

with open("requests") as file:
    for got in map(json.loads, file):
        print(got["method"], got["url"], "right" if is_right(got) else "wrong")
END
node server.js >requests 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
call() {
	path=$1
	shift
	/usr/bin/curl -s -o /dev/null --aws-sigv4 aws:amz:eu-west-1:dms --user A:B "$@" \
		"http://127.0.0.1:$(cat port)$path"
}

echo text >file
call '/?a=1&b=2'
call '/?b=2&a=1'
call / -d '{}'
call /file -T file
seen=$(PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 check.py)
echo "$seen"
[ "$seen" = 'GET /?a=1&b=2 right
GET /?b=2&a=1 wrong
POST / right
PUT /file wrong' ] || { echo 'this has changed' >&2; exit 1; }
