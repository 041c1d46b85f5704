"""Credentials that live 10 s, for five of their lives: the mount renews them in time,
wherever it was started, and whatever becomes of the files."""

import os
import signal

import pytest

from aws_home import PROFILE, AwsHome
from aws_services import AwsServices
from mount import Mount, run
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


def is_fresh(mountpoint):
    return (mountpoint / '.dmsfs/status').read_text().startswith('State: fresh\n')


def take_from_program(home, services):
    """Keys of 10 s by a program in the current directory, which counts its runs."""
    keys = services.give('process')
    program = home.directory / 'give-keys'
    program.write_text(
        '#!/bin/sh\necho >>runs\nexec printf \'{"Version": 1, "AccessKeyId": "%s", '
        '"SecretAccessKey": "%s", "SessionToken": "%s", "Expiration": "%s"}\' '
        f'{keys["access_key"]} {keys["secret_key"]} {keys["session_token"]} '
        '$(date -u -d "10 seconds" +%Y-%m-%dT%H:%M:%SZ)\n')
    program.chmod(0o700)
    home.set(credential_process='./give-keys')


@pytest.mark.parametrize('source', ['web identity', 'web identity of profile',
                                    'process'])
def test_relative_paths_stay_good_in_the_background(place, mountpoint, sim, source):
    # The program gives the same keys each time, which have to last.
    lifetime_s = 3600 if source == 'process' else LIFETIME_S
    with AwsServices(place, sim, lifetime_s=lifetime_s, is_numbered=True) as services:
        home = AwsHome(place, services)
        runs = home.directory / 'runs'
        if source == 'process':
            take_from_program(home, services)
        else:
            home.add(source)
        if source == 'web identity':
            home.variables['AWS_WEB_IDENTITY_TOKEN_FILE'] = 'web.token'
        if source == 'web identity of profile':
            home.set(web_identity_token_file='web.token')
        home.set(region='us-east-1')
        home.variables.update(AWS_PROFILE=PROFILE, AWS_CONFIG_FILE='.aws/config')
        environment = home.environment()
        environment['AWS_CA_BUNDLE'] = os.path.relpath(environment['AWS_CA_BUNDLE'],
                                                       home.directory)

        def has_renewed():
            assert is_fresh(mountpoint)
            if source == 'process':
                return len(runs.read_text()) >= 3
            return len({request['access_key'] for request in sim.log()}) >= 3

        with Mount(place, ['--refresh', '1', mountpoint], environment,
                   is_foreground=False, cwd=home.directory):
            until(has_renewed, 10 * SIGNERS * LIFETIME_S, 'new credentials')


def test_tells_what_lies_in_the_place_of_a_file_of_settings(place, mountpoint, sim):
    with AwsServices(place, sim) as services:
        home = AwsHome(place, services).add('credentials file')
        home.variables['AWS_PROFILE'] = PROFILE
        environment = home.environment()
        path = home.directory / '.aws/credentials'
        kept = path.with_name('kept')
        mounted = Mount(place, ['--refresh', '1', mountpoint], environment,
                        warnings='.*it is a FIFO.*')

        def says(words):
            return words in (mountpoint / '.dmsfs/status').read_text()

        with mounted:
            path.rename(kept)
            os.mkfifo(path)
            until(lambda: says(f'cannot read {path}: it is a FIFO'), 60, 'the cause')
            assert not is_fresh(mountpoint)
            kept.rename(path)
            until(lambda: is_fresh(mountpoint), 60, 'the file again')
            path.unlink()
            os.mkfifo(path)
            until(lambda: says('it is a FIFO'), 60, 'the cause')
            mounted.signal(signal.SIGTERM)
            assert mounted.wait() == 0


def test_does_not_start_with_a_fifo_for_credentials(place, mountpoint, sim):
    with AwsServices(place, sim) as services:
        home = AwsHome(place, services)
        path = home.directory / 'fifo'
        os.mkfifo(path)
        home.variables['AWS_SHARED_CREDENTIALS_FILE'] = str(path)
        done = run(place, [mountpoint], home.environment())
    assert done.returncode == 1
    assert done.stderr == (f'dmsfs: cannot read {path}: it is a FIFO; put a regular '
                           'file in its place\n')
