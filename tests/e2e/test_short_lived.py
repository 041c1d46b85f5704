"""Credentials that live 20 s, for a minute: the mount renews them in time."""

import time

import pytest

from aws_home import PROFILE, AwsHome
from aws_services import AwsServices
from mount import Mount

MINUTE_S = 60


@pytest.fixture
def sim(serve):
    return serve(connections=3, instances=1)


@pytest.mark.parametrize('source', ['role', 'web identity'])
def test_lists_for_a_minute_without_one_failure(place, mountpoint, sim, source):
    with AwsServices(place, sim, lifetime_s=20, is_numbered=True) as services:
        home = AwsHome(place, services)
        home.add(source)
        home.set(region='us-east-1')
        home.variables['AWS_PROFILE'] = PROFILE
        with Mount(place, ['--refresh', '1', '--refresh-active', '1', mountpoint],
                   home.environment()):
            end = time.monotonic() + MINUTE_S
            while time.monotonic() < end:
                state = (mountpoint / '.dmsfs/status').read_text().splitlines()[0]
                assert state == 'State: fresh'
                time.sleep(1)
            # Before the mount is stopped, as that may take its time.
            requests = sim.log()
        assert services.bad == []
        assert {request['status'] for request in requests} == {200}
        assert len(requests) > MINUTE_S / 2
        signers = {services.name_of(request['access_key']) for request in requests}
    # At half of their life: not at each listing, and not too late.
    assert 5 <= len(signers) <= 8, signers
