"""Proxies of the environment, and by them the addresses that regions stand for; and TLS:
the service has to be the service."""

import socket

import pytest

from proxy import Proxy

SERVICE = 'dms.eu-west-1.amazonaws.com'


def is_shown(mounted):
    return mounted.summary()['connections'] == '250' and len([
        path for path in mounted.path.iterdir() if path.name != '.dmsfs']) == 3


@pytest.fixture
def sim(serve):
    return serve(connections=250, instances=3)


@pytest.fixture
def service(serve, certificate):
    """One that passes for the service of a region, to who comes by a proxy."""

    def start(name, region):
        cert, key = certificate(name, '127.0.0.1')
        return serve(connections=250, instances=3, region=region, cert=cert, key=key)

    return start


@pytest.mark.parametrize('variable', ['HTTPS_PROXY', 'https_proxy'])
def test_reaches_the_service_of_its_region_through_a_tunnel(service, mount, mountpoint,
                                                            variable):
    sim = service(SERVICE, 'eu-west-1')
    with Proxy(sim.url) as proxy:
        mounted = mount(sim, arguments=[mountpoint],
                        environment={variable: proxy.url()})
        assert is_shown(mounted)
        assert proxy.asked == [('CONNECT', f'{SERVICE}:443')]
        mounted.stop()


@pytest.mark.parametrize('region, variables, host', [
    ('us-gov-west-1', {}, 'dms.us-gov-west-1.amazonaws.com'),
    ('cn-north-1', {}, 'dms.cn-north-1.amazonaws.com.cn'),
    ('us-east-1', {'AWS_USE_FIPS_ENDPOINT': 'true'},
     'dms-fips.us-east-1.amazonaws.com'),
    ('us-east-1', {'AWS_USE_DUALSTACK_ENDPOINT': 'true'}, 'dms.us-east-1.api.aws'),
])
def test_knows_the_names_of_the_service(service, mount, mountpoint, region, variables,
                                        host):
    sim = service(host, region)
    with Proxy(sim.url) as proxy:
        mounted = mount(sim, arguments=[mountpoint],
                        environment={'HTTPS_PROXY': proxy.url(), **variables})
        assert is_shown(mounted)
        assert proxy.asked == [('CONNECT', f'{host}:443')]
        mounted.stop()


@pytest.mark.parametrize('variable', ['HTTP_PROXY', 'http_proxy'])
def test_sends_plain_requests_by_a_proxy(sim, mount, mountpoint, variable):
    with Proxy(sim.url) as proxy:
        mounted = mount(sim, environment={variable: proxy.url()}, arguments=[
            '--allow-http', '--endpoint-url', 'http://dms.example:8080', mountpoint])
        assert is_shown(mounted)
        assert proxy.asked == [('POST', 'http://dms.example:8080/')] * 3
        mounted.stop()


def test_asks_this_machine_by_no_proxy(sim, mount):
    with Proxy(sim.url) as proxy:
        mounted = mount(sim, environment={
            'http_proxy': proxy.url(), 'HTTP_PROXY': proxy.url()})
        assert is_shown(mounted)
        assert proxy.asked == []
        mounted.stop()


@pytest.mark.parametrize('variable', ['NO_PROXY', 'no_proxy'])
@pytest.mark.parametrize('value', ['dms.example', 'example.org,example', '*'])
def test_passes_by_a_proxy_for_hosts_of_no_proxy(sim, refuse, mountpoint, variable,
                                                 value):
    with Proxy(sim.url) as proxy:
        text = refuse(sim, arguments=['--allow-http', '--endpoint-url',
                                      'http://dms.example', mountpoint],
                      environment={'http_proxy': proxy.url(), variable: value})
    assert 'dms.example' in text
    assert proxy.asked == []


def test_no_proxy_for_others_keeps_the_proxy(sim, mount, mountpoint):
    with Proxy(sim.url) as proxy:
        mounted = mount(sim, arguments=['--allow-http', '--endpoint-url',
                                        'http://dms.example', mountpoint],
                        environment={'http_proxy': proxy.url(),
                                     'NO_PROXY': 'example.org,dms.exam'})
        assert is_shown(mounted)
        assert len(proxy.asked) == 3
        mounted.stop()


@pytest.mark.parametrize('login, written, behind', [
    ('me:hunter2', 'me:hunter2', ''),
    ('me:p@ss', 'me:p@ss', ' '),
    ('me:p@ss/', 'me:p%40ss%2F', '/'),
])
def test_logs_in_at_a_proxy(service, mount, mountpoint, login, written, behind):
    sim = service(SERVICE, 'eu-west-1')
    with Proxy(sim.url, login=login) as proxy:
        mounted = mount(sim, arguments=[mountpoint],
                        environment={'HTTPS_PROXY': proxy.url(written) + behind})
        assert is_shown(mounted)
        mounted.stop()


def test_a_proxy_that_refuses_is_named_and_no_password_shown(service, refuse,
                                                             mountpoint):
    sim = service(SERVICE, 'eu-west-1')
    with Proxy(sim.url, login='me:other') as proxy:
        text = refuse(sim, arguments=[mountpoint],
                      environment={'HTTPS_PROXY': proxy.url('me:hunter2')})
    assert SERVICE in text
    assert '407' in text
    assert 'hunter2' not in text
    assert sim.log() == []


def test_a_password_that_has_to_be_escaped_is_not_shown(sim, refuse, mountpoint):
    text = refuse(sim, arguments=['--region', 'eu-west-1', mountpoint],
                  environment={'HTTPS_PROXY': 'http://me:hun/ter2@127.0.0.1:9'})
    assert 'HTTPS_PROXY is not a proxy URL' in text
    assert 'write / as %2F' in text
    assert 'ter2' not in text


def test_a_proxy_that_is_not_there_is_named(sim, refuse, mountpoint):
    with socket.socket() as held:
        held.bind(('127.0.0.1', 0))
        port = held.getsockname()[1]
        text = refuse(sim, arguments=['--region', 'eu-west-1', mountpoint],
                      environment={'HTTPS_PROXY': f'http://127.0.0.1:{port}'})
    assert SERVICE in text
    assert f'{port}' in text
    assert 'refused' in text


# TLS


@pytest.fixture
def tls_sim(serve, certificate):
    cert, key = certificate('127.0.0.1', 'localhost')
    return serve(connections=250, instances=3, cert=cert, key=key)


def host(sim):
    return sim.url.removeprefix('https://')


def test_trusts_the_ca_that_aws_ca_bundle_names(tls_sim, mount):
    mounted = mount(tls_sim)
    assert is_shown(mounted)
    log = tls_sim.log()
    assert len(log) == 3
    assert {request['connection'] for request in log} == {log[0]['connection']}


def test_trusts_the_ca_that_the_config_file_names(tls_sim, mount, place):
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text(f'[default]\nca_bundle = {tls_sim.cert}\n')
    assert is_shown(mount(tls_sim, environment={'AWS_CA_BUNDLE': ''}))


def test_refuses_a_certificate_of_nobody_it_trusts(tls_sim, refuse):
    text = refuse(tls_sim, unset=['AWS_CA_BUNDLE'])
    for part in (host(tls_sim), 'certificate', 'AWS_CA_BUNDLE', 'self'):
        assert part in text
    assert tls_sim.log() == []


def test_refuses_a_certificate_of_another_ca(tls_sim, refuse, certificate):
    other, _ = certificate('127.0.0.1', stem='other')
    text = refuse(tls_sim, environment={'AWS_CA_BUNDLE': str(other)})
    for part in (host(tls_sim), 'certificate'):
        assert part in text
    assert tls_sim.log() == []


def test_refuses_a_certificate_for_another_name(serve, refuse, certificate):
    cert, key = certificate('dms.example', 'localhost')
    sim = serve(connections=1, cert=cert, key=key)
    # The sim's own control calls go to an address that the certificate is not for.
    text = refuse(sim)
    for part in (host(sim), 'certificate'):
        assert part in text


@pytest.mark.parametrize('what, content', [('missing', None), ('empty', ''),
                                           ('rubbish', 'this is no certificate\n')])
def test_refuses_a_bundle_that_is_none(tls_sim, refuse, place, what, content):
    bundle = place / f'{what}.pem'
    if content is not None:
        bundle.write_text(content)
    text = refuse(tls_sim, environment={'AWS_CA_BUNDLE': str(bundle)})
    assert 'AWS_CA_BUNDLE' in text
    assert str(bundle) in text
    assert tls_sim.log() == []


def test_says_so_when_a_plain_server_is_taken_for_a_tls_one(serve, refuse, mountpoint):
    sim = serve(connections=1)
    address = sim.url.removeprefix('http://')
    text = refuse(sim, arguments=['--endpoint-url', f'https://{address}', mountpoint])
    assert address in text
    assert 'TLS' in text or 'SSL' in text
    assert sim.log() == []
