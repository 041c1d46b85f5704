"""The service is spoken to over TLS, and it has to be the service."""

import pytest


@pytest.fixture
def sim(serve, certificate):
    cert, key = certificate('127.0.0.1', 'localhost')
    return serve(connections=250, instances=3, cert=cert, key=key)


def host(sim):
    return sim.url.removeprefix('https://')


def is_shown(mounted):
    return mounted.summary()['connections'] == '250' and len([
        path for path in mounted.path.iterdir() if path.name != '.dmsfs']) == 3


def test_trusts_the_ca_that_aws_ca_bundle_names(sim, mount):
    mounted = mount(sim)
    assert is_shown(mounted)
    log = sim.log()
    assert len(log) == 3
    assert {request['connection'] for request in log} == {log[0]['connection']}


def test_trusts_the_ca_that_the_config_file_names(sim, mount, place):
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text(f'[default]\nca_bundle = {sim.cert}\n')
    assert is_shown(mount(sim, environment={'AWS_CA_BUNDLE': ''}))


def test_refuses_a_certificate_of_nobody_it_trusts(sim, refuse):
    text = refuse(sim, unset=['AWS_CA_BUNDLE'])
    for part in (host(sim), 'certificate', 'AWS_CA_BUNDLE', 'self'):
        assert part in text
    assert sim.log() == []


def test_refuses_a_certificate_of_another_ca(sim, refuse, certificate):
    other, _ = certificate('127.0.0.1', stem='other')
    text = refuse(sim, environment={'AWS_CA_BUNDLE': str(other)})
    for part in (host(sim), 'certificate'):
        assert part in text
    assert sim.log() == []


def test_refuses_a_certificate_for_another_name(serve, refuse, certificate):
    cert, key = certificate('dms.example', 'localhost')
    sim = serve(connections=1, cert=cert, key=key)
    # The sim's own control calls go to an address that the certificate is not for.
    text = refuse(sim)
    for part in (host(sim), 'certificate'):
        assert part in text


@pytest.mark.parametrize('what, content', [('missing', None), ('empty', ''),
                                           ('rubbish', 'this is no certificate\n')])
def test_refuses_a_bundle_that_is_none(sim, refuse, place, what, content):
    bundle = place / f'{what}.pem'
    if content is not None:
        bundle.write_text(content)
    text = refuse(sim, environment={'AWS_CA_BUNDLE': str(bundle)})
    assert 'AWS_CA_BUNDLE' in text
    assert str(bundle) in text
    assert sim.log() == []


def test_says_so_when_a_plain_server_is_taken_for_a_tls_one(serve, refuse, mountpoint):
    sim = serve(connections=1)
    address = sim.url.removeprefix('http://')
    text = refuse(sim, arguments=['--endpoint-url', f'https://{address}', mountpoint])
    assert address in text
    assert 'TLS' in text or 'SSL' in text
    assert sim.log() == []
