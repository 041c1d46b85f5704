#!/bin/sh
# `aws --output yaml` follows YAML 1.2 and leaves texts as on, off, No and 12:30 without
# quotes. PyYAML (with it Ansible, Salt and nearly all Python) follows YAML 1.1 and reads
# True, False, False and 750. Texts of digits, as 012, have quotes.
# Guess: the texts of an answer come back as texts, since the CLI is in Python itself.
# Hurts: those who feed the answer to Python: names, states and parameter values that are
# `on`, `off` or a time of day become booleans and numbers.
# Seen: awscli 2.9.19-1 with python3-ruamel.yaml 0.17.21-1, python3-yaml 6.0-3+b2.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' awscli 2>/dev/null)" = 2.9.19-1 ] ||
	apt-get -qq install awscli=2.9.19-1 >/dev/null
apt-get -qq -o APT::Sandbox::User=root download python3-yaml=6.0-3+b2 \
	libyaml-0-2=0.2.5-1
for deb in *.deb; do dpkg -x "$deb" .; done
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_REGION=eu-west-1 HOME="$dir"
export no_proxy=127.0.0.1

cat >server.js <<'END'
const Connections = ['on', 'off', 'No', '12:30', '012'].map((Status) => ({ Status }));
require('http').createServer((request, response) => {
	request.resume().on('end', () => response.end(JSON.stringify({ Connections })));
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
cat >read.py <<'END'
import yaml
with open("answer") as file:
    print(*[one["Status"] for one in yaml.safe_load(file)["Connections"]])
END
node server.js 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
/usr/bin/aws --endpoint-url "http://127.0.0.1:$(cat port)" --output yaml \
	dms describe-connections >answer
seen=$(sed -n 's/^- Status: //p' answer | xargs -d '\n'
	LD_LIBRARY_PATH="$(echo "$dir"/usr/lib/*-linux-gnu)" \
		PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 read.py)
echo "$seen"
[ "$seen" = 'on off No 12:30 '\''012'\''
True False False 750 012' ] || { echo 'this has changed' >&2; exit 1; }
