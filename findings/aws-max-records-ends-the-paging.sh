#!/bin/sh
# `aws dms describe-connections --max-records 50` fetches the first page alone: naming the
# service's own parameter for the size of a page, on the command line or by
# --cli-input-json, switches paging off without a word. --page-size 50 sends the same
# parameter and fetches all pages.
# Guess: it sets the size of the pages, all of which are fetched as ever.
# Hurts: those who write down the largest page for speed, or keep the request in a file: a
# --query works on the first page, and its Marker, which would tell, is not in the result.
# Seen: awscli 2.9.19-1: see the end.
set -eu
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
cd "$dir"
[ "$(dpkg-query -W -f '${Version}' awscli 2>/dev/null)" = 2.9.19-1 ] ||
	apt-get -qq install awscli=2.9.19-1 >/dev/null
export AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_REGION=eu-west-1 HOME="$dir"
export no_proxy=127.0.0.1

# 120 connections, in pages of as many as are asked for.
cat >server.js <<'END'
require('http').createServer((request, response) => {
	let body = '';
	request.on('data', (data) => { body += data; }).on('end', () => {
		const { MaxRecords = 100, Marker = 0 } = JSON.parse(body);
		const end = Math.min(120, Number(Marker) + MaxRecords);
		const Connections = Array(end - Marker).fill({ Status: 'successful' });
		response.end(JSON.stringify({ Connections, Marker: end < 120 ? `${end}` : undefined }));
	});
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
node server.js 2>port & pid=$!
until [ -s port ]; do sleep 0.1; done
count() {
	printf '%s' "$*: "
	/usr/bin/aws --endpoint-url "http://127.0.0.1:$(cat port)" --output json \
		dms describe-connections --query 'length(Connections)' "$@"
}
seen=$(count
	count --page-size 50
	count --max-records 50
	count --cli-input-json '{"MaxRecords": 50}')
echo "$seen"
[ "$seen" = ': 120
--page-size 50: 120
--max-records 50: 50
--cli-input-json {"MaxRecords": 50}: 50' ] || { echo 'this has changed' >&2; exit 1; }
