# shellcheck shell=sh
# What tests/package has done in a clean Debian system, as root in there:
# package_trial.sh PACKAGE URL. Ends with one line, "N passed, N failed, N skipped".
set -u

package=$1
url=$2
passed=0
failed=0

# check WHAT COMMAND...: one thing that has to hold; its output if it does not.
check() {
	what=$1
	shift
	if "$@" >/tmp/said 2>&1; then
		passed=$((passed + 1))
		echo "ok: $what"
	else
		failed=$((failed + 1))
		echo "FAILED: $what: $*"
		sed 's/^/    /' /tmp/said
	fi
}

apt() {
	apt-get -q -y --no-install-recommends "$@" >/tmp/apt.log 2>&1 && return
	cat /tmp/apt.log
	return 1
}

leftovers() {
	find / -xdev -name '*dmsfs*' ! -path '/root/*' ! -path '/tmp/*' ! -path '/proc/*'
}

is_gone() {
	leftovers | grep . && return 1
	! dpkg -s dmsfs 2>/dev/null
}

# Mounted there, by that type, and answering.
answers() {
	findmnt -n -t fuse.dmsfs "$1" && grep -q '^State: fresh$' "$1/.dmsfs/status" &&
		[ "$(find "$1" -path "$1/.dmsfs" -prune -o -type f -print | wc -l)" -eq 14 ]
}

unmounted() {
	umount "$1" && ! findmnt "$1"
}

man_renders() {
	man --warnings=w -Tutf8 dmsfs >/tmp/page 2>/tmp/warnings && grep DMSFS /tmp/page &&
		! grep . /tmp/warnings
}

mandoc_is_content() {
	! mandoc -Tlint -Wwarning /usr/share/man/man1/dmsfs.1.gz | grep .
}

# As each shell finds them by itself.
bash_completes() {
	bash --norc -c '. /usr/share/bash-completion/bash_completion
		_completion_loader dmsfs; complete -p dmsfs'
}

zsh_completes() {
	zsh -f -c 'autoload -Uz compinit; compinit -u -D; [[ $_comps[dmsfs] = _dmsfs ]]'
}

fish_completes() {
	fish -c 'complete -C "dmsfs --reg"' | grep -e --region
}

as_user() {
	setpriv --reuid=me --regid=me --init-groups env HOME=/home/me "$@"
}

refuses_allow_other() {
	! as_user dmsfs --allow-other trial@us-east-1 /home/me/dms 2>/tmp/refusal &&
		grep user_allow_other /tmp/refusal && grep /etc/fuse.conf /tmp/refusal
}

apt update || exit 1
apt install man-db mandoc bash-completion zsh fish systemd || exit 1

check "the package installs" apt install "$package"
check "the program starts" dmsfs --version
check "the man page renders without warnings" man_renders
check "mandoc finds nothing in it" mandoc_is_content
check "bash finds the completion" bash_completes
check "zsh finds the completion" zsh_completes
check "fish finds the completion" fish_completes

mkdir -p /mnt/dms /mnt/helper /etc/dmsfs /root/.aws
cat >/root/.aws/config <<END
[profile trial]
region = us-east-1
endpoint_url = $url
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
END
cat >/etc/fstab <<END
trial@us-east-1 /mnt/dms fuse.dmsfs _netdev,nofail,allow_other 0 0
trial@us-east-1 /mnt/helper dmsfs _netdev,nofail 0 0
END
echo DMSFS_SOURCE=trial@us-east-1 >/etc/dmsfs/trial.conf

check "the unit is well-formed" systemd-analyze --man=no verify dmsfs@trial.service
for point in /mnt/dms /mnt/helper; do
	check "fstab mounts $point, without HOME" env -u HOME mount "$point"
	check "$point answers" answers "$point"
	check "$point is unmounted" unmounted "$point"
done

useradd --create-home me
cp -R /root/.aws /home/me/
mkdir /home/me/dms
chown -R me: /home/me
check "a user mounts" as_user dmsfs trial@us-east-1 /home/me/dms
check "the user's mount answers" as_user grep '^State: fresh' /home/me/dms/.dmsfs/status
check "the user unmounts" as_user fusermount3 -u /home/me/dms
check "allow_other is refused, and why is told" refuses_allow_other

rm -r /etc/dmsfs
check "the package is purged" apt purge dmsfs
check "nothing of it is left" is_gone

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
