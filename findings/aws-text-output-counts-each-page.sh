#!/bin/sh
# `aws dms describe-connections --output text` works --query out on each page of 100:
# with 150 connections `length(Connections)` prints 100 and 50, on two lines, and a query
# for the last one prints one of each page. With --output json it is worked out once.
# Guess: --output chooses how the same result is written.
# Hurts: scripts that put the number into a variable, and are right until an account has
# more than a page.
# Seen: awscli 2.9.19-1: json 150, text 100 50; the last one: 149; 99 and 149.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' awscli 2>/dev/null)" = 2.9.19-1 ] ||
	apt-get -qq install awscli=2.9.19-1
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_REGION=eu-west-1 HOME="$dir"

cat >server.js <<'END'
const page = (from, to) => Array.from({ length: to - from },
	(_, i) => ({ Status: `number-${from + i}` }));
require('http').createServer((request, response) => {
	let body = '';
	request.on('data', (data) => { body += data; }).on('end', () => {
		response.end(JSON.stringify(JSON.parse(body).Marker ?
			{ Connections: page(100, 150) } :
			{ Connections: page(0, 100), Marker: 'more' }));
	});
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
node server.js 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
ask() {
	/usr/bin/aws --endpoint-url "http://127.0.0.1:$(cat port)" \
		dms describe-connections --output "$1" --query "$2" | xargs
}

seen="json: $(ask json 'length(Connections)') $(ask json 'Connections[-1].Status')
text: $(ask text 'length(Connections)') $(ask text 'Connections[-1].Status')"
echo "$seen"
[ "$seen" = 'json: 150 number-149
text: 100 50 number-99 number-149' ] || { echo 'this has changed' >&2; exit 1; }
