"""The AWS CLI and dmsfs, set up the same way, ask the same hosts with the same keys."""

import os
import re
import subprocess

import pytest

from aws_home import PROFILE, AwsHome
from aws_services import AwsServices, role_arn
from mount import Mount

DMS_URL = 'https://dms.example.com'
STS_URL = 'https://sts.example.com'
# The first versions that know AWS_ENDPOINT_URL and services sections.
ENDPOINT_URL_SINCE = {'1': (1, 29), '2': (2, 13)}


def region(name):
    return {'AWS_DEFAULT_REGION': name, 'AWS_REGION': name}


def keys(**config):
    return {'sources': 'credentials file', 'config': config}


SERVICES = {'services corp': {'database_migration_service':
                              f'\n  endpoint_url = {DMS_URL}'}}

# What is set beside keys in the environment:
#   sources, of profile p, instead of those keys; config, keys of profile p
#   sections, further ones; variables; arguments of both programs
#   needs_urls: a CLI that knows endpoint URLs
SET_UPS = {
    'a region': {'variables': region('us-east-1')},
    'another region': {'variables': region('ap-southeast-2')},
    'China': {'variables': region('cn-north-1')},
    'GovCloud': {'variables': region('us-gov-west-1')},
    'iso': {'variables': region('us-iso-east-1')},
    'iso-b': {'variables': region('us-isob-east-1')},
    'a region that is not known yet': {'variables': region('eu-nowhere-9')},
    'region as an argument': {'variables': region('us-east-1'),
                              'arguments': ['--region', 'eu-north-1']},
    'region of the profile': {**keys(region='sa-east-1'), 'variables': {
        'AWS_DEFAULT_REGION': None, 'AWS_REGION': None}},
    'region of the environment before the profile': {
        **keys(region='sa-east-1'), 'variables': region('ca-central-1')},
    'FIPS': {'variables': {**region('us-east-2'), 'AWS_USE_FIPS_ENDPOINT': 'true'}},
    'FIPS of GovCloud': {'variables': {**region('us-gov-east-1'),
                                       'AWS_USE_FIPS_ENDPOINT': 'true'}},
    'a Region of FIPS': {'variables': region('fips-us-west-2')},
    'a Region of FIPS in its other form': {
        'variables': region('us-east-1'), 'arguments': ['--region', 'us-gov-west-1-fips']},
    'a Region of FIPS beside an endpoint': {
        'variables': region('us-west-2-fips'), 'arguments': ['--endpoint-url', DMS_URL]},
    'a role in a Region of FIPS': {'sources': 'role',
                                   'variables': region('us-east-2-fips')},
    'FIPS of the profile': keys(region='us-west-1', use_fips_endpoint='true'),
    'no FIPS by the environment': {
        **keys(use_fips_endpoint='true'),
        'variables': {'AWS_USE_FIPS_ENDPOINT': 'false'}},
    'dual-stack': {'variables': {**region('eu-west-3'),
                                 'AWS_USE_DUALSTACK_ENDPOINT': 'true'}},
    'dual-stack of the profile': keys(use_dualstack_endpoint='true'),
    'dual-stack of China': {'variables': {**region('cn-northwest-1'),
                                          'AWS_USE_DUALSTACK_ENDPOINT': 'true'}},
    'FIPS and dual-stack': {'variables': {'AWS_USE_FIPS_ENDPOINT': 'true',
                                          'AWS_USE_DUALSTACK_ENDPOINT': 'true'}},
    'endpoint as an argument': {'arguments': ['--endpoint-url', DMS_URL]},
    'endpoint of the environment': {
        'variables': {'AWS_ENDPOINT_URL': DMS_URL}, 'needs_urls': True},
    'endpoint of the service before that of all': {
        'variables': {'AWS_ENDPOINT_URL_DATABASE_MIGRATION_SERVICE': DMS_URL,
                      'AWS_ENDPOINT_URL': 'https://all.example.com'},
        'needs_urls': True},
    'endpoint of the profile': {**keys(endpoint_url=DMS_URL), 'needs_urls': True},
    'endpoint of a services section': {
        **keys(services='corp', endpoint_url='https://all.example.com'),
        'sections': SERVICES, 'needs_urls': True},
    'endpoint of the environment before a services section': {
        **keys(services='corp'), 'sections': SERVICES,
        'variables': {'AWS_ENDPOINT_URL': 'https://all.example.com'},
        'needs_urls': True},
    'endpoints that are to be ignored': {
        **keys(endpoint_url=DMS_URL),
        'variables': {'AWS_ENDPOINT_URL': 'https://all.example.com',
                      'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS': 'true'},
        'needs_urls': True},
    'a profile as an argument': {'sources': 'environment, credentials file',
                                 'is_profile_an_argument': True},
    'a process': {'sources': 'process'},
    'a role': {'sources': 'role'},
    'a role in another region': {'sources': 'role', 'variables': region('eu-west-2')},
    'a role in China': {'sources': 'role', 'variables': region('cn-north-1')},
    'a role with FIPS': {'sources': 'role', 'config': {'use_fips_endpoint': 'true'}},
    'a role by an STS of the environment': {
        'sources': 'role', 'variables': {'AWS_ENDPOINT_URL_STS': STS_URL},
        'needs_urls': True},
    'roles in a row': {
        'sources': 'role', 'config': {'source_profile': 'middle'},
        'sections': {'profile middle': {'role_arn': role_arn('middle'),
                                        'source_profile': 'base'}}},
    'web identity': {'sources': 'web identity'},
    'SSO': {'sources': 'sso'},
    'SSO with a token to be renewed': {'sources': 'expiring sso'},
    'legacy SSO': {'sources': 'legacy sso'},
    'a container': {'sources': 'container'},
    'EC2 metadata': {'sources': 'metadata'},
}


def cli_version(program):
    """(major, minor) of an aws, or None if it does not run."""
    try:
        done = subprocess.run([program, '--version'], text=True, capture_output=True,
                              timeout=60)
    except OSError:
        return None
    found = re.match(r'aws-cli/(\d+)\.(\d+)', done.stdout)
    return tuple(map(int, found.groups())) if found else None


def knows_endpoint_urls(version):
    return version >= ENDPOINT_URL_SINCE.get(str(version[0]), (0, 0))


@pytest.fixture(scope='module')
def cli():
    """(program, version) of the first aws on PATH that knows all, or else of any."""
    found = []
    for folder in os.environ['PATH'].split(os.pathsep):
        program = os.path.join(folder, 'aws')
        version = cli_version(program) if os.access(program, os.X_OK) else None
        if version:
            found.append((program, version))
    if not found:
        pytest.skip('there is no aws on PATH')
    return next((one for one in found if knows_endpoint_urls(one[1])), found[0])


@pytest.fixture
def services(place):
    with AwsServices(place) as running:
        yield running
        assert running.bad == []


def prepare(place, services, set_up):
    home = AwsHome(place, services)
    home.variables['AWS_STS_REGIONAL_ENDPOINTS'] = 'regional'
    home.add(*set_up.get('sources', 'environment').split(', '))
    home.set(**set_up.get('config', {}))
    for name, content in set_up.get('sections', {}).items():
        home.set_section(name, **content)
    if not set_up.get('is_profile_an_argument'):
        home.variables['AWS_PROFILE'] = PROFILE
    for name, value in set_up.get('variables', {}).items():
        home.variables.pop(name, None)
        if value is not None:
            home.variables[name] = value
    return home


def take(services):
    asked = services.asked
    services.clear()
    return asked


def by_cli(program, home, services, arguments):
    # A wrapper of pyenv's looks for itself in the real home.
    environment = {'PYENV_ROOT': os.path.expanduser('~/.pyenv'), **home.environment()}
    done = subprocess.run([program, 'dms', 'describe-connections', *arguments],
                          text=True, capture_output=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return take(services)


def by_dmsfs(place, mountpoint, home, services, arguments):
    with Mount(place, [*arguments, mountpoint], home.environment(),
               warnings='no connections'):
        return take(services)


@pytest.mark.parametrize('name', SET_UPS)
def test_asks_the_same_hosts_with_the_same_keys(cli, place, mountpoint, services, name):
    set_up = SET_UPS[name]
    program, version = cli
    if set_up.get('needs_urls') and not knows_endpoint_urls(version):
        pytest.skip(f'aws {version} does not know endpoint URLs')
    home = prepare(place, services, set_up)
    arguments = list(set_up.get('arguments', ()))
    if set_up.get('is_profile_an_argument'):
        arguments += ['--profile', PROFILE]
    home.environment()
    caches = {path: path.read_text() for path in home.directory.rglob('cache/*.json')}
    theirs = by_cli(program, home, services, arguments)
    for path, text in caches.items():
        path.write_text(text)
    ours = by_dmsfs(place, mountpoint, home, services, arguments)
    assert theirs and theirs[-1][1], theirs
    assert ours == theirs
