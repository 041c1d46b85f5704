"""Options in all their forms, and the settings of the AWS environment."""

import os
import pathlib
import shutil
import subprocess

import pytest

from mount import children_of, mount_entry, program, run

REGION = 'eu-west-1'


@pytest.fixture
def sim(serve):
    return serve(connections=140, instances=4, region=REGION)


@pytest.fixture
def bare(sim):
    """The sim's environment without a region."""
    variables = sim.environment()
    return {'AWS_REGION': '', 'AWS_DEFAULT_REGION': '', 'HOME': variables['HOME']}


def is_shown(mounted):
    return sum(1 for path in mounted.path.iterdir() if path.name != '.dmsfs') == 4


# SOURCE


def test_source_gives_the_region_and_is_the_device(sim, mount, mountpoint, bare):
    mounted = mount(sim, environment=bare, arguments=[
        '--endpoint-url', sim.url, REGION, mountpoint])
    assert mounted.summary()['region'] == REGION
    assert mount_entry(mounted.path).source == REGION
    assert is_shown(mounted)


def write_profile(place, sim, region=None):
    (place / '.aws').mkdir()
    (place / '.aws/credentials').write_text(
        f'[work]\naws_access_key_id = {sim.access_key}\n'
        f'aws_secret_access_key = {sim.secret_key}\n')
    (place / '.aws/config').write_text(
        '[profile work]\n' + (f'region = {region}\n' if region else ''))


def test_a_source_that_libfuse_would_split_is_the_device_whole(
        sim, mount, mountpoint, place):
    name = 'a,b\\c'
    write_profile(place, sim)
    credentials = place / '.aws/credentials'
    credentials.write_text(credentials.read_text().replace('[work]', f'[{name}]'))
    mounted = mount(sim, arguments=[
        '--endpoint-url', sim.url, f'{name}@{REGION}', mountpoint],
        environment={'AWS_ACCESS_KEY_ID': '', 'AWS_SECRET_ACCESS_KEY': ''})
    assert mount_entry(mounted.path).source == f'{name}@{REGION}'
    assert is_shown(mounted)


def without_keys(place):
    return {'AWS_ACCESS_KEY_ID': '', 'AWS_SECRET_ACCESS_KEY': '', 'AWS_REGION': '',
            'AWS_DEFAULT_REGION': '', 'HOME': str(place)}


def test_source_gives_profile_and_region(sim, mount, mountpoint, place):
    write_profile(place, sim)
    mounted = mount(sim, environment=without_keys(place), arguments=[
        '--endpoint-url', sim.url, f'work@{REGION}', mountpoint])
    assert mount_entry(mounted.path).source == f'work@{REGION}'
    assert is_shown(mounted)


def test_source_none_means_the_defaults(sim, mount, mountpoint):
    mounted = mount(sim, arguments=['--endpoint-url', sim.url, 'none', mountpoint])
    assert mount_entry(mounted.path).source == 'none'
    assert mounted.summary()['region'] == REGION


@pytest.mark.parametrize('source', ['us/east', '@us-east-1', 'a@', ''])
def test_a_source_that_is_none_is_wrong_usage(sim, refuse, mountpoint, source):
    text = refuse(sim, status=2, arguments=[source, mountpoint])
    assert f"'{source}'" in text


def test_a_source_that_contradicts_an_option_is_wrong_usage(sim, refuse, mountpoint):
    text = refuse(sim, status=2, arguments=['--region', 'us-east-1', 'us-east-2',
                                            mountpoint])
    assert '--region us-east-1' in text and 'us-east-2' in text


# Forms of one option


@pytest.mark.parametrize('form', [
    ['--max-records', '50'], ['--max-records=50'], ['-o', 'max_records=50'],
    ['-omax_records=50'], ['-o', 'max-records=50'], ['-o', 'ro,max_records=50,nosuid'],
    ['-o', 'max_records=20', '-o', 'max_records=50'],
])
def test_an_option_may_be_given_in_any_form(sim, mount, form):
    mounted = mount(sim, *form)
    assert {request['max_records'] for request in sim.log()} == {50}
    assert is_shown(mounted)


def test_options_may_follow_the_mountpoint_as_mount_8_has_it(sim, mount, mountpoint,
                                                             bare):
    mounted = mount(sim, environment=bare, path=mountpoint, arguments=[
        REGION, mountpoint, '-o',
        f'rw,nosuid,nodev,noexec,_netdev,endpoint_url={sim.url},max_records=20,'
        'refresh=3600,refresh_active=3600,connect_timeout=7,read_timeout=9,allow_http'])
    assert {request['max_records'] for request in sim.log()} == {20}
    assert is_shown(mounted)


def test_filters_may_be_mount_options(sim, mount, mountpoint):
    first, second = sim.listing()[:2]
    mounted = mount(sim, '-o', f'endpoint_arn={first["EndpointArn"]}',
                    '-o', f'endpoint_arn={second["EndpointArn"]}',
                    '-o', f'replication_instance_arn={first["ReplicationInstanceArn"]}')
    assert sim.log()[0]['filters'] == [
        {'Name': 'endpoint-arn',
         'Values': [first['EndpointArn'], second['EndpointArn']]},
        {'Name': 'replication-instance-arn',
         'Values': [first['ReplicationInstanceArn']]}]
    assert mounted.summary()['connections'] == '1'


def test_an_escaped_comma_belongs_to_the_value(sim, mount):
    odd = 'arn:with,comma'
    mount(sim, '-o', 'endpoint_arn=arn:with\\,comma,max_records=30',
          warnings='^dmsfs: warning: no connection matches')
    [request] = sim.log()
    assert request['filters'] == [{'Name': 'endpoint-arn', 'Values': [odd]}]
    assert request['max_records'] == 30


@pytest.mark.parametrize('option', [
    'ro', 'rw', 'dev', 'suid', 'exec', 'nonempty', 'relatime', 'defaults', '_netdev',
    'nofail', 'user', 'x-systemd.automount', 'x-gvfs-show', 'noatime', 'comment=a'])
def test_takes_the_usual_mount_options_and_stays_safe(sim, mount, option):
    mounted = mount(sim, '-o', option)
    entry = mount_entry(mounted.path)
    assert entry.options >= {'rw', 'nosuid', 'nodev', 'noexec'}
    assert is_shown(mounted)


def test_the_helper_of_auto_unmount_ends_with_the_mount(sim, mount):
    mounted = mount(sim, '-o', 'auto_unmount')
    assert is_shown(mounted)
    [helper] = [pid for pid, command in children_of(mounted.pid).items()
                if command[0] == 'fusermount3']
    mounted.stop()
    assert os.waitpid(helper, 0)[1] == 0


@pytest.mark.skipif(os.getuid() != 0, reason='mount(8) is for root')
@pytest.mark.skipif(not shutil.which('mount.fuse3', path='/sbin:/usr/sbin'),
                    reason='mount.fuse3 is missing')
def test_mount_8_mounts_it_and_umount_8_unmounts_it(sim, place, mountpoint):
    # mount.fuse3 takes the program's path like this where it is not on root's PATH.
    done = subprocess.run(
        ['mount', '-t', 'fuse', '-o', f'_netdev,ro,endpoint_url={sim.url}',
         f'{program()}#{REGION}', mountpoint],
        env={**sim.environment(home=place), 'AWS_REGION': ''}, capture_output=True,
        text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    entry = mount_entry(mountpoint)
    assert (entry.type, entry.source) == ('fuse.dmsfs', REGION)
    assert sum(1 for path in mountpoint.iterdir() if path.name != '.dmsfs') == 4
    [daemon] = [pid for pid, command in children_of(os.getpid()).items()
                if str(mountpoint) in command]
    subprocess.run(['umount', mountpoint], check=True, timeout=60)
    assert mount_entry(mountpoint) is None
    assert os.waitpid(daemon, 0)[1] == 0


# Wrong ones


@pytest.mark.parametrize('options, text', [
    (['--max-records', '101'], '--max-records 101: must be a number from 20 to 100'),
    (['--max-records=19'], '--max-records 19: must be a number from 20 to 100'),
    (['-o', 'max_records=1e2'], '-o max_records=1e2: must be a number from 20 to 100'),
    (['--max-records', '-5'], '--max-records -5: must be a number from 20 to 100'),
    (['--refresh', '0'], '--refresh 0: must be a number from 1 to'),
    (['--read-timeout', 'soon'], '--read-timeout soon: must be a number from 1 to'),
    (['-o', 'umask=999'], '-o umask=999: must be an octal number from 0 to 777'),
    (['--max-recods', '50'], '--max-recods: unknown option; did you mean --max-records?'),
    (['-o', 'max_recods=50'], '-o max_recods=50: unknown option; did you mean'),
    (['-x'], '-x: unknown option'),
    (['--max-records'], '--max-records'),
    (['-o', 'region='], '-o region=: this option needs a value'),
    (['--quiet=yes'], '--quiet=yes: this option takes no value'),
    (['-o', 'fsname=x'], 'fsname=x: dmsfs sets this option itself'),
    (['-o', 'subtype=x'], 'subtype=x: dmsfs sets this option itself'),
    (['-o', 'allow_other,allow_root'], 'allow_root exclude each other'),
    (['one', 'two'], '--endpoint-url: cannot stand beside several SOURCES'),
])
def test_a_wrong_option_is_wrong_usage_and_says_what_is_allowed(sim, refuse, options,
                                                                text):
    assert text in refuse(sim, *options, status=2)
    assert sim.log() == []


def test_without_a_mountpoint_it_is_wrong_usage(sim, refuse):
    assert 'MOUNTPOINT is missing' in refuse(sim, arguments=[], status=2)
    assert 'MOUNTPOINT is empty' in refuse(sim, arguments=[''], status=2)


# Help


def test_help_names_every_option(place):
    done = run(place, ['-h'], {})
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.startswith('Usage: dmsfs [OPTION]... [SOURCE]... MOUNTPOINT\n')
    for option in ('--region', '--profile', '--endpoint-url', '--allow-http',
                   '--endpoint-arn', '--replication-instance-arn', '--max-records',
                   '--refresh', '--refresh-active', '--connect-timeout',
                   '--read-timeout', '-o', '-f', '-d', '-q', '-h', '-V',
                   '--allow-other', '--umask', '--uid', '--gid'):
        assert option in done.stdout
    assert run(place, ['--help'], {}).stdout == done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_version_names_itself_and_its_libraries(place):
    done = run(place, ['-V'], {})
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.startswith('dmsfs ')
    for library in ('libfuse', 'libcurl', 'OpenSSL'):
        assert library.lower() in done.stdout.lower()
    assert run(place, ['--version'], {}).stdout == done.stdout


# The AWS environment


def test_takes_keys_and_region_of_a_profile(sim, mount, place):
    write_profile(place, sim, region=REGION)
    mounted = mount(sim, '--profile', 'work', environment=without_keys(place))
    assert mounted.summary()['region'] == REGION
    assert is_shown(mounted)


def test_takes_the_profile_of_aws_profile(sim, mount, place):
    write_profile(place, sim, region=REGION)
    assert is_shown(mount(sim, environment={**without_keys(place),
                                            'AWS_PROFILE': 'work'}))


def test_takes_the_files_that_variables_name(sim, mount, place):
    write_profile(place, sim, region=REGION)
    moved = place / 'moved'
    pathlib.Path(place / '.aws').rename(moved)
    assert is_shown(mount(sim, '--profile', 'work', environment={
        **without_keys(place), 'AWS_CONFIG_FILE': str(moved / 'config'),
        'AWS_SHARED_CREDENTIALS_FILE': str(moved / 'credentials')}))


def test_signs_with_a_session_token(serve, mount):
    sim = serve(connections=5, instances=4, session_token='FwoGZXIvYXdzEXAMPLE//==')
    assert is_shown(mount(sim))


@pytest.mark.parametrize('variable', [
    'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DATABASE_MIGRATION_SERVICE'])
def test_takes_the_address_of_the_environment(sim, mount, mountpoint, variable):
    assert is_shown(mount(sim, arguments=[mountpoint], environment={variable: sim.url}))


def test_takes_the_address_of_the_config_file(sim, mount, mountpoint, place):
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text(
        '[default]\nservices = local\n\n[services local]\n'
        f'database_migration_service =\n  endpoint_url = {sim.url}\n')
    assert is_shown(mount(sim, arguments=[mountpoint],
                          environment={'HOME': str(place)}))


def test_says_who_it_is(sim, mount):
    mount(sim)
    assert sim.log()[0]['user_agent'].startswith('dmsfs/')
