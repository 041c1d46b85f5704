"""What passes does not fail a listing: throttling, a clock that is off, keys that are
renewed. And how often the service is asked again."""

import signal
import time

import pytest

SKEWS = [600, -600, 10800, -10800]


@pytest.fixture
def sim(serve):
    return serve(connections=250, instances=3)


def refresh(mounted, sim):
    """Asks for a listing of three pages and waits for its last answer."""
    count = len(sim.log())
    mounted.signal(signal.SIGUSR1)
    return sim.wait_for(lambda log: len(log) >= count + 3 and all(
        request['answered'] for request in log))[count:]


def status(mounted):
    return dict(line.split(': ', 1) for line in
                (mounted.path / '.dmsfs/status').read_text().splitlines())


def test_goes_on_with_the_page_that_was_throttled(sim, mount):
    sim.fault(kind='error', page=2, count=2, type='ThrottlingException',
              message='Rate exceeded')
    mounted = mount(sim)
    log = sim.log()
    assert [request['status'] for request in log] == [200, 400, 400, 200, 200]
    bodies = [request['body'] for request in log]
    assert bodies[1] == bodies[2] == bodies[3]
    assert len(set(bodies)) == 3
    assert mounted.summary()['connections'] == '250'
    mounted.stop()


@pytest.mark.parametrize('fault', [
    {'kind': 'error', 'status': 500, 'type': 'InternalFailure'},
    {'kind': 'error', 'status': 429, 'type': 'Any'},
    {'kind': 'raw', 'status': 502, 'body': '<html>'},
    {'kind': 'raw', 'status': 503, 'body': ''},
    {'kind': 'close'},
    {'kind': 'reset'},
    {'kind': 'cut'},
])
def test_asks_again_for_what_passes(sim, mount, fault):
    sim.fault(count=2, **fault)
    mounted = mount(sim)
    assert len(sim.log()) == 5
    mounted.stop()


@pytest.mark.parametrize('header, value, wait_s', [
    ('x-amz-retry-after', '1500', 1.5),
    ('Retry-After', '2', 2),
])
def test_waits_as_long_as_the_service_wishes(sim, mount, header, value, wait_s):
    sim.fault(kind='error', type='ThrottlingException', headers={header: value})
    begun = time.monotonic()
    mounted = mount(sim)
    assert time.monotonic() - begun >= wait_s
    mounted.stop()


@pytest.mark.parametrize('variables, attempts', [
    ({}, 3),
    ({'AWS_MAX_ATTEMPTS': '1'}, 1),
    ({'AWS_MAX_ATTEMPTS': '2', 'AWS_RETRY_MODE': 'legacy'}, 2),
    ({'AWS_MAX_ATTEMPTS': '6', 'AWS_RETRY_MODE': 'adaptive'}, 6),
])
def test_gives_up_after_as_many_attempts_as_are_set(sim, refuse, variables, attempts):
    sim.fault(kind='error', status=500, type='InternalFailure', message='broken',
              count=-1)
    text = refuse(sim, environment=variables)
    assert 'broken' in text
    assert len(sim.log()) == attempts


@pytest.mark.parametrize('variable, value', [
    ('AWS_MAX_ATTEMPTS', '0'), ('AWS_MAX_ATTEMPTS', 'many'),
    ('AWS_RETRY_MODE', 'stubborn'),
])
def test_names_a_setting_that_cannot_be(sim, refuse, variable, value):
    text = refuse(sim, environment={variable: value})
    assert f"'{value}' ({variable})" in text
    assert sim.log() == []


@pytest.mark.parametrize('offset', SKEWS)
def test_corrects_a_clock_that_is_off_with_one_request(serve, mount, offset):
    sim = serve(connections=250, instances=3, clock_offset=offset)
    mounted = mount(sim)
    assert [request['status'] for request in sim.log()] == [400, 200, 200, 200]
    assert [request['status'] for request in refresh(mounted, sim)] == [200] * 3
    # The clock of the service is set right while mounted, as that of a machine is.
    sim.settings(clock_offset=0)
    count = len(sim.log())
    mounted.signal(signal.SIGUSR1)
    log = sim.wait_for_requests(count + 4)[count:]
    assert [request['status'] for request in log] == [400, 200, 200, 200]
    assert [request['status'] for request in refresh(mounted, sim)] == [200] * 3
    assert status(mounted)['State'] == 'fresh'
    mounted.stop()


def write_keys(place, key, secret):
    path = place / '.aws/credentials'
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'[default]\naws_access_key_id = {key}\n'
                    f'aws_secret_access_key = {secret}\n')


@pytest.mark.whole_mount
def test_takes_keys_that_are_edited_without_a_failed_listing(sim, mount, place):
    none = {'AWS_ACCESS_KEY_ID': '', 'AWS_SECRET_ACCESS_KEY': ''}
    write_keys(place, sim.access_key, sim.secret_key)
    mounted = mount(sim, environment=none)
    write_keys(place, 'AKIDNEW', 'new-secret')
    sim.replace_credentials({'access_key': 'AKIDNEW', 'secret_key': 'new-secret'})
    assert {request['access_key'] for request in refresh(mounted, sim)
            if request['status'] == 200} == {'AKIDNEW'}
    assert 'LastError' not in status(mounted)
    mounted.stop()


def test_a_file_that_is_being_written_fails_no_listing(sim, mount, place):
    none = {'AWS_ACCESS_KEY_ID': '', 'AWS_SECRET_ACCESS_KEY': ''}
    write_keys(place, sim.access_key, sim.secret_key)
    mounted = mount(sim, environment=none)
    path = place / '.aws/credentials'
    whole = path.read_text()
    # As `aws configure set` does it, and what an editor may have written so far.
    for text in '', whole[:30], whole[:whole.index('aws_secret')], whole:
        path.write_text(text)
        assert {request['status'] for request in refresh(mounted, sim)} == {200}
        assert status(mounted)['State'] == 'fresh'
        assert 'LastError' not in status(mounted)
    mounted.stop()


def test_keys_that_are_refused_for_good_are_asked_with_once(sim, mount):
    mounted = mount(sim)
    sim.replace_credentials({'access_key': 'AKIDNEW', 'secret_key': 'new-secret'})
    count = len(sim.log())
    mounted.signal(signal.SIGUSR1)
    sim.wait_for(lambda _: status(mounted)['State'] == 'stale')
    first, *later = sim.log()[count:]
    assert all(request['time'] > first['time'] + 0.5 for request in later)
    assert 'UnrecognizedClientException' in status(mounted)['LastError']
    mounted.stop()


def test_an_unmount_ends_a_wait(sim, mount):
    def ends_before_the_wait_is_over():
        sim.clear_faults()
        sim.clear_log()
        mounted = mount(sim)
        sim.fault(kind='error', type='ThrottlingException', count=-1,
                  headers={'x-amz-retry-after': '5000'})
        mounted.signal(signal.SIGUSR1)
        sim.wait_for_requests(4)
        begun = time.monotonic()
        mounted.stop()
        return time.monotonic() - begun < 3

    # On a busy machine it may take longer, but not each time.
    assert any(ends_before_the_wait_is_over() for _ in range(10))


def test_names_itself(sim, mount):
    mounted = mount(sim, environment={'AWS_SDK_UA_APP_ID': 'my app'})
    agents = {request['user_agent'] for request in sim.log()}
    [agent] = agents
    assert agent.startswith('dmsfs/')
    assert ' os/linux#' in agent
    assert agent.endswith(' lang/c app/my-app')
    mounted.stop()
