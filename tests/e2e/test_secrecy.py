"""A service that quotes in a refusal the request that it refused: nothing of it that is
secret is printed, logged, or shown in the mount."""

import pathlib

import pytest

import mount as mounting
from aws_home import PROFILE, AwsHome
from aws_services import TOKEN_SSO, TOKEN_WEB, AwsServices, key
from live import Live
from mount import Mount
from watch import until

# The source of credentials, the service that quotes, and secrets that it was sent.
KINDS = {
    'DMS': ('environment', 'dms', [key('environment')['session_token']]),
    'STS AssumeRole': ('role of environment', 'sts',
                       [key('environment')['session_token']]),
    'STS AssumeRoleWithWebIdentity': ('web identity of profile', 'sts', [TOKEN_WEB]),
    'SSO GetRoleCredentials': ('sso', 'sso', [TOKEN_SSO]),
    'OIDC token': ('expired sso', 'oidc', ['refresh-1', 'secret-of-client']),
    'sign-in token': ('login', 'signin', ['refresh-1']),
}
SECRETS = [TOKEN_SSO, TOKEN_WEB, 'refresh-1', 'refresh-2', 'secret-of-client',
           'AWS4-HMAC', *(key(name)[part] for name in ('environment', 'login')
                          for part in ('session_token', 'secret_key'))]


@pytest.fixture
def sim(serve):
    return serve(connections=3, instances=1)


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def kind(request):
    return request.param


def set_up(place, services, source):
    home = AwsHome(place, services)
    if source == 'role of environment':
        home.add('environment')
        home.set_section('profile p', region='us-east-1')
    home.add(source)
    # With -d, that a profile was given leaves out the variables, but not for a role.
    home.set(region='us-east-1')
    if source != 'environment':
        home.variables['AWS_PROFILE'] = PROFILE
    return home


def arguments(source):
    return ['--profile', PROFILE] if source == 'role of environment' else []


def assert_hidden(text, sent):
    for secret in [*SECRETS, *sent]:
        assert secret not in text, text


@pytest.mark.parametrize('options', [(), ('-d',)], ids=['plain', '-d'])
def test_check_prints_no_secret(place, sim, kind, options):
    source, service, sent = kind
    with AwsServices(place, sim) as services:
        home = set_up(place, services, source)
        services.quoting = (service,)
        done = mounting.run(place, ['--check', *arguments(source), *options],
                            {**home.environment(), 'AWS_MAX_ATTEMPTS': '1'})
        assert f'quoted {service}' in services.hosts()
    assert done.returncode == 1
    assert done.stderr
    assert_hidden(done.stdout + done.stderr, sent)


def test_log_and_status_show_no_secret(place, mountpoint, sim, kind):
    source, service, sent = kind
    with AwsServices(place, sim) as services:
        home = set_up(place, services, source)
        with Mount(place, ['-d', '--refresh', '86400', '--refresh-active', '86400',
                           *arguments(source), mountpoint],
                   {**home.environment(), 'AWS_MAX_ATTEMPTS': '1'}) as mounted:
            it = Live(sim, mounted)
            until(lambda: it.status()['State'] == 'fresh')
            # What has been renewed meanwhile has to be so again.
            if source in ('expired sso', 'login'):
                home.add(source)
            services.quoting = ('dms', service)
            it.refresh()
            until(lambda: it.status()['State'] == 'stale')
            status = pathlib.Path(it.path('.dmsfs/status')).read_text()
            changes = pathlib.Path(it.path('.dmsfs/changes')).read_text()
        assert f'quoted {service}' in services.hosts()
    assert 'LastError' in status
    assert_hidden(status + changes + mounted.stderr(), sent)
