"""What keeps dmsfs from starting: said on the terminal, and nothing is left behind."""

import base64
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from mount import program, unmount

SECRET = 'AWS_SECRET_ACCESS_KEY'
KEY_ID = 'AWS_ACCESS_KEY_ID'
ONE_TRY = {'AWS_MAX_ATTEMPTS': '1'}


def assert_holds(text, *parts):
    for part in parts:
        assert str(part) in text


@pytest.fixture
def sim(serve):
    return serve(connections=250, instances=3)


# Credentials, region, profile: nothing is asked without them


def test_without_credentials_it_says_where_it_looked(sim, refuse, place):
    text = refuse(sim, unset=[KEY_ID, SECRET])
    assert_holds(text, 'no AWS credentials', KEY_ID, 'aws_access_key_id',
                 place / '.aws/credentials', place / '.aws/config')
    assert sim.log() == []


def test_without_a_region_it_says_where_it_looked(sim, refuse, place):
    text = refuse(sim, unset=['AWS_REGION', 'AWS_DEFAULT_REGION'])
    assert_holds(text, 'no region', '--region', 'AWS_REGION', 'AWS_DEFAULT_REGION',
                 place / '.aws/config')
    assert sim.log() == []


@pytest.mark.parametrize('options, environment, source', [
    (['--profile', 'nowhere'], {}, '--profile'),
    ([], {'AWS_PROFILE': 'nowhere'}, 'AWS_PROFILE'),
])
def test_an_unknown_profile_is_named_with_both_files(sim, refuse, place, options,
                                                     environment, source):
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text('[profile other]\nregion = eu-west-1\n')
    text = refuse(sim, *options, environment=environment)
    assert_holds(text, "'nowhere'", source, place / '.aws/config',
                 f'{place}/.aws/credentials (no such file)')
    assert sim.log() == []


def test_half_a_key_pair_of_the_environment_is_refused(sim, refuse, place):
    # A whole pair behind it does not make up for it.
    (place / '.aws').mkdir()
    (place / '.aws/credentials').write_text(
        f'[default]\naws_access_key_id = {sim.access_key}\n'
        f'aws_secret_access_key = {sim.secret_key}\n')
    text = refuse(sim, unset=[SECRET])
    assert_holds(text, 'incomplete key pair', f'{SECRET} is missing', KEY_ID)
    assert sim.log() == []


def test_half_a_key_pair_of_a_file_is_refused(sim, refuse, place):
    (place / '.aws').mkdir()
    (place / '.aws/credentials').write_text(
        f'[default]\naws_access_key_id = {sim.access_key}\n')
    text = refuse(sim, unset=[KEY_ID, SECRET])
    assert_holds(text, 'incomplete key pair', 'aws_secret_access_key is missing',
                 'default', place / '.aws/credentials')
    assert sim.log() == []


def test_a_broken_config_file_is_named_with_the_line(sim, refuse, place):
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text('[default]\nregion = eu-west-1\n[broken\n')
    assert_holds(refuse(sim), f'{place}/.aws/config', '3')
    assert sim.log() == []


@pytest.mark.parametrize('region', ['us/east', 'a.b', '-x', 'ü', 'x' * 64])
def test_what_is_no_region_is_refused(sim, refuse, region):
    assert_holds(refuse(sim, '--region', region), region, '--region')
    assert sim.log() == []


# The address


@pytest.mark.parametrize('url, causes', [
    ('http://192.0.2.1:8000', ['plain http', 'allow-http']),
    ('http://dms.example', ['plain http', 'allow-http']),
    ('ftp://127.0.0.1', ['https://', 'http://']),
    ('127.0.0.1 ', ['not a URL']),
    ('https://user:hunter2@127.0.0.1', ['user name or password']),
    ('https://127.0.0.1/?a=b', ['query']),
])
def test_an_address_that_will_not_do_is_refused(sim, refuse, mountpoint, url, causes):
    text = refuse(sim, arguments=['--endpoint-url', url, mountpoint])
    assert_holds(text, '--endpoint-url', *causes)
    assert 'hunter2' not in text
    assert sim.log() == []


def test_an_address_beside_fips_is_refused(sim, refuse):
    text = refuse(sim, environment={'AWS_USE_FIPS_ENDPOINT': 'true'})
    assert_holds(text, 'AWS_USE_FIPS_ENDPOINT', '--endpoint-url')
    assert sim.log() == []


# What the service refuses


def request_id(sim):
    return sim.log()[-1]['request_id']


def test_access_denied_names_the_permission_to_add(serve, refuse):
    sim = serve(connections=1)
    sim.replace_credentials({'access_key': sim.access_key, 'secret_key': sim.secret_key,
                             'deny': ['DescribeConnections']})
    text = refuse(sim)
    assert_holds(text, 'AccessDeniedException', 'dms:DescribeConnections',
                 f'request id {request_id(sim)}')


def test_an_unknown_key_is_refused_with_the_service_s_words(sim, refuse):
    text = refuse(sim, environment={KEY_ID: 'AKIDUNKNOWN'})
    assert_holds(text, 'UnrecognizedClientException', 'security token',
                 f'request id {request_id(sim)}')


def test_a_wrong_secret_is_refused_and_not_shown(sim, refuse):
    text = refuse(sim, environment={SECRET: 'open-sesame'})
    assert_holds(text, sim.log()[-1]['error_type'], f'request id {request_id(sim)}')
    assert 'open-sesame' not in text


def test_an_expired_session_is_refused(sim, refuse):
    sim.replace_credentials({'access_key': sim.access_key, 'secret_key': sim.secret_key,
                             'session_token': 'the-token', 'expires_in': -5})
    text = refuse(sim, environment={'AWS_SESSION_TOKEN': 'the-token'})
    assert_holds(text, 'ExpiredToken', f'request id {request_id(sim)}')
    assert 'the-token' not in text


@pytest.mark.parametrize('page', [1, 2])
@pytest.mark.parametrize('form', [
    {'type': 'SomethingNewFault', 'message': 'not today'},
    {'type': 'com.amazonaws.dms#SomethingNewFault', 'message': 'not today'},
    {'type': 'SomethingNewFault:http://x', 'type_in': 'header', 'message': 'not today'},
    {'type': 'SomethingNewFault', 'message': 'not today', 'message_key': 'Message'},
    {'type': 'SomethingNewFault', 'message': 'not today', 'status': 500},
], ids=['plain', 'prefix', 'header', 'Message', '500'])
def test_any_error_shows_type_text_and_request_id(sim, refuse, form, page):
    sim.fault(kind='error', count=-1, page=page, **form)
    text = refuse(sim)
    assert_holds(text, 'dmsfs: SomethingNewFault: ', 'not today',
                 f'(request id {request_id(sim)})')
    assert ('page 2: ' in text) == (page == 2)


def test_a_hostile_error_text_drives_no_terminal(sim, refuse):
    sim.fault(kind='error', count=-1, type='Bad\x1b[2J\nFault',
              message='a\x1b[31m\r\nb\u202e')
    text = refuse(sim)
    assert_holds(text, '\\x1B[31m\\x0D\\x0Ab\\xE2\\x80\\xAE')
    assert '\x1b' not in text and '\u202e' not in text


# The way to the service


def test_a_port_that_nobody_listens_on_is_named(sim, refuse, mountpoint):
    with socket.socket() as held:
        held.bind(('127.0.0.1', 0))
        address = '127.0.0.1:%d' % held.getsockname()[1]
        text = refuse(sim, arguments=['--endpoint-url', f'http://{address}',
                                      mountpoint])
    assert_holds(text, address, 'connection refused')


def test_a_host_that_is_not_to_be_found_is_named(sim, refuse, mountpoint):
    text = refuse(sim, arguments=['--connect-timeout', '5', '--endpoint-url',
                                  'https://dms.invalid', mountpoint])
    assert_holds(text, 'dms.invalid')
    assert 'host not found' in text or 'within 5 s' in text


def test_a_host_that_does_not_answer_is_given_up(sim, refuse, mountpoint):
    with socket.socket() as deaf, socket.socket() as waiting, socket.socket() as more:
        # The kernel answers no further connection once the queue is full.
        deaf.bind(('127.0.0.1', 0))
        deaf.listen(0)
        address = '127.0.0.1:%d' % deaf.getsockname()[1]
        for one in (waiting, more):
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        text = refuse(sim, environment=ONE_TRY, arguments=[
            '--connect-timeout', '1', '--endpoint-url', f'http://{address}',
            mountpoint])
    assert_holds(text, address, 'no connection within 1 s')


@pytest.mark.parametrize('fault', [{'kind': 'hang'},
                                   {'kind': 'drip', 'bytes_per_second': 50}],
                         ids=['hangs', 'drips'])
def test_an_answer_that_takes_too_long_is_given_up(sim, refuse, fault):
    sim.fault(count=-1, **fault)
    text = refuse(sim, '--read-timeout', '1', environment=ONE_TRY)
    assert_holds(text, sim.url.removeprefix('http://'), 'no complete response within 1 s')
    sim.clear_faults()


@pytest.mark.parametrize('fault, cause', [
    ({'kind': 'close'}, 'without a response'),
    ({'kind': 'reset'}, 'connection'),
    ({'kind': 'cut'}, 'before the end of its response'),
    ({'kind': 'cut', 'reset': True}, 'connection'),
])
@pytest.mark.parametrize('page', [1, 2])
def test_a_connection_that_is_lost_is_named(sim, refuse, fault, cause, page):
    sim.fault(count=-1, page=page, **fault)
    text = refuse(sim, '--read-timeout', '5')
    assert_holds(text, sim.url.removeprefix('http://'), cause)
    assert ('page 2: ' in text) == (page == 2)


# Answers that are not what the API promises


WHOLE = json.dumps({'Connections': [{'EndpointIdentifier': 'e',
                                     'ReplicationInstanceIdentifier': 'i'}]})
ANSWERS = {
    'html': ('<html><body>Welcome to the hotel</body></html>', 'JSON'),
    'nothing': ('', 'empty'),
    'cut': (WHOLE[:-5], 'cut short'),
    'more_behind_it': (WHOLE + '{}', 'followed by something else'),
    'a_list': ('[]', 'not an object'),
    'no_connections': ('{}', 'no Connections'),
    'null_connections': ('{"Connections":null}', 'Connections is null'),
    'connections_of_another_type': ('{"Connections":{"a":1}}', 'Connections is'),
    'a_record_of_another_type': ('{"Connections":[{},7]}', 'Connections[1]'),
    'a_field_of_another_type': ('{"Connections":[{"Status":["failed"]}]}',
                                'Connections[0].Status'),
    'a_marker_of_another_type': ('{"Connections":[],"Marker":7}', 'Marker is'),
    'deeply_nested': ('{"Connections":' + '[' * 100_000, 'nested deeper'),
}


@pytest.mark.parametrize('page', [1, 2])
@pytest.mark.parametrize('case', ANSWERS)
def test_an_answer_that_is_wrong_is_named_with_its_page(sim, refuse, case, page):
    body, cause = ANSWERS[case]
    sim.fault(kind='raw', count=-1, page=page, body=body)
    assert_holds(refuse(sim), f'page {page}: ', cause)


@pytest.mark.parametrize('status, cause', [(200, 'page 1: the response is packed (gzip)'),
                                           (403, 'HTTP status 403'), (502, 'packed (gzip)')])
def test_an_answer_that_a_gateway_packed_is_named(sim, refuse, status, cause):
    body = base64.b64encode(gzip.compress(b'{"Connections": []}')).decode()
    sim.fault(kind='raw', count=-1, status=status, body_base64=body,
              headers={'Content-Encoding': 'gzip'})
    assert_holds(refuse(sim), cause, 'packed (gzip)')


@pytest.mark.parametrize('status', [403, 502])
def test_a_proxy_s_page_of_html_shows_its_status(sim, refuse, status):
    sim.fault(kind='raw', count=-1, status=status, content_type='text/html',
              body='<html>go away</html>')
    assert_holds(refuse(sim), f'HTTP status {status}', 'JSON')


def test_a_redirect_is_not_followed(serve, refuse):
    sim, elsewhere = serve(connections=1), serve(connections=1)
    sim.fault(kind='raw', count=-1, status=307, headers={'Location': elsewhere.url})
    assert_holds(refuse(sim), '307', elsewhere.url)
    assert elsewhere.log() == []


@pytest.mark.parametrize('is_chunked', [False, True])
def test_an_answer_over_the_bound_is_cut_off(sim, refuse, is_chunked):
    sim.fault(kind='big', count=-1, bytes=17 * 1024 * 1024, chunked=is_chunked)
    assert_holds(refuse(sim), 'page 1: ', '16 MiB')


def test_a_repeated_marker_ends_it(sim, refuse):
    sim.fault(kind='repeated-marker', count=-1, page=2)
    text = refuse(sim)
    marker = sim.log()[1]['marker']
    assert_holds(text, 'page 2: ', 'repeats the marker', marker)
    assert len(sim.log()) == 2


def test_a_whole_listing_fails_by_its_last_page(sim, refuse):
    sim.fault(kind='raw', count=-1, page=3, body='{}')
    assert_holds(refuse(sim), 'page 3: ')
    assert len(sim.log()) >= 3


# The mountpoint: found wanting before anything is asked


@pytest.fixture
def refuse_at(sim, refuse):
    def start(path, **settings):
        text = refuse(sim, arguments=['--endpoint-url', sim.url, path], **settings)
        assert str(path) in text
        assert sim.log() == []
        return text
    return start


def test_a_missing_mountpoint_is_named(refuse_at, place):
    assert_holds(refuse_at(place / 'nothing'), 'No such file or directory')


def test_a_mountpoint_below_a_file_is_named(refuse_at, place):
    (place / 'file').touch()
    assert_holds(refuse_at(place / 'file' / 'x'), 'Not a directory')


def test_a_file_for_a_mountpoint_is_named(refuse_at, place):
    (place / 'file').touch()
    assert_holds(refuse_at(place / 'file'), 'Not a directory')


def test_a_dangling_link_for_a_mountpoint_is_named(refuse_at, place):
    (place / 'link').symlink_to('nothing')
    assert_holds(refuse_at(place / 'link'), 'No such file or directory')


def test_a_mountpoint_that_is_taken_is_busy(serve, mount, refuse_at, mountpoint):
    mount(serve(connections=1))
    assert_holds(refuse_at(mountpoint), 'busy', 'fusermount3 -u')


def test_a_mountpoint_of_a_dead_mount_comes_with_how_to_clear_it(
        serve, mount, refuse_at, mountpoint):
    mounted = mount(serve(connections=1))
    mounted.signal(signal.SIGKILL)
    assert mounted.wait() == -signal.SIGKILL
    assert_holds(refuse_at(mountpoint), 'has died', f'fusermount3 -u {mountpoint}')
    unmount(mountpoint)


@pytest.mark.skipif(os.getuid() != 0, reason='only root can act as others')
def test_a_mountpoint_of_somebody_else_is_not_ours(refuse_at, place, mountpoint,
                                                   monkeypatch):
    # The build may lie where only we can reach it.
    own = shutil.copy(program(), place / 'dmsfs')
    os.chmod(own, 0o755)
    monkeypatch.setenv('DMSFS', str(own))
    text = refuse_at(mountpoint, prefix=['setpriv', '--reuid=65534', '--regid=65534',
                                         '--clear-groups'])
    assert_holds(text, 'Permission denied')


@pytest.mark.skipif(os.getuid() != 0, reason='only root can act as others')
def test_only_root_gives_the_files_to_another_user(sim, refuse, place, monkeypatch):
    own = shutil.copy(program(), place / 'dmsfs')
    os.chmod(own, 0o755)
    monkeypatch.setenv('DMSFS', str(own))
    text = refuse(sim, '--uid', '0',
                  prefix=['setpriv', '--reuid=65534', '--regid=65534',
                          '--clear-groups'])
    assert_holds(text, '--uid 0', 'only root')
    assert sim.log() == []


def test_a_listing_that_fails_ends_the_whole_program(serve, place, mountpoint):
    # No daemon stays behind that holds the caller's pipe open.
    sim = serve(connections=1)
    sim.fault(kind='raw', count=-1, body='{}')
    script = ('import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:], '
              'stdin=subprocess.DEVNULL, capture_output=True).returncode)')
    done = subprocess.run([sys.executable, '-c', script, program(), '--endpoint-url',
                           sim.url, str(mountpoint)], env=sim.environment(home=place),
                          timeout=60, check=False)
    assert done.returncode == 1
