# fish completion for dmsfs(1)

function __dmsfs_regions
    printf '%s\n' \
        af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 \
        ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 \
        ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 \
        ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 \
        eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 \
        eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 \
        me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 \
        us-gov-east-1 us-gov-west-1 us-west-1 us-west-2
end

# The names of the profiles; not of sso-session and other sections.
function __dmsfs_profiles
    set -l config ~/.aws/config
    set -l credentials ~/.aws/credentials
    if test -n "$AWS_CONFIG_FILE"
        set config (string replace -r '^~/' ~/ -- $AWS_CONFIG_FILE)
    end
    if test -n "$AWS_SHARED_CREDENTIALS_FILE"
        set credentials (string replace -r '^~/' ~/ -- $AWS_SHARED_CREDENTIALS_FILE)
    end
    begin
        test -r $config
        and string replace -rf '^\[\s*(?:profile\s+([^]]+?)|(default))\s*\].*' '$1$2' <$config
        test -r $credentials
        and string replace -rf '^\[\s*([^]]+?)\s*\].*' '$1' <$credentials
    end | string match -v '' | string trim -c '"\'' | sort -u
end

# [PROFILE@]REGION, or the last of several with commas
function __dmsfs_sources
    set -l token (commandline -ct)
    set -l done (string match -r '^.*,' -- $token; or echo)
    if string match -q '*@*' -- (string replace -r '^.*,' '' -- $token)
        printf '%s\n' (string replace -r '[^@]*$' '' -- $token)(__dmsfs_regions)
        return
    end
    test -n "$done"
    or echo none
    printf '%s\n' $done(__dmsfs_regions) $done(__dmsfs_profiles)@
end

# The last of a list of mount options, or its value.
function __dmsfs_mount_options
    set -l token (commandline -ct)
    set -l done (string match -r '^.*,' -- $token; or echo)
    set -l last (string replace -r '^.*,' '' -- $token)
    switch $last
        case 'region=*'
            printf '%s\n' $done"region="(__dmsfs_regions)
        case 'profile=*'
            printf '%s\n' $done"profile="(__dmsfs_profiles)
        case '*=*'
        case '*'
            printf '%s\n' $done{region=,profile=,endpoint_url=,allow_http} \
                $done{endpoint_arn=,replication_instance_arn=,max_records=} \
                $done{refresh=,refresh_active=,connect_timeout=,read_timeout=} \
                $done{allow_test,allow_delete,test_interval=} \
                $done{warm=,wait=,state=,start_stale,partial,clean_stale,log_file=} \
                $done{umask=,uid=,gid=,allow_other,allow_root,foreground,debug} \
                $done{quiet,auto_unmount,noatime,nodiratime,context=,fscontext=} \
                $done{defcontext=,rootcontext=,ro,_netdev,nofail}
    end
end

# Whether the first word is one of these commands; of all, without any.
function __dmsfs_is_command
    set -l words (commandline -opc)
    test (count $words) -ge 2
    or return
    set -q argv[1]
    or set argv test delete
    contains -- $words[2] $argv
end

complete -c dmsfs -f

# dmsfs test and dmsfs delete: options, and the files of a mount.
complete -c dmsfs -n __dmsfs_is_command -F
complete -c dmsfs -n __dmsfs_is_command -l timeout -x -d 'Seconds to wait in all'
complete -c dmsfs -n __dmsfs_is_command -l no-wait -d 'End once every command is taken'
complete -c dmsfs -n '__dmsfs_is_command test' -l restart -d 'Test after a test that runs already'
complete -c dmsfs -n __dmsfs_is_command -s q -l quiet -d 'Print nothing about successes'
complete -c dmsfs -n __dmsfs_is_command -s h -l help -d 'Print help'

complete -c dmsfs -n __fish_is_first_token -a 'test delete' -d 'Command'
complete -c dmsfs -n 'not __dmsfs_is_command' -a '(__dmsfs_sources)' -d 'AWS Region or profile'
complete -c dmsfs -n 'not __dmsfs_is_command' -a '(__fish_complete_directories)'
complete -c dmsfs -n 'not __dmsfs_is_command' -l region -x -a '(__dmsfs_regions)' -d 'The AWS Region'
complete -c dmsfs -n 'not __dmsfs_is_command' -l profile -x -a '(__dmsfs_profiles)' -d 'The profile'
complete -c dmsfs -n 'not __dmsfs_is_command' -l endpoint-url -x -d 'URL of the service'
complete -c dmsfs -n 'not __dmsfs_is_command' -l allow-http -d 'Allow plain http to other hosts'
complete -c dmsfs -n 'not __dmsfs_is_command' -l endpoint-arn -x -d 'Show only connections of this endpoint'
complete -c dmsfs -n 'not __dmsfs_is_command' -l replication-instance-arn -x -d 'Show only connections of this instance'
complete -c dmsfs -n 'not __dmsfs_is_command' -l max-records -x -d 'Connections per page, 20 to 100'
complete -c dmsfs -n 'not __dmsfs_is_command' -l refresh -x -d 'Seconds between listings'
complete -c dmsfs -n 'not __dmsfs_is_command' -l refresh-active -x -d 'Ask this often while something is testing'
complete -c dmsfs -n 'not __dmsfs_is_command' -l allow-test -d 'Let dmsfs test start tests'
complete -c dmsfs -n 'not __dmsfs_is_command' -l allow-delete -d 'Let dmsfs delete remove connections'
complete -c dmsfs -n 'not __dmsfs_is_command' -l test-interval -x -d 'Test a connection at most this often'
complete -c dmsfs -n 'not __dmsfs_is_command' -l warm -x -d 'Files for the kernel to read ahead'
complete -c dmsfs -n 'not __dmsfs_is_command' -l connect-timeout -x -d 'Seconds to connect'
complete -c dmsfs -n 'not __dmsfs_is_command' -l read-timeout -x -d 'Seconds to wait for the response'
complete -c dmsfs -n 'not __dmsfs_is_command' -l umask -x -d 'Permission bits to remove, octal'
complete -c dmsfs -n 'not __dmsfs_is_command' -l uid -x -a '(__fish_complete_user_ids)' -d 'Owner of all files'
complete -c dmsfs -n 'not __dmsfs_is_command' -l gid -x -a '(__fish_complete_group_ids)' -d 'Group of all files'
complete -c dmsfs -n 'not __dmsfs_is_command' -l allow-other -d 'Let other users in'
complete -c dmsfs -n 'not __dmsfs_is_command' -l allow-root -d 'Let root in'
complete -c dmsfs -n 'not __dmsfs_is_command' -l wait -x -d 'Seconds to retry the first listing'
complete -c dmsfs -n 'not __dmsfs_is_command' -l state -x -a '(__fish_complete_directories)' -d 'Keep changes and times in a directory'
complete -c dmsfs -n 'not __dmsfs_is_command' -l start-stale -d 'Show the state if the first listing fails'
complete -c dmsfs -n 'not __dmsfs_is_command' -l partial -d 'Mount the sources that can be listed'
complete -c dmsfs -n 'not __dmsfs_is_command' -l clean-stale -d 'Unmount a dead mount first'
complete -c dmsfs -n 'not __dmsfs_is_command' -l check -d 'List once and print the result'
complete -c dmsfs -n 'not __dmsfs_is_command' -l log-file -r -F -d 'Append messages to a file'
complete -c dmsfs -n 'not __dmsfs_is_command' -s f -l foreground -d 'Stay in the foreground'
complete -c dmsfs -n 'not __dmsfs_is_command' -s d -l debug -d 'Show requests and responses'
complete -c dmsfs -n 'not __dmsfs_is_command' -s q -l quiet -d 'Print errors only'
complete -c dmsfs -n 'not __dmsfs_is_command' -s h -l help -d 'Print help'
complete -c dmsfs -n 'not __dmsfs_is_command' -s V -l version -d 'Print the version'
complete -c dmsfs -n 'not __dmsfs_is_command' -s o -x -a '(__dmsfs_mount_options)' -d 'Mount options'
