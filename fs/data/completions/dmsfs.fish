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

# [PROFILE@]REGION
function __dmsfs_sources
    set -l token (commandline -ct)
    if string match -q '*@*' -- $token
        printf '%s\n' (string replace -r '[^@]*$' '' -- $token)(__dmsfs_regions)
        return
    end
    echo none
    __dmsfs_regions
    __dmsfs_profiles | string replace -r '$' @
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
                $done{warm=,wait=,clean_stale,log_file=} \
                $done{umask=,uid=,gid=,allow_other,allow_root,foreground,debug} \
                $done{quiet,auto_unmount,noatime,nodiratime,context=,fscontext=} \
                $done{defcontext=,rootcontext=,ro,_netdev,nofail}
    end
end

complete -c dmsfs -f
complete -c dmsfs -a '(__dmsfs_sources)' -d 'AWS Region or profile'
complete -c dmsfs -a '(__fish_complete_directories)'
complete -c dmsfs -l region -x -a '(__dmsfs_regions)' -d 'The AWS Region'
complete -c dmsfs -l profile -x -a '(__dmsfs_profiles)' -d 'The profile'
complete -c dmsfs -l endpoint-url -x -d 'URL of the service'
complete -c dmsfs -l allow-http -d 'Allow plain http to other hosts'
complete -c dmsfs -l endpoint-arn -x -d 'Show only connections of this endpoint'
complete -c dmsfs -l replication-instance-arn -x -d 'Show only connections of this instance'
complete -c dmsfs -l max-records -x -d 'Connections per page, 20 to 100'
complete -c dmsfs -l refresh -x -d 'Seconds between listings'
complete -c dmsfs -l refresh-active -x -d 'Ask this often while something is testing'
complete -c dmsfs -l allow-test -d 'Let dmsfs test start tests'
complete -c dmsfs -l allow-delete -d 'Let dmsfs delete remove connections'
complete -c dmsfs -l test-interval -x -d 'Test a connection at most this often'
complete -c dmsfs -l warm -x -d 'Files for the kernel to read ahead'
complete -c dmsfs -l connect-timeout -x -d 'Seconds to connect'
complete -c dmsfs -l read-timeout -x -d 'Seconds to wait for the response'
complete -c dmsfs -l umask -x -d 'Permission bits to remove, octal'
complete -c dmsfs -l uid -x -a '(__fish_complete_user_ids)' -d 'Owner of all files'
complete -c dmsfs -l gid -x -a '(__fish_complete_group_ids)' -d 'Group of all files'
complete -c dmsfs -l allow-other -d 'Let other users in'
complete -c dmsfs -l allow-root -d 'Let root in'
complete -c dmsfs -l wait -x -d 'Seconds to retry the first listing'
complete -c dmsfs -l clean-stale -d 'Unmount a dead mount first'
complete -c dmsfs -l check -d 'List once and print the result'
complete -c dmsfs -l log-file -r -F -d 'Append messages to a file'
complete -c dmsfs -s f -l foreground -d 'Stay in the foreground'
complete -c dmsfs -s d -l debug -d 'Show requests and responses'
complete -c dmsfs -s q -l quiet -d 'Print errors only'
complete -c dmsfs -s h -l help -d 'Print help'
complete -c dmsfs -s V -l version -d 'Print the version'
complete -c dmsfs -s o -x -a '(__dmsfs_mount_options)' -d 'Mount options'
