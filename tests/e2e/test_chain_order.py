"""Of several sources of credentials, dmsfs takes the one that botocore takes."""

import json
import subprocess
import sys

import pytest

import mount as mounting
from aws_home import PROFILE, AwsHome
from aws_services import AwsServices
from mount import Mount

# A client of botocore's that asks once, for argv[1] as profile given in code.
BOTOCORE = '''
import sys
import botocore.session
session = botocore.session.Session(profile=sys.argv[1] if sys.argv[1:] else None)
session.create_client('dms').describe_connections()
'''

# Sources that are there, how profile p is chosen, and the name of the key that signs.
# "variable" is AWS_PROFILE, "option" is --profile, and profile=p in code.
CASES = [
    ('environment, credentials file', None, 'environment'),
    ('environment, credentials file', 'variable', 'environment'),
    ('environment, credentials file', 'option', 'credentials file'),
    ('environment, config file', 'option', 'config file'),
    ('secret key alone, credentials file', None, 'credentials file'),
    ('secret key alone, role', 'variable', 'reader by base'),
    ('secret key alone, container', None, 'container'),
    ('environment, role', 'variable', 'environment'),
    ('environment, role', 'option', 'reader by base'),
    ('environment, process', 'option', 'process'),
    ('environment, container, metadata', None, 'environment'),
    ('environment, web identity', None, 'environment'),
    ('environment, role of environment, credentials file', 'variable', 'environment'),
    ('environment, role of environment, credentials file', 'option',
     'reader by environment'),
    ('role, credentials file', 'variable', 'reader by base'),
    ('role, config file', 'variable', 'reader by base'),
    ('role, sso', 'variable', 'reader by base'),
    ('role, web identity', 'variable', 'reader by base'),
    ('role, process, container', 'variable', 'reader by base'),
    ('role of container, container, config file', 'variable', 'reader by container'),
    ('role of metadata, metadata, config file', 'variable', 'reader by metadata'),
    ('web identity, credentials file', 'variable', 'pod by web identity'),
    ('web identity, sso', 'variable', 'pod by web identity'),
    ('web identity, container', None, 'pod by web identity'),
    ('web identity, credentials file', 'option', 'credentials file'),
    ('web identity of profile, credentials file', 'variable',
     'of-profile by web identity'),
    ('web identity, web identity of profile', 'variable', 'pod by web identity'),
    ('web identity, web identity of profile', 'option', 'of-profile by web identity'),
    ('sso, credentials file', 'variable', 'sso session'),
    ('legacy sso, credentials file', 'variable', 'sso legacy'),
    ('sso, process', 'variable', 'sso session'),
    ('expiring sso, config file', 'variable', 'sso session'),
    ('credentials file, config file', 'variable', 'credentials file'),
    ('credentials file, process', 'variable', 'credentials file'),
    ('process, config file', 'variable', 'process'),
    ('process, container', 'variable', 'process'),
    ('config file, container', 'variable', 'config file'),
    ('config file, metadata', 'option', 'config file'),
    ('container, metadata', None, 'container'),
    ('environment, container', 'option', 'container'),
    ('web identity, metadata', 'option', 'metadata'),
]

# The sources of profile base, and which of them signs for the role of p.
SOURCE_PROFILES = [
    ('credentials file, config file', 'reader by credentials file'),
    ('process, config file', 'reader by process'),
    # One with a session trips older versions of botocore.
    ('legacy sso, process', 'reader by sso legacy'),
    ('credentials file, web identity', 'reader by credentials file'),
    ('web identity of profile, config file', 'reader by of-profile by web identity'),
]


def interpreter_of_botocore():
    """A Python that has botocore: ours, or the distribution's."""
    for python in (sys.executable, '/usr/bin/python3'):
        try:
            subprocess.run([python, '-c', 'import botocore'], check=True,
                           capture_output=True, timeout=60)
            return python
        except (OSError, subprocess.CalledProcessError):
            continue
    pytest.skip('no Python here has botocore')


@pytest.fixture(scope='module')
def python():
    return interpreter_of_botocore()


@pytest.fixture
def sim(serve):
    return serve(connections=3, instances=1)


@pytest.fixture
def services(place, sim):
    with AwsServices(place, sim) as running:
        yield running
        assert running.bad == []


@pytest.fixture
def home(place, services):
    # The STS of a region, as all but old versions of botocore have it.
    made = AwsHome(place, services)
    made.variables['AWS_STS_REGIONAL_ENDPOINTS'] = 'regional'
    return made


def choose_profile(home, way):
    """The arguments that choose profile p."""
    home.set(region='us-east-1')
    if way == 'variable':
        home.variables['AWS_PROFILE'] = PROFILE
    return [PROFILE] if way == 'option' else []


def signers(sim, services):
    """The names of the keys that signed what the sim has seen and taken."""
    requests = sim.log()
    sim.clear_log()
    assert {request['status'] for request in requests} <= {200}, requests
    return {services.name_of(request['access_key']) for request in requests}


def by_botocore(python, home, profile, sim, services):
    done = subprocess.run([python, '-c', BOTOCORE, *profile], text=True, timeout=120,
                          env=home.environment(), capture_output=True)
    assert done.returncode == 0, done.stderr
    return signers(sim, services)


def by_dmsfs(place, mountpoint, home, profile, sim, services):
    arguments = [*(['--profile', *profile] if profile else []), mountpoint]
    with Mount(place, arguments, home.environment()) as mounted:
        assert mounted.summary()['connections'] == '3'
    return signers(sim, services)


def compare(python, place, mountpoint, home, profile, sim, services, expected):
    caches = {path: path.read_text() for path in home.directory.rglob('cache/*.json')}
    theirs = by_botocore(python, home, profile, sim, services)
    for path, text in caches.items():
        path.write_text(text)
    ours = by_dmsfs(place, mountpoint, home, profile, sim, services)
    assert theirs == {expected}
    assert ours == theirs


@pytest.mark.parametrize('sources, way, expected', CASES)
def test_takes_the_source_that_botocore_takes(python, place, mountpoint, home, sim,
                                              services, sources, way, expected):
    profile = choose_profile(home, way)
    home.add(*sources.split(', '), profile=PROFILE if way else 'default')
    compare(python, place, mountpoint, home, profile, sim, services, expected)


@pytest.mark.parametrize('sources, expected', SOURCE_PROFILES)
def test_asks_a_source_profile_in_the_same_order(python, place, mountpoint, home, sim,
                                                 services, sources, expected):
    profile = choose_profile(home, 'option')
    home.set(role_arn='arn:aws:iam::123456789012:role/reader', source_profile='base')
    home.add(*sources.split(', '), profile='base')
    compare(python, place, mountpoint, home, profile, sim, services, expected)


# What botocore of the distribution may not know yet.


def test_renews_a_login_and_prefers_it_to_a_process(place, mountpoint, home, sim,
                                                    services):
    profile = choose_profile(home, 'option')
    home.add('login', 'process', 'config file')
    assert by_dmsfs(place, mountpoint, home, profile, sim, services) == {'login'}
    assert services.hosts() == ['us-east-1.signin.aws.amazon.com',
                                'dms.us-east-1.amazonaws.com']
    cache = json.loads(home.cache('login').read_text())
    assert cache['refreshToken'] == 'refresh-2'
    assert home.cache('login').stat().st_mode & 0o777 == 0o600


def test_renews_a_login_where_it_was_made(place, mountpoint, home, sim, services):
    profile = choose_profile(home, 'option')
    home.add('login made elsewhere')
    assert by_dmsfs(place, mountpoint, home, profile, sim, services) == {'login'}
    assert services.hosts() == ['us-east-2.signin.aws.amazon.com',
                                'dms.us-east-1.amazonaws.com']
    assert json.loads(home.cache('login').read_text())['signInRegion'] == 'us-east-2'


def test_prefers_the_credentials_file_to_a_login(place, mountpoint, home, sim,
                                                 services):
    profile = choose_profile(home, 'option')
    home.add('login', 'credentials file')
    assert by_dmsfs(place, mountpoint, home, profile, sim,
                    services) == {'credentials file'}


def test_writes_a_renewed_sso_token_back_for_the_others(place, mountpoint, home, sim,
                                                        services):
    profile = choose_profile(home, 'option')
    home.add('expiring sso')
    assert by_dmsfs(place, mountpoint, home, profile, sim, services) == {'sso session'}
    assert services.hosts() == ['oidc.us-east-1.amazonaws.com',
                                'portal.sso.us-east-1.amazonaws.com',
                                'dms.us-east-1.amazonaws.com']
    cache = json.loads(home.cache('sso').read_text())
    assert cache['refreshToken'] == 'refresh-2'
    assert home.cache('sso').stat().st_mode & 0o777 == 0o600


def test_takes_the_region_of_the_instance_where_none_is_set(place, mountpoint, home,
                                                           sim, services):
    home.add('environment', 'metadata')
    for name in ('AWS_REGION', 'AWS_DEFAULT_REGION'):
        del home.variables[name]
    done = mounting.run(place, ['--check'], home.environment())
    assert done.returncode == 0, done.stderr
    assert 'Region: us-east-1\nRegionSource: EC2 metadata\n' in done.stdout
    assert services.asked == [('metadata', None), ('region', None),
                              ('dms.us-east-1.amazonaws.com', 'environment')]
    home.variables['AWS_REGION'] = 'us-east-1'
    done = mounting.run(place, ['--check'], home.environment())
    assert 'RegionSource' not in done.stdout


def test_explains_its_way_and_shows_no_secret(place, mountpoint, home, sim, services):
    profile = choose_profile(home, 'option')
    home.add('environment', 'role', 'container')
    with Mount(place, ['-d', '--profile', *profile, mountpoint],
               home.environment()) as mounted:
        text = mounted.stderr()
    assert 'profile p: environment: passed over: ignored, as --profile is given' in text
    assert 'profile base: config file: taken from profile base in' in text
    assert 'profile p: assume-role: taken from assume-role (profile p, arn:' in text
    for name in ('environment', 'base', 'reader by base', 'container'):
        for secret in services.give(name).values():
            assert secret not in text
    assert f'****{services.give("base")["access_key"][-4:]}' in text


def refusal(place, mountpoint, home):
    done = mounting.run(place, [mountpoint], home.environment())
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_refuses_a_role_whose_source_has_nothing(place, mountpoint, home, services, sim):
    choose_profile(home, 'variable')
    home.add('role of environment', 'config file')
    assert ('credential_source of profile p is Environment, which has no credentials: '
            'no AWS_ACCESS_KEY_ID') in refusal(place, mountpoint, home)
    assert sim.log() == []


def test_names_the_hop_limit_where_there_is_no_metadata(place, mountpoint, home, sim):
    del home.variables['AWS_EC2_METADATA_DISABLED']
    # Nobody listens at port 1.
    home.variables['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = 'http://127.0.0.1:1'
    text = refusal(place, mountpoint, home)
    assert 'no AWS credentials found for profile default' in text
    assert 'EC2 metadata: 127.0.0.1:1: connection refused' in text
    assert 'hop limit' in text
    assert sim.log() == []
