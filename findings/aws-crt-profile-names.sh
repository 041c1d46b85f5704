#!/bin/sh
# The AWS Common Runtime knows no profile whose name has an @, a dot or a slash, and
# says of it 'AWS_ERROR_SUCCESS: Success'. botocore takes such names.
# Guess: every profile that the AWS CLI works with is found.
# Hurts: those who name profiles team@account, and read that the error is a success.
# Seen: python3-awscrt 0.16.8+dfsg-1, python3-botocore 1.29.27+repack-1: see the end.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq -o APT::Sandbox::User=root download \
	python3-awscrt=0.16.8+dfsg-1 python3-botocore=1.29.27+repack-1 \
	python3-jmespath python3-urllib3 python3-six python3-dateutil python3-requests \
	python3-certifi python3-chardet python3-charset-normalizer python3-idna
for deb in *.deb; do dpkg -x "$deb" .; done
export HOME="$dir" AWS_CONFIG_FILE="$dir/config" AWS_SHARED_CREDENTIALS_FILE="$dir/none"
: >none

cat >key.py <<'END'
import os
import awscrt.auth, awscrt.io, botocore.session

name = os.environ["AWS_PROFILE"]
group = awscrt.io.EventLoopGroup(1)
bootstrap = awscrt.io.ClientBootstrap(group, awscrt.io.DefaultHostResolver(group))
try:
    provider = awscrt.auth.AwsCredentialsProvider.new_profile(bootstrap, profile_name=name)
    crt = provider.get_credentials().result(10).access_key_id
except Exception as error:
    crt = error
print(f"{name}: botocore {botocore.session.Session().get_credentials().access_key}, CRT {crt}")
END
for name in team-a team@a team.a team/a; do
	printf '[profile %s]\naws_access_key_id = D\naws_secret_access_key = S\n' $name >config
	AWS_PROFILE=$name PYTHONPATH=usr/lib/python3/dist-packages /usr/bin/python3 key.py
done >seen
cat seen
[ "$(cat seen)" = 'team-a: botocore D, CRT D
team@a: botocore D, CRT 0 (AWS_ERROR_SUCCESS): Success.
team.a: botocore D, CRT 0 (AWS_ERROR_SUCCESS): Success.
team/a: botocore D, CRT 0 (AWS_ERROR_SUCCESS): Success.' ] ||
	{ echo 'this has changed' >&2; exit 1; }
