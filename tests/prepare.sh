# shellcheck shell=sh
# Sourced by tests/run, tests/demo and .ci/run: installs what is missing and builds.
# The caller has set ROOT, the top of the checkout, and CALLER, its name in messages.

# What a package is needed for, then its name for apt, dnf, apk and pacman. A
# hyphen: comes with another package of that distribution.
packages='
build    gcc                  gcc                 build-base        base-devel
build    libc6-dev            glibc-devel         linux-headers     -
build    meson                meson               meson             meson
build    pkg-config           pkgconf-pkg-config  pkgconf           pkgconf
build    libfuse3-dev         fuse3-devel         fuse3-dev         fuse3
build    fuse3                fuse3               fuse3             -
build    libcurl4-openssl-dev libcurl-devel       curl-dev          curl
build    libssl-dev           openssl-devel       openssl-dev       openssl
build    libcjson-dev         cjson-devel         cjson-dev         cjson
build    libexpat1-dev        expat-devel         expat-dev         expat
build    libseccomp-dev       libseccomp-devel    libseccomp-dev    libseccomp
build    libmicrohttpd-dev    libmicrohttpd-devel libmicrohttpd-dev libmicrohttpd
demo     inotify-tools        inotify-tools       inotify-tools     inotify-tools
test     ca-certificates      ca-certificates     ca-certificates   ca-certificates
test     libcmocka-dev        libcmocka-devel     cmocka-dev        cmocka
test     python3-pytest       python3-pytest      py3-pytest        python-pytest
test     awscli               awscli2             aws-cli           aws-cli-v2
test     python3-boto3        python3-boto3       py3-boto3         python-boto3
test     openssl              openssl             openssl           -
test     inotify-tools        inotify-tools       inotify-tools     inotify-tools
test     bash-completion      bash-completion     bash-completion   bash-completion
test     zsh                  zsh                 zsh               zsh
test     fish                 fish                fish              fish
test     man-db               man-db              man-db            man-db
test     mandoc               mandoc              mandoc            mandoc
test     bsdextrautils        util-linux          util-linux-misc   util-linux
test     tzdata               tzdata              tzdata            tzdata
test     entr                 entr                entr              entr
test     rsyslog              rsyslog             rsyslog           -
test     less                 less                less              less
test     jq                   jq                  jq                jq
tools    -                    -                   gojq              gojq
tools    -                    -                   prometheus        prometheus
tools    - - prometheus-node-exporter prometheus-node-exporter
sanitize -                    libasan             -                 -
sanitize -                    libubsan            -                 -
coverage gcovr                gcovr               gcovr             gcovr
valgrind valgrind            valgrind            valgrind          valgrind
fuzz     clang                clang               clang             clang
fuzz     libclang-rt-dev      compiler-rt         compiler-rt       compiler-rt
lint     clang-format         clang-tools-extra   clang-extra-tools -
lint     clang-tidy           -                   -                 -
lint     cppcheck             cppcheck            cppcheck          cppcheck
lint     shellcheck           ShellCheck          shellcheck        shellcheck
package  dpkg-dev             -                   -                 -
package  debhelper            -                   -                 -
package  debootstrap          -                   -                 -
package  systemd-container    -                   -                 -
package  rpm                  rpm-build           -                 -
package  lintian              -                   -                 -
'

say() {
	echo "$CALLER: $*" >&2
}

die() {
	say "$*"
	exit 1
}

package_manager() {
	for manager in apt-get dnf apk pacman; do
		if command -v "$manager" >/dev/null; then
			echo "$manager"
			return
		fi
	done
}

# package_names MANAGER PURPOSE...
package_names() {
	case $1 in
	apt-get) column=2 ;;
	dnf) column=3 ;;
	apk) column=4 ;;
	pacman) column=5 ;;
	esac
	shift
	echo "$packages" | awk -v column="$column" -v purposes=" $* " \
		'index(purposes, " " $1 " ") && $column != "-" { print $column }'
}

# is_installed MANAGER PACKAGE
is_installed() {
	case $1 in
	apt-get) dpkg-query -W -f '${Status}' "$2" 2>/dev/null | grep -q ' installed$' ;;
	dnf) rpm -q --whatprovides "$2" >/dev/null 2>&1 ;;
	apk) apk info -e "$2" >/dev/null 2>&1 ;;
	pacman) pacman -Q "$2" >/dev/null 2>&1 || pacman -Qg "$2" >/dev/null 2>&1 ;;
	esac
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "not root, and there is no sudo; to be run as root: $*"
	fi
}

# install_packages MANAGER PACKAGE...
install_packages() {
	manager=$1
	shift
	case $manager in
	apt-get)
		as_root apt-get update -q || say "the lists of packages may be old"
		as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -q -y --no-install-recommends "$@"
		;;
	dnf) as_root dnf install -y "$@" ;;
	apk) as_root apk add --update-cache "$@" ;;
	# Without -y the lists may be missing, with it half of the system upgraded.
	pacman)
		as_root pacman -S --needed --noconfirm "$@" ||
			as_root pacman -Sy --needed --noconfirm "$@"
		;;
	esac
}

# install_missing PURPOSE...
install_missing() {
	manager=$(package_manager)
	if [ -z "$manager" ]; then
		say "none of apt-get, dnf, apk and pacman is here; building with what is"
		return
	fi
	missing=
	for package in $(package_names "$manager" "$@"); do
		is_installed "$manager" "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	say "installing with $manager:$missing"
	# shellcheck disable=SC2086 # one word a package
	install_packages "$manager" $missing >&2 </dev/null ||
		die "the packages above could not be installed"
}

# Provides the tools, or says which tests have to go without. Those of apt are unpacked
# into build-tools, by which PATH then ends: installed there, a server listens on all
# addresses at once, and again after each boot.
provide_tools() {
	manager=$(package_manager)
	case $manager in
	'') ;;
	apt-get)
		PATH=$PATH:$ROOT/build-tools/usr/bin
		unpack_tool gojq gojq
		unpack_tool prometheus-node-exporter prometheus-node-exporter
		unpack_tool promtool promtool prometheus
		;;
	*) install_missing tools ;;
	esac
}

# unpack_tool PROGRAM PACKAGE...: of the first package that there is, one for each release.
unpack_tool() {
	program=$1
	shift
	! command -v "$program" >/dev/null || return 0
	for package in "$@"; do
		unpack "$package" >&2 </dev/null && return
	done
	say "there is no $program, so its tests are skipped"
}

unpack() {
	say "unpacking $1 into $ROOT/build-tools"
	mkdir -p "$ROOT/build-tools" || return
	(
		cd "$ROOT/build-tools" || exit
		{ download "$1" || { as_root apt-get update -q && download "$1"; }; } &&
			dpkg-deb -x "$1"_*.deb . && rm -f "$1"_*.deb
	)
}

download() {
	apt-get -q -o APT::Sandbox::User="$(id -un)" download "$1"
}

# build DIR [MESON_OPTION...]: configured anew each time, since packages may have
# come since the last; the log is shown when it fails.
build() {
	set_up "$@"
	say "building into $1"
	meson compile -C "$1" >>"$1/build.log" 2>&1 && return
	cat "$1/build.log" >&2
	die "the build failed; its log is $1/build.log"
}

# The same without compiling.
set_up() {
	dir=$1
	shift
	mkdir -p "$dir" || exit 1
	log=$dir/build.log
	mode=
	[ ! -e "$dir/meson-private/coredata.dat" ] || mode=--reconfigure
	{
		meson setup $mode "$@" "$dir" "$ROOT" ||
			meson setup --wipe "$@" "$dir" "$ROOT"
	} >"$log" 2>&1 && return
	cat "$log" >&2
	die "the build cannot be set up; its log is $log"
}

# Says on stdout why no file system can be mounted here; nothing if one can.
why_no_fuse() {
	if [ ! -e /dev/fuse ]; then
		echo "there is no /dev/fuse"
	elif ! (exec 3<>/dev/fuse) 2>/dev/null; then
		echo "/dev/fuse cannot be opened"
	elif [ "$(id -u)" -eq 0 ] && ! has_sys_admin; then
		echo "root may not mount here (no CAP_SYS_ADMIN)"
	fi
}

has_sys_admin() {
	capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
	[ $(((0x$capabilities >> 21) & 1)) -eq 1 ]
}

# No account, profile or proxy of whoever runs this reaches a test.
clean_environment() {
	for name in $(env | sed -n 's/^\(AWS_[A-Za-z0-9_]*\)=.*/\1/p'); do
		unset "$name"
	done
	unset http_proxy https_proxy all_proxy no_proxy
	unset HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
}
