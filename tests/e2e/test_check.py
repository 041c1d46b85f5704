"""--check, which does all but mount; and --wait, for a service that is not there yet."""

import re
import time

import pytest

import mount as mounting
from contract import record

ACCOUNT = '123456789012'
RECORDS = [record('inst', 'a'), record('inst', 'b', 'failed'), record('other', 'c', 'x')]


@pytest.fixture
def check(place):
    """Runs --check with these arguments; what it ended with."""
    def start(sim, *arguments, **settings):
        return mounting.run(place, ['--check', '--endpoint-url', sim.url, *arguments],
                            {**sim.environment(home=place), 'AWS_MAX_ATTEMPTS': '1'},
                            **settings)

    return start


def fields_of(text):
    return dict(line.split(': ', 1) for line in text.splitlines())


def test_check_tells_what_the_set_up_comes_to_and_mounts_nothing(
        serve, check, place, mountpoint):
    sim = serve(listing=RECORDS)
    done = check(sim, mountpoint)
    assert done.returncode == 0, done.stderr
    shown = fields_of(done.stdout)
    wanted = {'State': 'fresh', 'Region': sim.region, 'Endpoint': f'{sim.url}/',
              'Account': ACCOUNT, 'ReplicationInstances': '2', 'Connections': '3',
              'Successful': '1', 'Failed': '1', 'Other': '1'}
    assert {name: shown.get(name) for name in wanted} == wanted
    assert shown['Credentials'].startswith('environment, ****')
    assert sim.secret_key not in done.stdout + done.stderr
    assert shown['Commands'] == 'none'
    # It is over, and nothing will come next.
    assert 'NextRefresh' not in shown
    assert mounting.mounts_below(place) == []
    assert len(sim.log()) == 1


@pytest.mark.parametrize('options, commands', [
    (['--allow-test'], 'test'), (['--allow-delete'], 'delete'),
    (['-o', 'allow_test,allow_delete'], 'test, delete'),
    (['--allow-test', '-o', 'ro'], 'none')])
def test_check_tells_what_is_allowed(serve, check, options, commands):
    done = check(serve(listing=RECORDS), *options)
    assert done.returncode == 0
    assert fields_of(done.stdout)['Commands'] == commands


def test_check_needs_no_mountpoint_and_no_connection(serve, check):
    done = check(serve(listing=[]))
    assert done.returncode == 0
    shown = fields_of(done.stdout)
    assert shown['Connections'] == '0'
    assert 'Account' not in shown
    assert 'there are no connections' in done.stderr


def test_check_takes_the_profile_of_a_source_with_a_slash(serve, check, place):
    sim = serve(listing=RECORDS)
    (place / '.aws').mkdir()
    (place / '.aws/config').write_text(
        '[profile prod/ReadOnly]\nregion = eu-west-3\n'
        f'aws_access_key_id = {sim.access_key}\naws_secret_access_key = {sim.secret_key}\n')
    done = check(sim, f'prod/ReadOnly@{sim.region}')
    assert done.returncode == 0, done.stderr
    assert 'profile prod/ReadOnly in ' in fields_of(done.stdout)['Credentials']
    done = check(sim, f'prod/Admin@{sim.region}')
    assert done.returncode == 1
    assert "the profile 'prod/Admin'" in done.stderr


def test_check_finds_the_account_where_there_is_one(serve, check):
    odd = [record('inst', 'a', EndpointArn='nonsense', ReplicationInstanceArn='a:b'),
           record('inst', 'b', EndpointArn='arn:aws:dms:eu-west-1:000011112222:endpoint:X',
                  ReplicationInstanceArn='arn:aws:dms:eu-west-1::rep:X')]
    done = check(serve(listing=odd))
    assert fields_of(done.stdout)['Account'] == '000011112222'


def test_check_says_why_it_would_not_mount(serve, check):
    sim = serve(listing=RECORDS)
    sim.fault(kind='error', status=400, type='AccessDeniedException', message='not you')
    done = check(sim)
    assert (done.returncode, done.stdout) == (1, '')
    assert re.fullmatch(r'dmsfs: .*AccessDeniedException.*not you.*\n', done.stderr)


def test_check_fails_where_nobody_can_read_it(serve, check):
    done = check(serve(listing=RECORDS),
                 prefix=['sh', '-c', 'exec "$@" >/dev/full', 'sh'])
    assert done.returncode == 1


# Waiting


def test_a_first_listing_that_may_pass_is_tried_again(serve, mount):
    sim = serve(listing=RECORDS)
    sim.fault(kind='error', status=503, type='ServiceUnavailable', message='soon',
              count=2)
    mounted = mount(sim, '--wait', '60', environment={'AWS_MAX_ATTEMPTS': '1'},
                    warnings='ServiceUnavailable.*retrying for up to [0-9]+ s')
    assert (mounted.path / 'inst/a').exists()
    # Once, however often it is tried.
    assert mounted.stderr().count('retrying') == 1
    assert len(sim.log()) == 3


def test_a_first_listing_that_does_not_pass_in_time_is_the_end(
        serve, place, mountpoint):
    sim = serve(listing=RECORDS)
    sim.fault(kind='reset', count=-1)
    begun = time.monotonic()
    done = mounting.run(place, ['--endpoint-url', sim.url, '--wait', '3', mountpoint],
                        {**sim.environment(home=place), 'AWS_MAX_ATTEMPTS': '1'})
    assert time.monotonic() - begun >= 3
    assert done.returncode == 1
    again, last = done.stderr.splitlines()
    assert 'retrying for up to 3 s' in again
    assert last.startswith('dmsfs: ') and 'was lost' in last
    assert len(sim.log()) >= 2
    assert mounting.mounts_below(place) == []


def test_a_refusal_is_not_waited_for(serve, refuse):
    sim = serve(listing=RECORDS)
    sim.fault(kind='error', status=400, type='AccessDeniedException', message='not you',
              count=-1)
    begun = time.monotonic()
    assert 'not you' in refuse(sim, '--wait', '60')
    assert time.monotonic() - begun < 30
    assert len(sim.log()) == 1
