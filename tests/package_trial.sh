# shellcheck shell=sh
# What tests/package has done in a clean Debian system, as root in there, a stage after
# the other: install PACKAGE URL, and prepare-boot, in a chroot; boot, in that system
# booted; purge, in a chroot again. A line for each thing that has to hold, which
# begins with "ok: ", "FAILED: " or "skipped: ".
set -u

# check WHAT COMMAND...: one thing that has to hold; its output if it does not.
check() {
	what=$1
	shift
	if "$@" >/tmp/said 2>&1; then
		echo "ok: $what"
	else
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

# In the booted system

is_shown() {
	systemctl show --value -p "$1" dmsfs@trial | tee /dev/stderr | grep -qx "$2"
}

is_private() {
	[ "$(stat -c %U%a "$1")" = root600 ]
}

# within SECONDS COMMAND...: it comes to hold.
within() {
	left=$1
	shift
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return
		sleep 1
	done
}

mounts_on_a_look() {
	ls "$1" && answers "$1"
}

is_up_again() {
	is_shown NRestarts 1 && is_shown ActiveState active
}

journal_has() {
	journalctl --sync
	journalctl -u dmsfs@trial | grep -e "$1"
}

# edit TEXT: on the service, the failure text of one connection.
edit() {
	url=$(sed -n 's/^endpoint_url = //p' /root/.aws/config)
	curl -fsS -d '{"edits":[{"range":[0,1],"set":{"LastFailureMessage":"'"$1"'"}}]}' \
		"$url/_sim/edit"
}

# shows_edit MOUNTPOINT TEXT: the mount, asked for a listing.
shows_edit() {
	touch "$1/.dmsfs/refresh" && grep -q "	$2\$" "$1/.dmsfs/changes"
}

# The texts of the lines of changes, without times, each with a comma behind it.
texts() {
	cut -f 5 | sed 's/ since [^ ]*//' | tr '\n' ',' | tee /dev/stderr
}

tells() {
	texts <"$1/.dmsfs/changes" | grep -qx "$2,"
}

# That it ended in order, and began again; and nothing that is wrong with the state.
journal_is_calm() {
	journalctl --sync
	journalctl -o cat -u dmsfs@trial | grep state && return 1
	journal_has 'Stopped dmsfs@trial' && journal_has 'Started dmsfs@trial'
}

debugs() {
	systemctl kill --kill-whom=main -s USR2 dmsfs@trial &&
		within 10 journal_has 'SIGUSR2 turned debugging on' &&
		systemctl kill --kill-whom=main -s USR2 dmsfs@trial &&
		within 10 journal_has 'SIGUSR2 turned debugging off'
}

# A wrong command line does not mend itself, so that it is not tried again.
fails_for_good() {
	echo 'DMSFS_OPTIONS=--frobnicate' >/etc/dmsfs/wrong.conf
	! systemctl start dmsfs@wrong &&
		[ "$(systemctl show --value -p ActiveState -p NRestarts dmsfs@wrong |
			sort | tr -d '\n')" = 0failed ]
}

own_systemctl() {
	as_user XDG_RUNTIME_DIR="/run/user/$(id -u me)" systemctl --user "$@"
}

# As in the mount of all, by a user who may not look into those of others.
as_user_shows_edit() {
	as_user touch /home/me/own/.dmsfs/refresh &&
		as_user grep "	$1\$" /home/me/own/.dmsfs/changes
}

as_user_tells() {
	as_user cat /home/me/own/.dmsfs/changes | texts | grep -qx "$1,"
}

own_manager_runs() {
	loginctl enable-linger me && within 30 own_systemctl is-active default.target
}

# The stages

prepare() {
	apt update || exit 1
	apt install man-db mandoc bash-completion zsh fish systemd || exit 1
	mkdir -p /mnt/dms /mnt/helper /mnt/auto /etc/dmsfs /root/.aws
	cat >/root/.aws/config <<-END
		[profile trial]
		region = us-east-1
		endpoint_url = $url
		aws_access_key_id = AKIAIOSFODNN7EXAMPLE
		aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
	END
	cat >/etc/fstab <<-END
		trial@us-east-1 /mnt/dms fuse.dmsfs _netdev,nofail,allow_other 0 0
		trial@us-east-1 /mnt/helper dmsfs _netdev,nofail 0 0
		trial@us-east-1 /mnt/auto fuse.dmsfs _netdev,nofail,x-systemd.automount 0 0
	END
	echo DMSFS_SOURCE=trial@us-east-1 >/etc/dmsfs/trial.conf
	useradd --create-home --shell /bin/sh me
	cp -R /root/.aws /home/me/
	mkdir -p /home/me/dms /home/me/.config/dmsfs
	echo DMSFS_SOURCE=trial@us-east-1 >/home/me/.config/dmsfs/own.conf
	chown -R me: /home/me
}

try_installed() {
	check "the package installs" apt install "$package"
	check "the program starts" dmsfs --version
	check "the man page renders without warnings" man_renders
	check "mandoc finds nothing in it" mandoc_is_content
	check "bash finds the completion" bash_completes
	check "zsh finds the completion" zsh_completes
	check "fish finds the completion" fish_completes
	check "the unit is well-formed" \
		systemd-analyze --man=no verify dmsfs@trial.service
	for point in /mnt/dms /mnt/helper; do
		check "fstab mounts $point, without HOME" env -u HOME mount "$point"
		check "$point answers" answers "$point"
		check "$point is unmounted" unmounted "$point"
	done
	check "a user mounts" as_user dmsfs trial@us-east-1 /home/me/dms
	check "the user's mount answers" \
		as_user grep '^State: fresh' /home/me/dms/.dmsfs/status
	check "the user unmounts" as_user fusermount3 -u /home/me/dms
	check "allow_other is refused, and why is told" refuses_allow_other
}

# After the first stage: what a system needs to boot, and to do this stage then.
prepare_boot() {
	apt install systemd-sysv dbus dbus-user-session libpam-systemd curl || exit 1
	cat >/etc/systemd/system/dms-trial.service <<-END
		[Unit]
		After=network.target remote-fs.target systemd-logind.service dbus.service
		SuccessAction=poweroff
		FailureAction=poweroff
		[Service]
		Type=oneshot
		Environment=LC_ALL=C.UTF-8
		ExecStart=/bin/sh /root/package_trial.sh boot
		StandardOutput=file:/root/report
		[Install]
		WantedBy=multi-user.target
	END
	systemctl enable dms-trial.service
}

try_booted() {
	for point in /mnt/dms /mnt/helper; do
		check "fstab has mounted $point at boot" answers "$point"
	done
	if [ -e /dev/autofs ]; then
		check "a look mounts /mnt/auto" mounts_on_a_look /mnt/auto
	else
		echo "skipped: a look mounts /mnt/auto (there is no /dev/autofs)"
	fi
	check "the unit starts" systemctl start dmsfs@trial
	check "its mount answers" answers /mnt/trial
	check "it tells its status" within 10 is_shown StatusText \
		'14 connections, [0-9]* failed, refreshed [0-9:]*'
	check "the journal has its messages" journal_has ': us-east-1: 14 connections on 4 '
	check "SIGUSR2 debugs to the journal" debugs
	check "the unit is killed" systemctl kill -s KILL dmsfs@trial
	check "it comes again by itself" within 60 is_up_again
	check "its new mount answers" answers /mnt/trial
	check "it remembers the time in which nobody looked" \
		grep -q 'not watched since' /mnt/trial/.dmsfs/changes
	check "its state is root's alone" \
		is_private /var/lib/dmsfs/trial/state
	check "an edit is made" edit 'before the restart'
	check "its mount shows the edit" \
		within 60 shows_edit /mnt/trial 'before the restart'
	check "it starts again in the place of itself" systemctl restart dmsfs@trial
	check "another edit is made" edit 'after the restart'
	check "the mount after it shows that" \
		within 60 shows_edit /mnt/trial 'after the restart'
	check "changes tells all of it once, and when nobody looked" tells /mnt/trial \
		'not watched or later,before the restart,not watched,after the restart'
	check "the journal has the restart, and no complaint" journal_is_calm
	check "the unit stops" systemctl stop dmsfs@trial
	check "it has ended well" is_shown Result success
	check "nothing is mounted then" sh -c '! findmnt /mnt/trial'
	check "a wrong setting is not tried again" fails_for_good
	check "a user's own manager runs" own_manager_runs
	check "the user's unit starts" own_systemctl start dmsfs@own
	check "the mount of the user's unit answers" \
		as_user grep '^State: fresh' /home/me/own/.dmsfs/status
	check "it keeps a state" \
		within 30 as_user sh -c 'test -s /home/me/.local/state/dmsfs/own/state ||
			test -s /home/me/.config/dmsfs/own/state'
	check "an edit is made for the user" edit 'before the restart'
	check "the user's mount shows it" \
		within 60 as_user_shows_edit 'before the restart'
	check "the user's unit starts again" own_systemctl restart dmsfs@own
	check "another edit is made for the user" edit 'after the restart'
	check "the user's mount after it shows that" \
		within 60 as_user_shows_edit 'after the restart'
	check "the user's changes tells all of it once" as_user_tells \
		'before the restart,not watched,after the restart'
	check "the user's unit stops" own_systemctl stop dmsfs@own
}

try_purged() {
	rm -rf /etc/dmsfs /home/me /var/log/journal
	check "the package is removed" apt remove dmsfs
	check "the states are left" test -s /var/lib/dmsfs/trial/state
	check "the package is purged" apt purge dmsfs
	check "nothing of it is left" is_gone
}

case $1 in
install)
	package=$2
	url=$3
	prepare
	try_installed
	;;
prepare-boot) prepare_boot ;;
boot) try_booted ;;
purge) try_purged ;;
esac
