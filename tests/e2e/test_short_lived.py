"""Credentials that live 10 s, for five of their lives: the mount renews them in time."""

import pytest

from aws_home import PROFILE, AwsHome
from aws_services import AwsServices
from mount import Mount
from watch import until

LIFETIME_S = 10
# Each is used for half of its life.
SIGNERS = 6


@pytest.fixture
def sim(serve):
    return serve(connections=3, instances=1)


@pytest.mark.parametrize('source', ['role', 'web identity'])
def test_lists_on_without_one_failure(place, mountpoint, sim, source):
    with AwsServices(place, sim, lifetime_s=LIFETIME_S, is_numbered=True) as services:
        home = AwsHome(place, services)
        home.add(source)
        home.set(region='us-east-1')
        home.variables['AWS_PROFILE'] = PROFILE

        def has_renewed_often():
            state = (mountpoint / '.dmsfs/status').read_text().splitlines()[0]
            assert state == 'State: fresh'
            return len({request['access_key'] for request in sim.log()}) == SIGNERS

        with Mount(place, ['--refresh', '1', '--refresh-active', '1', mountpoint],
                   home.environment()):
            until(has_renewed_often, 10 * SIGNERS * LIFETIME_S, 'new credentials')
            # Before the mount is stopped, as that may take its time.
            requests = sim.log()
        assert services.bad == []
        assert {request['status'] for request in requests} == {200}
        signers = [services.name_of(request['access_key']) for request in requests]
    # At half of their life: not at each listing, and not too late.
    assert len(set(signers)) == SIGNERS
    for signer in set(signers) - {signers[-1]}:
        assert signers.count(signer) > 1, signer
