#!/bin/sh
# Where a credential_process writes an Expiration that Date cannot read, the AWS SDK for
# JavaScript takes the keys for ones that never expire: it runs the program once, and
# signs with its keys for ever. '2026-11-28T19:00:46UTC', which botocore reads, is such a
# time for a minute from now; with a Z for the UTC the program is run again.
# Guess: a time that cannot be read is refused, or counts as past.
# Hurts: services that run on after the end of such keys, and find no reason.
# Seen: credential-providers 3.1124.0: of three calls Z: 3 keys; UTC, soon: 1 key.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
	@aws-sdk/credential-providers@3.1124.0 >/dev/null
export HOME="$dir" AWS_CONFIG_FILE="$dir/config" AWS_SHARED_CREDENTIALS_FILE=/dev/null

cat >print <<'END'
#!/bin/sh
count=$(($(cat count) + 1))
echo "$count" >count
printf '{"Version":1,"AccessKeyId":"KEY%s","SecretAccessKey":"s","Expiration":"%s"}' \
	"$count" "$1"
END
chmod +x print
cat >ask.js <<'END'
const { fromProcess } = require('@aws-sdk/credential-providers');
const { memoizeIdentityProvider, isIdentityExpired, doesIdentityRequireRefresh } =
	require('@smithy/core');
// As every client of the SDK does with what it is given.
const credentials = memoizeIdentityProvider(fromProcess(), isIdentityExpired,
	doesIdentityRequireRefresh);
(async () => {
	for (let i = 0; i < 3; i++)
		console.log((await credentials()).accessKeyId);
})();
END
keys() {
	echo 0 >count
	printf '[default]\ncredential_process = %s/print "%s"\n' "$dir" "$1" >config
	node --no-warnings ask.js | sort -u | wc -l
}

seen="Z: $(keys "$(date -u -d '+60 seconds' +%FT%TZ)"), \
UTC: $(keys "$(date -u -d '+60 seconds' +%FT%TUTC)"), soon: $(keys soon)"
echo "$seen"
[ "$seen" = 'Z: 3, UTC: 1, soon: 1' ] || { echo 'this has changed' >&2; exit 1; }
