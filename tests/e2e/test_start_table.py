"""Every way to fail at the start: its exit status, and all that is said, in one table.

What leads there and what else has to hold then is for test_start_errors.py and others;
this is for who wants to read the messages one after the other.
"""

import collections
import re
import signal
import socket

import pytest

import mount as mounting

KEY_ID, SECRET = 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'
REGIONS = ('AWS_REGION', 'AWS_DEFAULT_REGION')

# said: all of it, but for the name of the program in front
# options: beside address and mountpoint; arguments: in place of all
# unset, environment: of the sim's environment; config: the file of that name
# fault: of the service; before: what is mounted there already, 'alive' or 'dead'
Case = collections.namedtuple('Case', 'said options arguments unset environment config '
                              'fault before',
                              defaults=((), None, (), {}, None, None, None))


def wrong_usage(said, *options, **more):
    return 2, Case(said, options, **more)


def failure(said, *options, **more):
    return 1, Case(said, options, **more)


def refusal(said, **fault):
    """Of the service."""
    return 1, Case(said, fault={'kind': 'error', 'message': 'no', **fault})


def bad_answer(said, body, **fault):
    return 1, Case(said, fault={'kind': 'raw', 'body': body, **fault})


# In what is said and done, {home}, {url}, {host} (with the port), {free} (a host and
# port where nobody listens), {mnt} and {id} (that of the last request) stand for
# what is another each time, and {any} for the words of a library or of chance.
ANY = 'ANYTHING'

CASES = {
    # Usage
    'no mountpoint': wrong_usage(
        'MOUNTPOINT is missing; usage: dmsfs [OPTION]... [SOURCE]... MOUNTPOINT '
        '(dmsfs -h explains it)', arguments=[]),
    'an empty mountpoint': wrong_usage(
        'MOUNTPOINT is empty', arguments=['']),
    'a source given twice': wrong_usage(
        "SOURCE 'a@us-east-1' is given twice; each must be another PROFILE@REGION",
        arguments=['a@us-east-1,b@us-east-1', 'a@us-east-1', '{mnt}']),
    'a profile without a Region among several': wrong_usage(
        "SOURCE 'prod': must be PROFILE@REGION, such as prod@us-east-1, or a Region, such "
        'as us-east-1', arguments=['prod', 'test', '{mnt}']),
    'the defaults among several': wrong_usage(
        "SOURCE 'none': stands for the defaults and cannot be one of several; name its "
        'Region', arguments=['us-east-1', 'none', '{mnt}']),
    'an option that is of one source': wrong_usage(
        '--endpoint-url: cannot stand beside several SOURCES, as each has its own: '
        'PROFILE@REGION, and endpoint_url in its profile', 'us-east-1', 'eu-west-1'),
    'no source': wrong_usage(
        "SOURCE 'us/east': must be [PROFILE@]REGION, such as us-east-1 or "
        'prod@us-east-1, or none', 'us/east'),
    'a source against an option': wrong_usage(
        '--region eu-west-1 contradicts SOURCE, which says us-east-1; give one',
        '--region', 'eu-west-1', 'us-east-1'),
    'an unknown letter': wrong_usage(
        '-x: unknown option (dmsfs -h lists all options)', '-x'),
    'an unknown option': wrong_usage(
        '--frobnicate: unknown or ambiguous option (dmsfs -h lists all options)',
        '--frobnicate'),
    'an option mistyped': wrong_usage(
        '--regoin: unknown option; did you mean --region? (dmsfs -h lists all '
        'options)', '--regoin', 'us-east-1'),
    'an unknown mount option': wrong_usage(
        '-o frobnicate: unknown option (dmsfs -h lists all options)',
        '-o', 'frobnicate'),
    'a mount option mistyped': wrong_usage(
        '-o alow_other: unknown option; did you mean allow_other? (dmsfs -h lists '
        'all options)', '-o', 'alow_other'),
    'a mount option of our own': wrong_usage(
        '-o fsname=x: dmsfs sets this option itself (SOURCE is the device, '
        'fuse.dmsfs the type)', '-o', 'fsname=x'),
    'no value': wrong_usage(
        '--region: this option needs a value, NAME', arguments=['{mnt}', '--region']),
    'an empty value': wrong_usage(
        '--region: this option needs a value, NAME', '--region='),
    'a value too many': wrong_usage(
        '--quiet=yes: this option takes no value', '--quiet=yes'),
    'a number out of range': wrong_usage(
        '--max-records 101: must be a number from 20 to 100', '--max-records', '101'),
    'no octal number': wrong_usage(
        '-o umask=999: must be an octal number from 0 to 777', '-o', 'umask=999'),
    'others and root': wrong_usage(
        'allow_other and allow_root exclude each other; allow_other lets root in, '
        'too',
        '--allow-other', '--allow-root'),

    # The set-up
    'no region': failure(
        'no region: give --region, or set AWS_REGION, AWS_DEFAULT_REGION, or '
        'region of profile default in {home}/.aws/config (no such file); EC2 '
        'metadata: disabled by AWS_EC2_METADATA_DISABLED', unset=REGIONS),
    'what is no region': failure(
        "'us/east' (--region) is not a region name, which has letters, "
        'digits and hyphens only, such as us-east-1', '--region', 'us/east'),
    'no credentials': failure(
        'no AWS credentials found for profile default in {home}/.aws/config and '
        '{home}/.aws/credentials: environment: no AWS_ACCESS_KEY_ID; '
        'assume-role: no role_arn; web identity: no web_identity_token_file, nor '
        'AWS_WEB_IDENTITY_TOKEN_FILE; SSO: no sso_account_id; credentials file: '
        'no aws_access_key_id; login: no login_session; credential process: no '
        'credential_process; config file: no aws_access_key_id; container: no '
        'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, nor '
        'AWS_CONTAINER_CREDENTIALS_FULL_URI; EC2 metadata: disabled by '
        'AWS_EC2_METADATA_DISABLED', unset=[KEY_ID, SECRET]),
    'half a key pair': failure(
        'incomplete key pair (environment): AWS_ACCESS_KEY_ID is set and '
        'AWS_SECRET_ACCESS_KEY is missing', unset=[SECRET]),
    'an unknown profile': failure(
        "the profile 'nowhere' (--profile) is neither in "
        '{home}/.aws/config (as [profile nowhere]) nor in '
        '{home}/.aws/credentials (no such file) (as [nowhere])',
        '--profile', 'nowhere', config='[default]\n'),
    'a profile without the quotes of its name': failure(
        "the profile 'My Account:ReadOnly' (--profile) is neither in "
        '{home}/.aws/config (as [profile "My Account:ReadOnly"]) nor in '
        '{home}/.aws/credentials (no such file) (as [My Account:ReadOnly]); [profile '
        'My Account:ReadOnly] is there without the quotes that such a name needs: '
        '[profile "My Account:ReadOnly"]',
        '--profile', 'My Account:ReadOnly', config='[profile My Account:ReadOnly]\n'),
    'a broken file': failure(
        '{home}/.aws/config, line 2: expected [SECTION] or KEY = VALUE; a line that '
        'continues a value is indented further than its key',
        config='[default]\n[broken\n'),
    'a role with a second factor': failure(
        'profile p needs the code of an MFA device (mfa_serial), and nobody could '
        'type it each time a mount renews its credentials; use a profile with: '
        'credential_process = aws configure export-credentials '
        '--profile p', '--profile', 'p', unset=[KEY_ID, SECRET],
        config='[profile p]\nrole_arn = arn:aws:iam::123456789012:role/r\n'
               'source_profile = p\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n'
               'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n'),
    'no retry mode': failure(
        "'eager' (AWS_RETRY_MODE) is not a retry mode; it must be standard, "
        'adaptive or legacy', environment={'AWS_RETRY_MODE': 'eager'}),
    'no number of attempts': failure(
        "'many' (AWS_MAX_ATTEMPTS) is not a number of attempts; it must be 1 to "
        '1000, including the first', environment={'AWS_MAX_ATTEMPTS': 'many'}),
    'no certificates': failure(
        'cannot read the CA bundle /nowhere.pem (AWS_CA_BUNDLE): No '
        'such file or directory', environment={'AWS_CA_BUNDLE': '/nowhere.pem'}),
    'a program that fails': failure(
        'credential_process (profile p): false exited with status 1 and no error '
        'output', '--profile', 'p', unset=[KEY_ID, SECRET],
        config='[profile p]\ncredential_process = false\n'),
    'a session that is over': failure(
        'SSO (profile p): nobody is logged in; run: aws sso login --profile p',
        '--profile', 'p', unset=[KEY_ID, SECRET],
        config='[profile p]\nsso_session = s\nsso_account_id = 123456789012\n'
               'sso_role_name = r\n[sso-session s]\nsso_region = us-east-1\n'
               'sso_start_url = https://example.com\n'),
    'no log file': failure(
        'cannot open the log file /nowhere/log: No such file or directory',
        '--log-file', '/nowhere/log'),

    # The address
    'plain http': failure(
        "'http://192.0.2.1' (--endpoint-url) is plain http, which anyone on the "
        'network path can read and change; use https, or --allow-http if you must',
        arguments=['--endpoint-url', 'http://192.0.2.1', '{mnt}']),
    'another scheme': failure(
        "'ftp://a' (--endpoint-url) must begin with https:// or http://",
        arguments=['--endpoint-url', 'ftp://a', '{mnt}']),
    'no URL': failure(
        '--endpoint-url is not a URL such as '
        'https://dms.us-east-1.amazonaws.com',
        arguments=['--endpoint-url', '127.0.0.1', '{mnt}']),
    'a password': failure(
        'the URL of --endpoint-url must not have a user name or password',
        arguments=['--endpoint-url', 'https://u:p@a', '{mnt}']),
    'FIPS beside an address': failure(
        'AWS_USE_FIPS_ENDPOINT cannot be combined with an endpoint URL '
        '(--endpoint-url): remove one', environment={'AWS_USE_FIPS_ENDPOINT': 'true'}),

    # The mountpoint
    'nothing there': failure(
        '{home}/none: No such file or directory',
        arguments=['--endpoint-url', '{url}', '{home}/none']),
    'no directory': failure(
        '{home}/file: Not a directory',
        arguments=['--endpoint-url', '{url}', '{home}/file']),
    'a mount is there': (1, Case(
        '{mnt}: Device or resource busy: another file system is mounted there; '
        'unmount it first (fusermount3 -u {mnt}) or choose another directory', before='alive')),
    'a dead mount is there': (1, Case(
        '{mnt}: a dead mount is there, whose daemon has died; clear it with '
        'fusermount3 -u {mnt}, or use --clean-stale', before='dead')),

    # The way to the service
    'nobody listens': failure(
        '{free}: connection refused',
        arguments=['--endpoint-url', 'http://{free}', '{mnt}']),
    'no such host': failure(
        'dms.invalid: {any}',  # where no resolver answers, another one
        arguments=['--connect-timeout', '5', '--endpoint-url', 'https://dms.invalid',
                   '{mnt}']),
    'no TLS': failure(
        '{host}: the TLS handshake failed ({any})',
        arguments=['--endpoint-url', 'https://{host}', '{mnt}']),
    'no answer in time': (1, Case(
        '{host}: no complete response within 1 s',
        ['--read-timeout', '1'], fault={'kind': 'hang'})),
    'closed without an answer': (1, Case(
        '{host}: closed the connection without a response ({any})',
        fault={'kind': 'close'})),
    'an answer cut short': (1, Case(
        '{host}: closed the connection before the end of its response '
        '({any})', fault={'kind': 'cut'})),

    # What the service says
    'no access': refusal(
        'AccessDeniedException: no; the identity needs the permission '
        'dms:DescribeConnections (request id {id})', type='AccessDeniedException'),
    'an unknown key': failure(
        'UnrecognizedClientException: The security token included in the request '
        'is invalid. (request id {id})', environment={KEY_ID: 'AKIDUNKNOWN'}),
    'a wrong secret': failure(
        'InvalidSignatureException: The request signature we calculated does not '
        'match the signature you provided. Check your AWS Secret Access Key and '
        'signing method. Consult the service documentation for details. (request '
        'id {id})', environment={SECRET: 'open-sesame'}),
    'an expired token': refusal(
        'ExpiredTokenException: no (request id {id})', type='ExpiredTokenException'),
    'throttled to the end': refusal(
        'ThrottlingException: no (request id {id})', type='ThrottlingException'),
    'a failure of the service': refusal(
        'InternalFailure: no (request id {id})', type='InternalFailure', status=500),

    # Answers that are none
    'a page of HTML': bad_answer(
        'HTTP status 403, and the response is not JSON: it begins with "<html>go '
        'away</html>"', '<html>go away</html>', status=403, content_type='text/html'),
    'a refusal of a gateway': bad_answer(
        'Forbidden (HTTP status 403)', '{"message":"Forbidden"}', status=403),
    'a redirect': bad_answer(
        'page 1: HTTP status 307 redirects to https://b.example/, which dmsfs does '
        'not follow; is the endpoint URL right?',
        '', status=307, headers={'Location': 'https://b.example/'}),
    'an empty answer': bad_answer(
        'page 1: the response is empty', ''),
    'an answer with no list': bad_answer(
        'page 1: the response has no Connections', '{}'),
    'JSON cut short': bad_answer(
        'page 1: the response is cut short after 17 bytes', '{"Connections": ['),
    'a marker again': (1, Case(
        'page 2: the service repeats the marker "{any}" of an earlier page',
        fault={'kind': 'repeated-marker', 'page': 2})),
    'an answer too big': (1, Case(
        'page 1: {host}: the response is larger than 16 MiB',
        fault={'kind': 'big', 'bytes': 17 << 20})),
}


@pytest.fixture
def free():
    """An address that nobody listens at."""
    with socket.socket() as held:
        held.bind(('127.0.0.1', 0))
        yield '127.0.0.1:%d' % held.getsockname()[1]


@pytest.mark.parametrize('name', CASES)
def test_it_fails_as_the_table_says(serve, mount, refuse, place, mountpoint, free, name):
    status, case = CASES[name]
    if case.before:
        mounted = mount(serve(connections=1))
    if case.before == 'dead':
        mounted.signal(signal.SIGKILL)
        mounted.wait()
    sim = serve(connections=250, instances=3)
    names = {'home': place, 'mnt': mountpoint, 'free': free, 'url': sim.url,
             'host': sim.url.removeprefix('http://')}

    def filled(words):
        return [word.format(**names) for word in words]

    (place / '.aws').mkdir()
    (place / 'file').touch()
    if case.config is not None:
        (place / '.aws/config').write_text(case.config)
    if case.fault:
        sim.fault(count=-1, **case.fault)
    settings = {} if case.arguments is None else {'arguments': filled(case.arguments)}
    said = refuse(sim, *filled(case.options), status=status, unset=case.unset,
                  environment={'AWS_MAX_ATTEMPTS': '1', **case.environment}, **settings)
    log = sim.log()
    names['id'] = log[-1]['request_id'] if log else None
    pattern = re.escape('dmsfs: ' + case.said.format(**names, any=ANY))
    assert re.fullmatch(pattern.replace(ANY, '.+'), said), said
    sim.clear_faults()
    if case.before == 'dead':
        mounting.unmount(mountpoint)
