#!/bin/sh
# With AWS_RETRY_MODE=standard (or adaptive) botocore does not ask again after HTTP 429
# without a code in the body, which it does in its legacy mode, four times. Other statuses
# that pass, as 503, are asked again in each mode.
# Guess: the newer modes ask again for all that the old one does; 429 first of all.
# Hurts: those who follow the advice to set standard, behind a gateway or proxy that
# throttles by 429 and a text of its own.
# Seen: python3-botocore 1.29.27+repack-1 (and 1.43.11): see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download python3-botocore=1.29.27+repack-1 \
	python3-jmespath python3-urllib3 python3-six python3-dateutil python3-requests \
	python3-certifi python3-chardet python3-charset-normalizer python3-idna
for deb in *.deb; do dpkg -x "$deb" .; done
export HOME="$dir" AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B

cat >asked.py <<'END_OF_FILE'
import http.server, os, threading, time
import botocore.exceptions, botocore.session

time.sleep = lambda seconds: None  # between the attempts


class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.count += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


with http.server.HTTPServer(("127.0.0.1", 0), Service) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for status in (429, 503):
        for mode in ("legacy", "standard", "adaptive"):
            server.status, server.count = status, 0
            os.environ["AWS_RETRY_MODE"] = mode
            try:
                botocore.session.Session().create_client(
                    "dms", "eu-west-1",
                    endpoint_url=f"http://127.0.0.1:{server.server_address[1]}",
                ).describe_connections()
            except botocore.exceptions.ClientError:
                print(f"{status}, {mode}: {server.count} requests")
    server.shutdown()
END_OF_FILE
PYTHONPATH=usr/lib/python3/dist-packages timeout 120 /usr/bin/python3 asked.py >seen
cat seen
[ "$(cat seen)" = '429, legacy: 5 requests
429, standard: 1 requests
429, adaptive: 1 requests
503, legacy: 5 requests
503, standard: 3 requests
503, adaptive: 3 requests' ] || { echo 'this has changed' >&2; exit 1; }
