# bash completion for dmsfs(1)                             -*- shell-script -*-

_dmsfs_lines()
{
	printf '%s\n' "$@"
}

_dmsfs_regions()
{
	_dmsfs_lines \
		af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 \
		ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 \
		ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 \
		ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 \
		eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 \
		eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 \
		me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 \
		us-gov-east-1 us-gov-west-1 us-west-1 us-west-2
}

# The names of the profiles; not of sso-session and other sections.
_dmsfs_profiles()
{
	local config=${AWS_CONFIG_FILE:-~/.aws/config}
	local credentials=${AWS_SHARED_CREDENTIALS_FILE:-~/.aws/credentials}

	{
		sed -n -e 's/^\[[[:blank:]]*\(default\)[[:blank:]]*\].*/\1/p' \
			-e 's/^\[[[:blank:]]*profile[[:blank:]]\{1,\}\([^]]*\)\].*/\1/p' \
			"${config/#\~\//$HOME/}"
		sed -n 's/^\[[[:blank:]]*\([^]]*\)\].*/\1/p' "${credentials/#\~\//$HOME/}"
	} 2>/dev/null | sed -e 's/[[:blank:]]*$//' -e "s/^[\"']\\(.*\\)[\"']\$/\\1/" | sort -u
}

# The lines of a text that begin with a word, quoted unless something quotes them later.
# Not compgen -W: that expands them, and a profile may be called anything.
_dmsfs_reply()
{
	local line

	while IFS= read -r line; do
		[[ -n $line && $line == "$2"* ]] || continue
		[[ $line != *[!A-Za-z0-9_@%+=:,./-]* || ${3-} ]] || printf -v line %q "$line"
		COMPREPLY+=("$line")
	done <<<"$1"
}

# What PROFILE@REGION may be, or the last of several with commas.
_dmsfs_sources()
{
	local kept='' last=$1 line

	if [[ $1 == *,* ]]; then
		kept=${1%,*},
		last=${1##*,}
	fi
	if [[ $last == *@* ]]; then
		_dmsfs_regions | while read -r line; do
			_dmsfs_lines "$kept${last%@*}@$line"
		done
		return
	fi
	[[ $kept ]] || _dmsfs_lines none
	{
		_dmsfs_regions
		_dmsfs_profiles | sed 's/$/@/'
	} | while IFS= read -r line; do
		_dmsfs_lines "$kept$line"
	done
}

_dmsfs_option_names='
	region= profile= endpoint_url= allow_http endpoint_arn=
	replication_instance_arn= max_records= refresh= refresh_active=
	allow_test allow_delete test_interval= warm= connect_timeout= read_timeout= wait= state= start_stale partial clean_stale log_file= umask= uid= gid=
	allow_other allow_root
	foreground debug quiet auto_unmount noatime nodiratime context= fscontext=
	defcontext= rootcontext= ro _netdev nofail
'

# The last of a list of mount options, or its value.
_dmsfs_mount_options()
{
	local kept='' last=$cur lines

	if [[ $cur == *,* ]]; then
		kept=${cur%,*},
		last=${cur##*,}
	fi
	case $last in
	region=*) lines=$(_dmsfs_regions | sed 's/^/region=/') ;;
	profile=*) lines=$(_dmsfs_profiles | sed 's/^/profile=/') ;;
	*=*) return ;;
	*) lines=$(_dmsfs_lines $_dmsfs_option_names) ;;
	esac
	_dmsfs_reply "$lines" "$last"
	COMPREPLY=("${COMPREPLY[@]/#/"$kept"}")
	[[ ${COMPREPLY-} != *= ]] || compopt -o nospace
}

# bash replaces only what follows the last of its word breaks.
_dmsfs_trim()
{
	local kept=$cur

	[[ $COMP_WORDBREAKS == *@* ]] || kept=${kept//@/}
	[[ $COMP_WORDBREAKS == *=* ]] || kept=${kept//=/}
	[[ $kept == *[@=]* ]] || return
	kept=${cur%"${cur##*[@=]}"}
	COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}

# dmsfs test and dmsfs delete: options, and the files of a mount.
_dmsfs_command()
{
	[[ $prev != --timeout && $split == false ]] || return
	if [[ $cur == -* ]]; then
		_dmsfs_reply "$(_dmsfs_lines --timeout --no-wait -q --quiet -h --help)" "$cur"
		[[ ${words[1]} == delete ]] || _dmsfs_reply --restart "$cur"
		return
	fi
	_filedir
	compopt -o filenames
}

_dmsfs()
{
	local cur prev words cword split
	_init_completion -s -n @ || return

	if [[ $cword -gt 1 && ${words[1]} == @(test|delete) ]]; then
		_dmsfs_command
		return
	fi
	case $prev in
	--region)
		_dmsfs_reply "$(_dmsfs_regions)" "$cur"
		return
		;;
	--profile)
		_dmsfs_reply "$(_dmsfs_profiles)" "$cur"
		return
		;;
	--endpoint-url | --endpoint-arn | --replication-instance-arn | \
		--max-records | --refresh | --refresh-active | --test-interval | --warm | \
		--connect-timeout | --read-timeout | --wait | --umask)
		return
		;;
	--log-file)
		_filedir
		return
		;;
	--state)
		_filedir -d
		return
		;;
	--uid)
		_uids
		return
		;;
	--gid)
		_gids
		return
		;;
	-o)
		_dmsfs_mount_options
		_dmsfs_trim
		return
		;;
	esac
	[[ $split == false ]] || return

	if [[ $cur == -* ]]; then
		_dmsfs_reply "$(_dmsfs_lines \
			--region --profile --endpoint-url --allow-http --endpoint-arn \
			--replication-instance-arn --max-records --refresh \
			--refresh-active --allow-test --allow-delete --test-interval --warm \
			--connect-timeout --read-timeout --umask --uid --gid --allow-other \
			--allow-root --wait --state --start-stale --partial --clean-stale --check \
			--log-file -f --foreground -d \
			--debug -q --quiet -h --help -V --version -o)" "$cur"
		return
	fi
	_filedir -d
	compopt -o filenames
	[[ $cword -ne 1 ]] || _dmsfs_reply "$(_dmsfs_lines test delete)" "$cur"
	_dmsfs_reply "$(_dmsfs_sources "$cur")" "$cur" unquoted
	[[ ${COMPREPLY-} != *@ ]] || compopt -o nospace
	_dmsfs_trim
} &&
	complete -F _dmsfs dmsfs
