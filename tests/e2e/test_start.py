"""What helps at the start: --wait, --clean-stale and --check."""

import fcntl
import os
import re
import signal
import subprocess
import time

import pytest

import mount as mounting
from contract import record
from sim import Sim

ONE_TRY = {'AWS_MAX_ATTEMPTS': '1'}
WAITING = r'^dmsfs: .*; retrying for up to \d+ s$'


@pytest.fixture
def sim(serve):
    return serve(connections=140, instances=4)


def attempts(sim):
    """How often a listing was begun."""
    return sum(1 for request in sim.log() if not request.get('marker'))


# --wait


PASSING = {
    'no answer': {'kind': 'close'},
    'throttled': {'kind': 'error', 'type': 'ThrottlingException', 'message': 'slow'},
    'broken': {'kind': 'error', 'type': 'InternalFailure', 'message': 'x', 'status': 500},
}


@pytest.mark.parametrize('fault', PASSING.values(), ids=PASSING)
def test_waits_for_what_passes(sim, mount, fault):
    sim.fault(count=2, **fault)
    mounted = mount(sim, '--wait', '60', environment=ONE_TRY, warnings=WAITING,
                    is_foreground=False)
    assert (mounted.path / '.dmsfs/status').read_text().startswith('State: fresh\n')
    assert attempts(sim) == 3
    # One line, however many tries.
    assert len(re.findall(WAITING, mounted.stderr(), re.M)) == 1


def test_waits_for_a_service_that_is_not_there_yet(serve, place, mountpoint):
    with Sim() as early:
        port = early.url.rpartition(':')[2]
    with subprocess.Popen(
            [mounting.program(), '--wait', '60', '--endpoint-url', early.url, mountpoint],
            env={**early.environment(home=place), **ONE_TRY}, stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True) as starting:
        assert re.fullmatch(WAITING, starting.stderr.readline().rstrip('\n'))
        # As a network that comes up amid the boot.
        serve(connections=14, port=port)
        assert starting.wait(timeout=mounting.PATIENCE_S) == 0
    assert 'Connections: 14\n' in (mountpoint / '.dmsfs/status').read_text()
    [daemon] = [pid for pid, command in mounting.children_of(os.getpid()).items()
                if str(mountpoint) in command]
    mounting.unmount(mountpoint)
    assert os.waitpid(daemon, 0)[1] == 0


LASTING = {
    'no access': {'type': 'AccessDeniedException', 'message': 'no'},
    'an expired token': {'type': 'ExpiredTokenException', 'message': 'no'},
    'an unknown fault': {'type': 'SomethingNewFault', 'message': 'no'},
}


@pytest.mark.parametrize('fault', LASTING.values(), ids=LASTING)
def test_does_not_wait_for_what_stays(sim, refuse, fault):
    sim.fault(kind='error', count=-1, **fault)
    assert fault['type'] in refuse(sim, '--wait', '600', environment=ONE_TRY)


def test_waits_for_nothing_unless_told_to(sim, refuse):
    sim.fault(kind='close', count=-1)
    refuse(sim, environment=ONE_TRY)
    assert attempts(sim) == 1


def test_gives_up_when_the_time_is_over(sim, place, mountpoint):
    sim.fault(kind='close', count=-1)
    begun = time.monotonic()
    done = mounting.run(place, ['--wait', '2', '--endpoint-url', sim.url, mountpoint],
                        {**sim.environment(home=place), **ONE_TRY})
    assert 2 <= time.monotonic() - begun < 60
    assert done.returncode == 1
    first, last = done.stderr.splitlines()
    assert re.fullmatch(WAITING, first)
    assert last == re.sub('; retrying .*', '', first)
    assert mounting.mounts_below(place) == []


# --clean-stale


def test_clean_stale_leaves_a_mount_that_answers(sim, mount, refuse):
    mounted = mount(sim)
    assert 'busy' in refuse(sim, '--clean-stale')
    assert (mounted.path / '.dmsfs/status').read_text().startswith('State: fresh\n')


def test_clean_stale_follows_a_link_to_the_dead_mount(sim, mount, place, mountpoint):
    dead = mount(sim)
    dead.signal(signal.SIGKILL)
    assert dead.wait() == -signal.SIGKILL
    (place / 'link').symlink_to('mnt')
    mounted = mount(sim, path=mountpoint, is_foreground=False, arguments=[
        '--clean-stale', '--endpoint-url', sim.url, place / 'link'])
    assert (mounted.path / '.dmsfs/status').read_text().startswith('State: fresh\n')
    assert mounting.mounts_below(place) == [str(mountpoint)]


@pytest.mark.parametrize('options', [(), ('--clean-stale',)], ids=['plain', 'clean'])
def test_a_mount_whose_daemon_is_stopped_is_busy(sim, mount, refuse, options):
    mounted = mount(sim)
    mounted.signal(signal.SIGSTOP)
    try:
        text = refuse(sim, *options)
    finally:
        mounted.signal(signal.SIGCONT)
    assert re.search('busy: .* does not answer, .*kill -CONT', text)
    assert (mounted.path / '.dmsfs/status').read_text().startswith('State: fresh\n')


# Two at once


def begin_start(sim, place, mountpoint):
    return subprocess.Popen(
        [mounting.program(), '--wait', '60', '--read-timeout', '2', '--endpoint-url',
         sim.url, mountpoint], env={**sim.environment(home=place), **ONE_TRY},
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def test_of_two_starts_at_one_directory_one_succeeds(sim, place, mountpoint):
    for _ in range(5):
        starts = [begin_start(sim, place, mountpoint) for _ in range(2)]
        said = [start.communicate(timeout=mounting.PATIENCE_S)[1] for start in starts]
        assert sorted(start.returncode for start in starts) == [0, 1], said
        assert sum('busy' in text for text in said) == 1
        assert mounting.mounts_below(place) == [str(mountpoint)]
        daemons = [pid for pid, command in mounting.children_of(os.getpid()).items()
                   if str(mountpoint) in command]
        mounting.unmount(mountpoint)
        assert [os.waitpid(pid, 0)[1] for pid in daemons] == [0]


def test_who_is_about_to_mount_keeps_others_out(sim, refuse, mountpoint):
    # As for the moment between another's last look and its mount.
    directory = os.open(mountpoint, os.O_RDONLY)
    fcntl.flock(directory, fcntl.LOCK_EX)
    try:
        text = refuse(sim, '-q')
    finally:
        os.close(directory)
    assert 'busy: another program holds a lock on the directory' in text


@pytest.mark.parametrize('kind', ['link', 'directory', 'mount'])
def test_a_directory_that_is_replaced_while_it_lists_is_not_mounted_on(
        sim, mount, serve, place, mountpoint, kind):
    (place / 'victim').mkdir()
    sim.fault(kind='hang', count=1)
    with begin_start(sim, place, mountpoint) as starting:
        sim.wait_for_requests(1)
        if kind != 'mount':
            mountpoint.rename(place / 'aside')
        if kind == 'link':
            mountpoint.symlink_to('victim')
        elif kind == 'directory':
            mountpoint.mkdir()
        else:
            mount(serve(connections=1))
        before = mounting.mounts_below(place)
        text = starting.communicate(timeout=mounting.PATIENCE_S)[1]
    assert starting.returncode == 1
    assert ('busy' if kind == 'mount' else 'was moved or replaced') in text
    assert mounting.mounts_below(place) == before


def test_clean_stale_has_nothing_to_do_where_nothing_is(sim, mount):
    mount(sim, '--clean-stale')


# --check


@pytest.fixture
def check(place):
    """Runs --check: (status, stdout as fields, stderr)."""

    def run(sim, *arguments, environment=None):
        done = mounting.run(place, ['--check', '--endpoint-url', sim.url, *arguments],
                            {**sim.environment(home=place), **(environment or {})})
        assert mounting.mounts_below(place) == []
        fields = dict(line.split(': ', 1) for line in done.stdout.splitlines())
        return done.returncode, fields, done.stderr

    return run


RECORDS = [record('orders', 'a', 'failed', 'no route'), record('orders', 'b', 'testing'),
           record('orders', 'c'), record('stock', 'd'), record('stock', 'e', 'deleting'),
           record('stock', 'f', 'odd')]


def test_check_prints_what_status_would_say(serve, check, mount):
    sim = serve(listing=RECORDS)
    status, fields, said = check(sim)
    assert status == 0
    assert mounting.SUMMARY.fullmatch(said.rstrip('\n'))
    mounted = mount(sim)
    shown = dict(line.split(': ', 1) for line in
                 (mounted.path / '.dmsfs/status').read_text().splitlines())
    # Nobody refreshes it, and nobody is the caller of a mount.
    assert set(shown) - set(fields) == {'NextRefresh'}
    assert set(fields) - set(shown) == {'Account', 'Commands'}
    assert list(name for name in fields if name in shown) == [
        name for name in shown if name in fields]
    same = set(fields) - {'Account', 'Commands', 'LastRefresh', 'LastChange',
                          'RefreshSeconds'}
    assert {name: fields[name] for name in same} == {name: shown[name] for name in same}


def test_check_tells_region_address_credentials_account_pages_and_counts(serve, check):
    sim = serve(listing=RECORDS, access_key='AKIAIOSFODNN7EXAMPLE')
    _, fields, _ = check(sim)
    expected = {
        'State': 'fresh', 'Region': sim.region, 'Endpoint': f'{sim.url}/',
        'Credentials': 'environment, ****MPLE',
        'Account': '123456789012', 'ReplicationInstances': '2', 'Connections': '6',
        'Successful': '2', 'Testing': '1', 'Failed': '1', 'Deleting': '1', 'Other': '1',
        'RefreshPages': '1'}
    assert {name: fields.get(name) for name in expected} == expected


@pytest.mark.parametrize('arguments', [['eu-west-1'], ['--region', 'eu-west-1']],
                         ids=['source', 'option'])
def test_check_takes_a_source_without_a_mountpoint(serve, check, arguments):
    sim = serve(connections=1, region='eu-west-1')
    status, fields, _ = check(sim, *arguments, environment={'AWS_REGION': ''})
    assert (status, fields['Region']) == (0, 'eu-west-1')


def test_check_needs_no_mountpoint_that_is_there(sim, check, place):
    assert check(sim, place / 'nothing')[0] == 0


def test_check_may_be_quiet(sim, check):
    status, fields, said = check(sim, '-q')
    assert (status, said) == (0, '')
    assert fields['Connections'] == '140'


def test_check_fails_with_the_reason(sim, check):
    sim.fault(kind='error', count=-1, type='AccessDeniedException', message='no')
    status, fields, said = check(sim)
    assert (status, fields) == (1, {})
    assert said.startswith('dmsfs: AccessDeniedException: no; ')


def test_check_fails_where_its_output_goes_nowhere(sim, place):
    with open('/dev/full', 'w', encoding='utf-8') as full:
        done = subprocess.run([mounting.program(), '--check', '--endpoint-url', sim.url],
                              env=sim.environment(home=place), stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
